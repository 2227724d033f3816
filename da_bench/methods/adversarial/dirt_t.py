"""Decision-boundary iterative refinement training with a teacher."""

from copy import deepcopy
from typing import Any

from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.functional import entropy, kl_divergence, virtual_adversarial_loss
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.networks.hooks import Still, drift, untracked


class DIRTT(DomainAdapter):
    r"""Refines a VADA run on the target alone, tied to a slow teacher.

    .. math:: \beta\, \overline{KL(p_{teacher}(x_t) \,\|\, p(x_t))} + \lambda_t\,(L_v + L_c)

    The source is left: where it conflicts with the target, the boundary may move away from it.
    ``weight`` is :math:`\lambda_t`, and :math:`L_v`, :math:`L_c` are VADA's terms on the target.
    Shu et al., "A DIRT-T approach to unsupervised domain adaptation", ICLR 2018, equation 14. The
    teacher is the exponential moving average of the weights, taken anew after each step; the
    authors copy that average into the teacher at intervals. Predictions are the student's.

    Args:
        tie: :math:`\beta`, how much leaving the teacher costs.
        radius: Of the virtual adversarial perturbation, in the inputs' units.
        decay: Of the average, in ``[0, 1)``: 0 copies the student.
    """

    trained_encoders = ("target",)
    needs_classes = True
    needs_start = "vada"

    def __init__(
        self,
        *args: Any,
        tie: float = 0.01,
        radius: float = 3.5,
        decay: float = 0.998,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not radius > 0:
            raise ValueError(f"radius={radius}: without a perturbation nothing is smoothed")
        if not 0 <= decay < 1:
            raise ValueError(f"decay={decay}: a teacher that follows has a decay in [0, 1)")
        self.tie, self.radius, self.decay = tie, radius, decay
        self.teacher = Still(*(deepcopy(part) for part in self.student))

    def on_fit_start(self) -> None:
        """Raises ValueError where the target's own encoder did not come trained."""
        super().on_fit_start()
        if self.target_encoder is not None and "target_encoder" not in self.started:
            raise ValueError(
                "DIRTT goes on from a trained target_encoder and init_from has none: start from a "
                "run of two encoders, of VADA say"
            )

    @property
    def student(self) -> tuple[nn.Module, nn.Module]:
        """The target's encoder and the head."""
        return self.encoder_of("target"), self.head

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """What leaving the teacher costs, and the violations of the cluster assumption."""
        target = self.encode_one(batch["target"], "target")
        teacher_loss = kl_divergence(self.teacher(target.x), target.logits).mean()
        return {"tie": self.tie * teacher_loss, "adaptation_loss": self.violations(target)}

    def violations(self, target: Encoded) -> Tensor:
        """Conditional entropy and virtual adversarial loss of the target's samples."""
        with untracked(self._norms):
            rough = virtual_adversarial_loss(
                lambda x: self.features(x, "target")[1], target.x, target.logits, self.radius
            )
        return rough + entropy(target.logits).mean()

    def optimizer_step(self, *args: Any, **kwargs: Any) -> None:
        """Steps, then lets the teacher follow: before a checkpoint of this step could be taken."""
        super().optimizer_step(*args, **kwargs)
        for teacher, student in zip(self.teacher, self.student, strict=True):
            drift(teacher, student, self.decay)
