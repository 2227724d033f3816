"""Adversarial discriminative domain adaptation."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.functional import domain_loss
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import advance, descend, separate_optimizers
from da_bench.networks import mlp
from da_bench.networks.hooks import Still


class ADDA(DomainAdapter):
    r"""The encoder of the target learns to pass for the source's before a critic.

    The second of two stages: ``init_from`` a source-only run gives encoder and head. The head and,
    for the source, a copy of the encoder stay as they came; the encoder goes on as the target's.
    Tzeng et al., "Adversarial discriminative domain adaptation", CVPR 2017, equation 9, in the
    paper's alternating form with inverted labels (equation 7): each step, the critic descends the
    domain loss, then the encoder descends :math:`-\overline{\log D(z_t)}`, whose gradient lasts
    where a reversed one would vanish before a sure critic.

    Args:
        hidden: Widths of the critic's hidden layers; none makes it linear.
    """

    trained_encoders = ("target",)
    needs_start = "source_only"

    def __init__(self, *args: Any, hidden: Sequence[int] = (500, 500), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.automatic_optimization = False
        self.source_encoder = Still(deepcopy(self.encoder))
        self.head.requires_grad_(False)
        self.hidden = tuple(hidden)
        self.critic = mlp(self.head.in_features, *self.hidden, 1)

    def encoder_of(self, domain: Role) -> nn.Module:
        """The source's stays as it came."""
        return self.source_encoder if domain == "source" else super().encoder_of(domain)

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """What the critic descends, and what the encoder does."""
        source, target = self.encode(batch)
        return {
            "critic_loss": self.critic_loss(source.z, target.z.detach()),
            "adaptation_loss": self.imitation_loss(target.z),
        }

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic says."""
        return self.critic(source.z)[:, 0], self.critic(target.z)[:, 0]

    def critic_loss(self, source: Tensor, target: Tensor) -> Tensor:
        """The domain loss of features."""
        return domain_loss(self.critic(source), self.critic(target))

    def imitation_loss(self, target: Tensor) -> Tensor:
        """Cross-entropy of target features that pass for the source's."""
        return F.softplus(-self.critic(target)).mean()

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> None:  # type: ignore[override]
        """One step of the critic, then one of the encoder on the same features."""
        encoder, critic = self.optimizers()  # type: ignore[attr-defined]
        weight = self.weight * self.weight_schedule(self.progress)
        source, target = self.encode(batch)
        critic_loss = self.critic_loss(source.z, target.z.detach())
        descend(self, critic_loss, critic)
        imitation_loss = self.imitation_loss(target.z)
        descend(self, weight * imitation_loss, encoder)
        advance(self)
        self.record({"critic_loss": critic_loss, "adaptation_loss": imitation_loss})

    def configure_optimizers(self) -> Any:
        """One for the encoder, one for the critic."""
        return separate_optimizers(self, ["encoder", "target_encoder"], ["critic"])
