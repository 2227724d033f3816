"""Importance-weighted adversarial nets, for targets that hold some of the source's classes."""

from collections.abc import Sequence
from copy import deepcopy
from typing import Any

from torch import Tensor, nn

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.functional import domain_loss, entropy, grad_reverse, ramp, source_importance
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule
from da_bench.networks import mlp
from da_bench.networks.hooks import Still


class IWAN(DomainAdapter):
    r"""One critic finds which source samples look like the target; another's game weighs them so.

    The second of two stages: encoder and head come from a source-only run (``init_from``). The head
    and, for the source, a copy of the encoder stay; the encoder goes on as the target's. The first
    critic :math:`D` only tells, no gradient of it reaches the features; the weights are :math:`w
    \propto 1 - D(z_s)` with mean one. The second, :math:`D_0`, tells the weighted source from the
    target, through a gradient reversal:

    .. math:: \gamma \overline{H(p(x_t))} + L_{D_0}(w(z_s)\, z_s, z_t)

    Zhang et al., "Importance weighted adversarial nets for partial domain adaptation", CVPR 2018,
    section 3. Both critics learn at full weight; :math:`\lambda` is the reversed gradient's scale.

    Args:
        hidden: Widths of the critics' hidden layers.
        entropy_weight: :math:`\gamma`, of the target's entropy under the source's head.
        reversal: Largest :math:`\lambda`.
        schedule: Its growth, by progress.
    """

    trained_encoders = ("source", "target")
    needs_classes = True
    needs_start = "source_only"

    def __init__(
        self,
        *args: Any,
        hidden: Sequence[int] = (1024, 1024),
        entropy_weight: float = 0.1,
        reversal: float = 0.1,
        schedule: Schedule = ramp,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.head.requires_grad_(False)
        self.source_encoder = Still(deepcopy(self.encoder))
        self.hidden, self.entropy_weight = tuple(hidden), entropy_weight
        self.reversal, self.schedule = reversal, schedule
        self.teller, self.critic = (mlp(self.head.in_features, *self.hidden, 1) for _ in range(2))

    def encoder_of(self, domain: Role) -> nn.Module:
        """The source's is the one that it came with."""
        return self.source_encoder if domain == "source" else super().encoder_of(domain)

    def losses(self, batch: dict[Role, Batch], progress: float) -> dict[str, Tensor]:
        """What the first critic descends, and the weighted game."""
        source, target = self.encode(batch)
        critic_logits = (self.teller(encoded.z.detach()) for encoded in (source, target))
        return {
            "critic_loss": domain_loss(*critic_logits),
            "adaptation_loss": self.adaptation_loss(source, target, progress),
        }

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic of the game says."""
        return self.critic(source.z)[:, 0], self.critic(target.z)[:, 0]

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The second critic's weighted loss, reversed at the features, and the entropy."""
        weights = source_importance(self.teller(source.z))
        scale = self.reversal * self.schedule(progress)
        source_logits, target_logits = (
            self.critic(grad_reverse(encoded.z, scale)) for encoded in (source, target)
        )
        domain_risk = domain_loss(source_logits, target_logits, weights)
        return domain_risk + self.entropy_weight * entropy(target.logits).mean()
