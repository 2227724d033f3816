"""Conditional domain-adversarial networks."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from da_bench.functional import (
    domain_loss,
    entropy_weights,
    grad_reverse,
    multilinear_map,
    ramp,
    random_multilinear_map,
)
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule
from da_bench.networks import mlp


class CDAN(DomainAdapter):
    r"""A critic sees features *and* predictions, through :math:`z \otimes p`; the encoder fools it.

    Long et al., "Conditional adversarial domain adaptation", NeurIPS 2018: equation 3 (the game),
    theorem 1 (the randomised form of the multilinear map, taken where :math:`d k` exceeds
    ``max_width``), equation 9 (with ``entropy``, CDAN+E: sure samples weigh more; 10 on arXiv). No
    gradient passes through predictions and entropy weights, as in the authors' later library; their
    first code let a reversed one through the entropy weights.

    Args:
        hidden: Widths of the critic's hidden layers.
        entropy: Weigh samples by :math:`1 + e^{-H(p)}`.
        max_width: Widest map taken exactly; wider ones are drawn at random to this width.
        schedule: Scale of the reversed gradient, by progress.
    """

    trained_encoders = ("source", "target")
    needs_classes = True
    draw_z: Tensor
    draw_p: Tensor

    def __init__(
        self,
        *args: Any,
        hidden: Sequence[int] = (1024, 1024),
        entropy: bool = False,
        max_width: int = 4096,
        schedule: Schedule = ramp,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hidden, self.entropy, self.max_width = tuple(hidden), entropy, max_width
        self.schedule = schedule
        d, k = self.head.in_features, self.head.out_features
        self.randomised = d * k > max_width
        if self.randomised:
            self.register_buffer("draw_z", torch.randn(d, max_width))
            self.register_buffer("draw_p", torch.randn(k, max_width))
        self.critic = mlp(min(d * k, max_width), *self.hidden, 1)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """How well the critic tells the domains apart, its gradient reversed at the features."""
        sizes = (len(source.z), len(target.z))
        logits = torch.cat((source.logits, target.logits)).detach()
        joint = self.joint(torch.cat((source.z, target.z)), logits.softmax(1))
        domains = self.critic(grad_reverse(joint, self.schedule(progress))).split(sizes)
        if not self.entropy:
            return domain_loss(*domains)
        return domain_loss(*domains, *(entropy_weights(part) for part in logits.split(sizes)))

    def joint(self, z: Tensor, p: Tensor) -> Tensor:
        """What the critic sees of features ``(n, d)`` and probabilities ``(n, k)``."""
        if self.randomised:
            return random_multilinear_map(z, p, self.draw_z, self.draw_p)
        return multilinear_map(z, p)

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic says."""
        joint = (
            self.joint(encoded.z, encoded.logits.detach().softmax(1))
            for encoded in (source, target)
        )
        source_logits, target_logits = (self.critic(critic_inputs)[:, 0] for critic_inputs in joint)
        return source_logits, target_logits
