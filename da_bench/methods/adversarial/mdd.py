"""Margin disparity discrepancy."""

from collections.abc import Sequence
from math import log
from typing import Any

from torch import Tensor

from da_bench.functional import grad_reverse, margin_disparity, ramp
from da_bench.methods.base import DomainAdapter, Encoded
from da_bench.methods.optimizer import Schedule
from da_bench.networks import mlp


class MDD(DomainAdapter):
    r"""An adverse head agrees with the head on the source and differs on the target.

    The encoder, through a gradient reversal, takes away the features on which it can: one step
    trains all. Zhang et al., "Bridging theory and algorithm for domain adaptation", ICML 2019,
    equation 30, the loss of ``da_bench.functional.margin_disparity``. The head's own labels are
    constants. The adverse head has the shape of the head, a linear map, unless ``hidden`` says
    otherwise (the paper: both of two layers).

    Args:
        hidden: Widths of the adverse head's hidden layers.
        margin: :math:`\gamma = e^\rho`, the weight of agreement on the source, above 0.
        reversal: :math:`\eta`, the largest scale of the reversed gradient.
        schedule: Growth of that scale, by progress.
    """

    trained_encoders = ("source", "target")
    needs_classes = True

    def __init__(
        self,
        *args: Any,
        hidden: Sequence[int] = (),
        margin: float = 4.0,
        reversal: float = 0.1,
        schedule: Schedule = ramp,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if margin <= 0:
            raise ValueError(f"margin={margin}: exp of the margin is above 0")
        self.hidden, self.margin = tuple(hidden), margin
        self.reversal, self.schedule = reversal, schedule
        self.adverse = mlp(self.head.in_features, *self.hidden, self.head.out_features)

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The adverse head's loss, its gradient reversed at the features."""
        scale = self.reversal * self.schedule(progress)
        pair = (self.adverse(grad_reverse(z, scale)) for z in (source.z, target.z))
        source_adverse, target_adverse = pair
        return margin_disparity(
            source.logits, source_adverse, target.logits, target_adverse, self.margin
        )

    def domain_logits(self, source: Encoded, target: Encoded) -> tuple[Tensor, Tensor]:
        r"""Log odds of agreement less :math:`\log\gamma`: the best adverse head's are the source's.

        Where the densities are equal that head agrees with odds :math:`\gamma` (the paper's
        proposition 4.7).
        """
        source_odds, target_odds = (
            self.agreement(encoded) - log(self.margin) for encoded in (source, target)
        )
        return source_odds, target_odds

    def agreement(self, encoded: Encoded) -> Tensor:
        """Log odds ``(n,)`` that the adverse head gives to the head's own choice."""
        predictions = encoded.logits.detach().argmax(1, keepdim=True)
        log_shares = self.adverse(encoded.z).log_softmax(1)
        other_log_shares = log_shares.scatter(1, predictions, float("-inf")).logsumexp(1)
        return log_shares.gather(1, predictions)[:, 0] - other_log_shares
