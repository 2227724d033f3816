"""Wasserstein distance guided representation learning."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.functional import gradient_penalty
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import advance, descend, separate_optimizers
from da_bench.networks import mlp


class WDGRL(DomainAdapter):
    r"""A critic near Lipschitz constant one estimates the domains' Wasserstein distance.

    .. math:: W = \overline{f(z_s)} - \overline{f(z_t)}

    Each step the critic climbs :math:`W - \gamma L_{grad}` ``critic_steps`` times on features that
    are held, then encoder and head descend the source risk plus ``weight`` times :math:`W`. Shen et
    al., "Wasserstein distance guided representation learning for domain adaptation", AAAI 2018
    (its Algorithm 1); the penalty is ``da_bench.functional.gradient_penalty``.

    Args:
        hidden: Widths of the critic's hidden layers.
        critic_steps: :math:`n`, steps of the critic for each of the encoder.
        penalty: :math:`\gamma`, weight of the gradient penalty.
    """

    trained_encoders = ("source", "target")

    def __init__(
        self,
        *args: Any,
        hidden: Sequence[int] = (100,),
        critic_steps: int = 5,
        penalty: float = 10.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.automatic_optimization = False
        if critic_steps < 1:
            raise ValueError(
                f"critic_steps={critic_steps}: a critic that never learns tells nothing"
            )
        self.hidden, self.critic_steps, self.penalty = tuple(hidden), critic_steps, penalty
        self.critic = mlp(self.head.in_features, *self.hidden, 1)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The critic's estimate of the distance."""
        return self.distance(source.z, target.z)

    def distance(self, source: Tensor, target: Tensor) -> Tensor:
        """Difference of the critic's means over two samples of features."""
        means = []
        for z in (source, target):
            values = self.critic(z)  # in half, means that differ little would round to one number
            means.append(values.mean(dtype=torch.promote_types(values.dtype, torch.float32)))
        return means[0] - means[1]

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic says, which is known up to a constant: from the middle of its means."""
        source_values, target_values = self.critic(source.z)[:, 0], self.critic(target.z)[:, 0]
        middle = (source_values.mean() + target_values.mean()).detach() / 2
        return source_values - middle, target_values - middle

    def training_step(self, batch: dict[Role, Batch], batch_idx: int) -> None:  # type: ignore[override]
        """The critic's steps, then one of encoder and head on the same features."""
        network_optimizer, critic_optimizer = self.optimizers()  # type: ignore[attr-defined]
        progress = self.progress
        source, target = self.encode(batch)
        z = (source.z.detach(), target.z.detach())
        for _ in range(self.critic_steps):
            share = torch.rand_like(min(z, key=len)[:, :1])
            steepness = gradient_penalty(self.critic, *z, share)
            descend(self, self.penalty * steepness - self.distance(*z), critic_optimizer)
        terms = {
            "source_risk": self.source_risk(source),
            "adaptation_loss": self.adaptation_loss(source, target, progress),
        }
        weight = self.weight * self.weight_schedule(progress)
        descend(self, terms["source_risk"] + weight * terms["adaptation_loss"], network_optimizer)
        advance(self)
        self.record({**terms, "gradient_penalty": steepness})

    def configure_optimizers(self) -> Any:
        """One for encoder and head, one for the critic."""
        return separate_optimizers(self, ["encoder", "target_encoder", "head"], ["critic"])
