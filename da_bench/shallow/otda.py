"""Optimal transport of the source onto the target."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import pairwise_distances_argmin

from da_bench.functional.convergence import not_converged

from .base import Array, Domain, Lesson, Shallow, check_count
from .plans import check_placed, exact_plan, quiet


class OTDA(Shallow):
    r"""Carries each source sample to the mean of the target samples that its mass goes to.

    .. math:: \min_{\gamma \ge 0} \langle\gamma, D\rangle + \varepsilon\sum\gamma\log\gamma
        + \eta\,\Omega(\gamma) \quad\text{s.t. } \gamma 1 = 1/n,\ \gamma' 1 = 1/m, \qquad
        x_i \mapsto n \sum_j \gamma_{ij} x'_j

    with squared distances :math:`D`, or others. Without entropy the transport is exact; with it,
    Sinkhorn's; with :math:`\eta` too it is class-regularised: :math:`\Omega` keeps the mass that a
    target sample receives in one class. Courty, Flamary, Tuia and Rakotomamonjy, "Optimal transport
    for domain adaptation", IEEE TPAMI 2017: equation 8 (exact), 9 (entropic), 16 and 17 (by class),
    15 (the mapping); solved by POT. The target stays. A source sample that the fit did not see
    moves as the nearest that it saw.

    Args:
        entropy: :math:`\varepsilon`, in units of :math:`D` after ``norm``; 0 is exact transport.
        class_penalty: :math:`\eta`, at least 0; needs entropy.
        group: :math:`\Omega`: ``l1l2``, the group lasso, or ``lpl1``, its concave relative.
        norm: What :math:`D` is divided by: its ``median`` (its mean where that is 0), its ``max``,
            or None.
        metric: Metric of :math:`D`: ``sqeuclidean``, ``cosine`` or ``cityblock``. The cosine
            distance of a sample of zeros is 1 to all. With ``cityblock``, in few dimensions, many
            transports are optimal; the samples' order decides on one.
        iterations: Most steps of Sinkhorn; None is 1000, and 200 in each round of a class penalty.
        rounds: By class: the penalty is made linear, and solved, so many times at most.
        head: scikit-learn classifier; None is the nearest neighbour.

    Warns:
        NotConverged: Sinkhorn's plan leaves more than a thousandth of the mass out of place, or the
            last round moved more than a hundredth of it (``lpl1``), or changed the objective by
            more than a thousandth (``l1l2``).

    Raises:
        ValueError: A negative weight, an unknown group, a class weight without entropy, or a
            class-regularised transport that underflows.
    """

    def __init__(
        self,
        entropy: float = 0.0,
        class_penalty: float = 0.0,
        group: Literal["l1l2", "lpl1"] = "l1l2",
        norm: Literal["median", "max"] | None = "median",
        metric: Literal["sqeuclidean", "cosine", "cityblock"] = "sqeuclidean",
        iterations: int | None = None,
        rounds: int = 10,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.iterations, self.rounds = iterations, rounds
        self.entropy, self.class_penalty = entropy, class_penalty
        self.group, self.norm, self.metric = group, norm, metric

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Finds the transport and carries the source along it."""
        plan = self.plan(source, y, target)
        self.source_ = source
        self.moved_ = plan / plan.sum(1, keepdims=True) @ target
        return Lesson(self.moved_, y)

    def plan(self, source: Array, y: Array, target: Array) -> Array:
        """The transport ``(n, m)``."""
        import ot

        if self.entropy < 0 or self.class_penalty < 0:
            raise ValueError(
                f"entropy={self.entropy}, class_penalty={self.class_penalty}: neither is below 0"
            )
        if self.group not in ("l1l2", "lpl1"):
            raise ValueError(f"group={self.group!r}: expected l1l2 or lpl1")
        if self.class_penalty and not self.entropy:
            raise ValueError("class_penalty needs entropy above 0, e.g. entropy=1.0")
        with np.errstate(invalid="ignore"):  # zeros have no direction: a right angle to all
            cost = ot.dist(source, target, metric=self.metric)
        if self.metric == "cosine":
            cost = np.nan_to_num(cost, nan=1.0)
        if self.norm and cost.any():
            size = float(np.median(cost) if self.norm == "median" else cost.max())
            cost = cost / (size or cost.mean())
        a, b = ot.unif(len(source)), ot.unif(len(target))
        if not self.entropy:
            return exact_plan("OTDA", a, b, cost)
        limit = self.iterations
        if limit is None:
            limit = 200 if self.class_penalty else 1000
        check_count("iterations", limit)
        check_count("rounds", self.rounds)
        remedy = f"raise entropy, now {self.entropy}, or iterations, now {limit}"
        if not self.class_penalty:
            plan = quiet(ot.sinkhorn, a, b, cost, self.entropy, method="sinkhorn_log",
                         numItermax=limit)  # fmt: skip
            check_placed("OTDA", plan, b, remedy)
            return plan
        plan = self.plan_by_class(a, y, b, cost, limit)
        row_masses = len(source) * plan.sum(1)
        if not (row_masses.min() > 0.5 and row_masses.max() < 2):  # not of NaN either
            raise ValueError(
                f"entropy={self.entropy}: the class-regularised transport underflows, so far apart "
                "are some samples; take more entropy, or leave out the outliers"
            )
        check_placed("OTDA", plan, b, remedy)
        return plan

    def plan_by_class(self, a: Array, y: Array, b: Array, cost: Array, limit: int) -> Array:
        """The class-regularised transport, and a warning where a further round would change it."""
        import ot

        arguments = (a, y, b, cost, self.entropy, self.class_penalty)
        rounds = {"numItermax": self.rounds, "numInnerItermax": limit}
        if self.group == "l1l2":
            plan, log = quiet(ot.da.sinkhorn_l1l2_gl, *arguments, **rounds, log=True)
            loss_before, last_loss = log["loss"][-2:]
            residual, tolerance = abs(last_loss / loss_before - 1), 1e-3
        else:
            plan = quiet(ot.da.sinkhorn_lpl1_mm, *arguments, **rounds)
            onehot = np.eye(len(self.classes_))[y]
            steep = 0.5 / np.sqrt(onehot @ (onehot.T @ plan) + 1e-3)  # of the penalty, as POT's
            linear = cost + self.class_penalty * steep
            next_plan = quiet(ot.sinkhorn, a, b, linear, self.entropy, numItermax=limit)
            residual, tolerance = np.abs(plan - next_plan).sum() / 2, 1e-2
        if residual > tolerance:
            not_converged(
                "OTDA by class", residual, "change in the last round", tolerance,
                f"raise rounds, now {self.rounds}"
            )  # fmt: skip
        return plan

    def place(self, x: Array, domain: Domain) -> Array:
        """The source carried, the target as it is."""
        if domain == "target":
            return x
        nearest_indices = pairwise_distances_argmin(x, self.source_)
        return np.asarray(self.moved_[nearest_indices] + x - self.source_[nearest_indices])
