"""Joint distribution optimal transport."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, clone
from sklearn.linear_model import LogisticRegression

from da_bench.functional.convergence import not_converged

from .base import Array, Lesson, Shallow, check_count, check_share
from .plans import exact_plan


class JDOT(Shallow):
    r"""Learns on the target from labels that travel with the source's mass.

    .. math:: \min_{f,\gamma} \sum_{ij} \gamma_{ij} \left[(1 - \alpha)\,\|x_i - x'_j\|^2 / \bar D
        + \alpha\, L(y_i, f(x'_j))\right]

    by turns: an exact transport :math:`\gamma` for the cost in brackets, then the head on target
    samples, each with every class by the mass that brings it. :math:`L` is the cross-entropy where
    the head tells probabilities, otherwise the hinge loss summed over classes one against the
    rest; :math:`\bar D` the mean squared distance; the first transport looks at samples alone.
    Courty, Flamary, Habrard and Rakotomamonjy, "Joint distribution optimal transportation for
    domain adaptation", NeurIPS 2017, equation 6, and 9 for the hinge loss.

    Args:
        weight: :math:`\alpha`, from 0 to 1.
        iterations: Turns at most; fewer where the transport's cost stays.
        tolerance: Change of that cost below which it stays; where the last turn changed it more,
            a warning says so (``NotConverged``).
        head: scikit-learn classifier that takes sample weights; None is logistic regression.
    """

    common = False  # the head learns on target samples as they are

    def __init__(
        self,
        weight: float = 0.5,
        iterations: int = 100,
        tolerance: float = 1e-6,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.weight, self.iterations, self.tolerance = weight, iterations, tolerance

    def own_head(self) -> Any:
        """A fresh head."""
        return LogisticRegression() if self.head is None else clone(self.head)

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Transports, learns, and again."""
        import ot

        check_share("weight", self.weight)
        check_count("iterations", self.iterations)
        distance = ot.dist(source, target)
        distance /= distance.mean() or 1
        a, b = ot.unif(len(source)), ot.unif(len(target))
        onehot = np.eye(len(self.classes_))[y]
        cost, cost_before = (1 - self.weight) * distance, np.inf
        for _ in range(self.iterations):
            plan = exact_plan("JDOT", a, b, cost)
            lesson = carried(plan, onehot, target)
            head = self.own_head().fit(*lesson[:2], sample_weight=lesson.weights)
            paid = float((plan * cost).sum())
            change = abs(cost_before - paid)
            if change < self.tolerance:
                break
            loss = class_loss(head, target, len(self.classes_))
            cost, cost_before = (1 - self.weight) * distance + self.weight * loss[:, y].T, paid
        else:
            not_converged(
                "JDOT", change, "change of the transport's cost in the last turn", self.tolerance,
                f"raise iterations, now {self.iterations}, or tolerance"
            )  # fmt: skip
        return lesson


def carried(plan: Array, onehot: Array, target: Array) -> Lesson:
    """Each target sample with each class that mass brings, weighted by its share of it."""
    mass = plan.T @ onehot * len(target)
    rows, labels = np.nonzero(mass > 1e-7 * mass.max())
    return Lesson(target[rows], labels, mass[rows, labels])


def class_loss(head: Any, x: Array, classes: int) -> Array:
    """Loss ``(n, k)`` of each sample for each class it might have."""
    if hasattr(head, "predict_proba"):
        share = np.zeros((len(x), classes))
        share[:, head.classes_] = head.predict_proba(x)
        return -np.log(share + 1e-16)
    score = np.full((len(x), classes), -1.0)
    decision = head.decision_function(x)
    score[:, head.classes_] = np.stack((-decision, decision), 1) if decision.ndim == 1 else decision
    missed, claimed = np.maximum(0, 1 - score), np.maximum(0, 1 + score)
    return missed - claimed + claimed.sum(1, keepdims=True)
