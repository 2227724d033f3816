"""Transport of joint distributions: of features, and of labels onto predictions."""

from typing import Any

import torch
from torch import Tensor

from da_bench.functional import squared_distance
from da_bench.functional.convergence import check_exact
from da_bench.methods.base import DomainAdapter, Encoded

PIVOTS = 1_000_000
"""Of the network simplex, at most."""


class DeepJDOT(DomainAdapter):
    r"""Moves each source batch onto the target's at the least cost of features and labels together.

    .. math:: \min_{\gamma \in \Pi} \sum_{ij} \gamma_{ij} \big( \alpha \|z^s_i - z^t_j\|^2 +
              \lambda\,\ell(y^s_i, f(z^t_j)) \big)

    Damodaran et al., "DeepJDOT: Deep joint distribution optimal transport for unsupervised domain
    adaptation", ECCV 2018, algorithm 1. The plan of its equation 8 is the exact one between two
    batches of equal weights (POT); held fixed, it weighs the costs while the network takes its
    step, equation 9. The authors draw the source's classes in equal parts: ``balanced`` of the
    data.

    Args:
        feature_cost: :math:`\alpha`, at least 0.
        label_cost: :math:`\lambda`, at least 0; :math:`\ell` is the task's loss.
    """

    trained_encoders = ("source", "target")

    def __init__(
        self, *args: Any, feature_cost: float = 0.001, label_cost: float = 0.0001, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if min(feature_cost, label_cost) < 0 or feature_cost == label_cost == 0:
            raise ValueError(
                f"feature_cost={feature_cost} and label_cost={label_cost}: neither is below 0, "
                "and one at least is above"
            )
        self.feature_cost, self.label_cost = feature_cost, label_cost

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The cost of the cheapest plan."""
        import ot  # takes seconds, and other methods do without

        cost = self.cost(source, target)
        constant_cost = cost.detach().double().cpu().numpy()
        plan, log = ot.emd([], [], constant_cost, numItermax=PIVOTS, log=True)
        check_exact("DeepJDOT", plan, constant_cost, log, "take a smaller data.batch_size")
        return (torch.as_tensor(plan).to(cost) * cost).sum()

    def cost(self, source: Encoded, target: Encoded) -> Tensor:
        """Of moving source sample i to target sample j: ``(n, m)``."""
        n, m = len(source.z), len(target.z)
        y, logits = source.y.repeat_interleave(m, 0), target.logits.repeat(n, 1)
        labels = self.task.loss(logits, y, reduction="none").view(n, m)
        return self.feature_cost * squared_distance(source.z, target.z) + self.label_cost * labels
