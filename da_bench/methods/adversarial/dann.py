"""Domain-adversarial neural networks."""

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from da_bench.data.batch import join
from da_bench.functional import domain_loss, grad_reverse, ramp
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule
from da_bench.networks import mlp


class DANN(DomainAdapter):
    r"""A critic tells the domains apart; the encoder is trained to fool it.

    One step trains both: the critic descends its loss, and the gradient reversal makes the encoder
    climb it, by a scale :math:`\lambda_p = 2 / (1 + e^{-10 p}) - 1` that grows from 0 to 1.
    Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016, equations 10 to 15;
    the schedule is that of its section 5.2.2. Its shallow version (algorithm 1, Amazon reviews)
    holds :math:`\lambda` constant and scales the critic by it too: ``schedule: constant`` and
    ``weight``.

    A linear critic starts at zero, as in the authors' code: a random one that learns slowly (a
    small constant weight) is a direction along which the encoder drives the domains apart.

    Args:
        hidden: Widths of the critic's hidden layers; none makes it linear.
        schedule: Scale of the reversed gradient, by progress.
    """

    trained_encoders = ("source", "target")

    def __init__(
        self, *args: Any, hidden: Sequence[int] = (1024,), schedule: Schedule = ramp, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.hidden, self.schedule = tuple(hidden), schedule
        self.critic = mlp(self.head.in_features, *self.hidden, 1)
        if not self.hidden:
            for parameter in self.critic.parameters():
                nn.init.zeros_(parameter)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """How well the critic tells the domains apart, its gradient reversed at the features."""
        z = grad_reverse(join(source.z, target.z), self.schedule(progress))
        return domain_loss(*self.critic(z).split((len(source.z), len(target.z))))

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic says."""
        return self.critic(source.z)[:, 0], self.critic(target.z)[:, 0]
