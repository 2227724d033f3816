"""Mean teacher (self-ensembling): the target follows a running average of the network itself."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn

from da_bench.config.objects import bind_options
from da_bench.data import Batch
from da_bench.data.batch import Tree, tree_map
from da_bench.data.pair import Role
from da_bench.functional import self_ensembling_loss, weak_view
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.networks.hooks import batch_norms


class MeanTeacher(DomainAdapter):
    r"""A pupil agrees with its teacher on two views of the target; the teacher averages the pupil.

    .. math:: \theta'_t = \alpha\,\theta'_{t-1} + (1 - \alpha)\,\theta_t

    Tarvainen and Valpola, "Mean teachers are better role models", NIPS 2017, equation 1; for domain
    adaptation French, Mackiewicz and Fisher, "Self-ensembling for visual domain adaptation", ICLR
    2018, section 3, who replace the ramp by a confidence threshold, add a class balance and
    normalise each domain's batches apart (``batch_norm: separate``). The teacher, which a
    checkpoint carries, predicts.

    Args:
        decay: :math:`\alpha`, in ``[0, 1)``, by optimizer step.
        threshold: Least probability with which the teacher counts.
        balance: Weight of the class balance within the adaptation loss.
        view: Maps a batch of inputs to a random view that keeps its class.
        options: Its keyword arguments.

    Raises:
        ValueError: ``decay`` is out of range.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(
        self,
        *args: Any,
        decay: float = 0.99,
        threshold: float = 0.968,
        balance: float = 0.005,
        view: Callable[..., Tensor] = weak_view,
        options: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not 0 <= decay < 1:
            raise ValueError(f"decay={decay}: the teacher keeps a share of itself, in [0, 1)")
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold={threshold}: a probability, in [0, 1]")
        self.decay, self.threshold, self.balance = decay, threshold, balance
        self.view, self.options, self._view = view, options, bind_options(view, options)
        self.teacher = deepcopy(self.pupil).requires_grad_(False)
        self._norms = batch_norms(self)  # with the teacher's
        self.train()

    @property
    def pupil(self) -> nn.Sequential:
        """What the teacher averages: the target's encoder and the head."""
        return nn.Sequential(self.encoder_of("target"), self.head)

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """The risk on a view of the source; the pupil against the teacher on two of the target."""
        raw = batch["target"].x
        views: dict[Role, Batch] = {
            role: domain_batch._replace(x=tree_map(self._view, domain_batch.x))
            for role, domain_batch in batch.items()
        }
        source, target = self.encode(views)
        with torch.no_grad():
            teacher = self.teacher(tree_map(self._view, raw))
        loss = self_ensembling_loss(target.logits, teacher, self.threshold, self.balance)
        return {"source_risk": self.source_risk(source), "adaptation_loss": loss}

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps the pupil, then moves the teacher after it."""
        super().optimizer_step(*args, **kwargs)
        pupil = self.pupil.parameters()
        with torch.no_grad():
            for teacher_parameter, student_parameter in zip(
                self.teacher.parameters(), pupil, strict=True
            ):
                teacher_parameter.lerp_(student_parameter, 1 - self.decay)

    def forward(self, x: Tree, domain: Role = "target") -> Tensor:
        """The teacher's logits ``(n, k)``; of the source's own encoder where there are two."""
        return self.teacher(x) if self.taught(domain) else super().forward(x, domain)

    def predict_one(self, batch: Batch, domain: Role) -> Encoded:
        """The teacher's features and logits."""
        if not self.taught(domain):
            return self.encode_one(batch, domain)
        encoder, head = self.teacher
        z = encoder(batch.x)
        return Encoded(*batch, z, head(z), {})

    def taught(self, domain: Role) -> bool:
        """Whether the teacher predicts there: not on a source with an encoder of its own."""
        return domain == "target" or self.target_encoder is None
