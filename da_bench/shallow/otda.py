"""Optimal transport of the source onto the target."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.metrics import pairwise_distances_argmin

from .base import Array, Domain, Lesson, Shallow


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
        metric: Of :math:`D`: ``sqeuclidean``, ``cosine`` or ``cityblock``. With the last, in few
            dimensions, many transports are optimal; the one found depends on the samples' order.
        head: scikit-learn classifier; None is the nearest neighbour.

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
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
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
        cost = ot.dist(source, target, metric=self.metric)
        if self.norm and cost.any():
            size = float(np.median(cost) if self.norm == "median" else cost.max())
            cost = cost / (size or cost.mean())
        a, b = ot.unif(len(source)), ot.unif(len(target))
        if not self.entropy:
            return ot.emd(a, b, cost, numItermax=1_000_000)
        if not self.class_penalty:
            return ot.sinkhorn(a, b, cost, self.entropy, method="sinkhorn_log")
        solve = {"l1l2": ot.da.sinkhorn_l1l2_gl, "lpl1": ot.da.sinkhorn_lpl1_mm}[self.group]
        plan = solve(a, y, b, cost, self.entropy, self.class_penalty)
        moved = len(source) * plan.sum(1)
        if not (moved.min() > 0.5 and moved.max() < 2):  # not of NaN either
            raise ValueError(
                f"entropy={self.entropy}: the class-regularised transport underflows, so far apart "
                "are some samples; take more entropy, or leave out the outliers"
            )
        return plan

    def place(self, x: Array, domain: Domain) -> Array:
        """The source carried, the target as it is."""
        if domain == "target":
            return x
        nearest = pairwise_distances_argmin(x, self.source_)
        return np.asarray(self.moved_[nearest] + x - self.source_[nearest])
