"""Virtual adversarial domain adaptation."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from da_bench.data.batch import join
from da_bench.data.pair import Role
from da_bench.functional import (
    constant,
    domain_loss,
    entropy,
    grad_reverse,
    virtual_adversarial_loss,
)
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule
from da_bench.networks import mlp
from da_bench.networks.hooks import held, untracked


class VADA(DomainAdapter):
    r"""Domain-adversarial training whose boundaries keep clear of the samples of both domains.

    .. math:: L_{adaptation} = \lambda_d L_d + \lambda_s L_v(source)
              + \lambda_t \bigl(L_v(target) + L_c(target)\bigr)

    :math:`L_d` is the critic's loss, climbed by the encoder; :math:`L_c` the conditional entropy;
    :math:`L_v` the virtual adversarial loss. Shu et al., "A DIRT-T approach to unsupervised domain
    adaptation", ICLR 2018, equation 8. In reversal form: the critic learns at full weight and the
    encoder feels :math:`\lambda_d` of its gradient (the authors step them by turns). Passes over
    perturbed inputs leave the running averages of batch norm alone; with batch norm, statistics of
    each domain's own pass (``batch_norm: separate``) are what the authors use.

    Args:
        hidden: Widths of the critic's hidden layers.
        domain_weight: :math:`\lambda_d`, the scale of the reversed gradient.
        source_weight: :math:`\lambda_s`.
        target_weight: :math:`\lambda_t`.
        radius: Of the virtual adversarial perturbation, in the inputs' units.
        schedule: Growth of the reversed gradient's scale, by progress.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(
        self,
        *args: Any,
        hidden: Sequence[int] = (100,),
        domain_weight: float = 0.01,
        source_weight: float = 1.0,
        target_weight: float = 0.01,
        radius: float = 3.5,
        schedule: Schedule = constant,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if not radius > 0:
            raise ValueError(f"radius={radius}: without a perturbation nothing is smoothed")
        self.hidden, self.radius, self.schedule = tuple(hidden), radius, schedule
        self.domain_weight = domain_weight
        self.source_weight, self.target_weight = source_weight, target_weight
        self.critic = mlp(self.head.in_features, *self.hidden, 1)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The domain term, and the violations of the cluster assumption."""
        z = grad_reverse(join(source.z, target.z), self.domain_weight * self.schedule(progress))
        domains = domain_loss(*self.critic(z).split((len(source.z), len(target.z))))
        target_entropy = entropy(target.logits).mean()
        return (
            domains
            + self.source_weight * self.roughness(source, "source")
            + self.target_weight * (self.roughness(target, "target") + target_entropy)
        )

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        """What the critic says."""
        return self.critic(source.z)[:, 0], self.critic(target.z)[:, 0]

    def roughness(self, encoded: Encoded, domain: Role) -> Tensor:
        """The virtual adversarial loss of one domain's samples.

        With and without perturbation by the same batch-norm statistics, so that it starts at zero.
        """
        norm_layers = self._norms if self.batch_norm == "source" and domain == "target" else ()
        with untracked(self._norms), held(norm_layers):
            logits = encoded.logits
            if self._norms and self.batch_norm == "joint":
                with torch.no_grad():
                    logits = self.features(encoded.x, domain)[1]
            return virtual_adversarial_loss(
                lambda x: self.features(x, domain)[1], encoded.x, logits, self.radius
            )
