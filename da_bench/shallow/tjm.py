"""Transfer joint matching."""

from typing import Literal

import numpy as np
from sklearn.base import BaseEstimator

from da_bench.functional.convergence import not_converged

from .base import Array, Domain, Lesson, Shallow, check_above, check_count
from .spectral import Problem, gaps, normed, placed

TOLERANCE = 1e-2
"""Relative change of the objective in the last turn that may be."""


class TJM(Shallow):
    r"""Components that match the domains' means and leave out source samples that don't help.

    .. math:: \min_A \operatorname{tr} A'KMKA + \lambda\left(\|A_s\|_{2,1} + \|A_t\|_F^2\right)
        \quad\text{s.t. } A'KHKA = I

    by turns with the diagonal :math:`G` of the penalty's gradient: :math:`1 / 2\|a^i\|` for source
    sample ``i``, 1 for a target sample. Long, Wang, Ding, Sun and Yu, "Transfer joint matching for
    unsupervised domain adaptation", CVPR 2014; the norm of :math:`M` as in the code of
    JDA. The rows' lengths are those under the constraint; samples are then placed by eigenvectors
    of length one.

    Args:
        n_components: Components kept, at most.
        weight: :math:`\lambda`, above 0.
        iterations: Turns, at least 1. Warns (``NotConverged``) where the last one still changed
            the objective by more than a hundredth.
        kernel: ``linear``, ``rbf``, or another of scikit-learn's pairwise kernels.
        gamma: Coefficient of the kernel; None is one over the number of features.
        unit: Scale samples to length one, before and after.
        head: scikit-learn classifier; None is the nearest neighbour.
    """

    def __init__(
        self,
        n_components: int = 20,
        weight: float = 1.0,
        iterations: int = 10,
        kernel: Literal["linear", "rbf", "laplacian", "polynomial"] = "linear",
        gamma: float | None = None,
        unit: bool = True,
        head: BaseEstimator | None = None,
    ) -> None:
        super().__init__(head)
        self.n_components, self.weight, self.iterations = n_components, weight, iterations
        self.kernel, self.gamma, self.unit = kernel, gamma, unit

    def align(self, source: Array, y: Array, target: Array) -> Lesson:
        """Solves, and weighs the source's samples anew."""
        check_above("weight", self.weight)
        check_count("n_components", self.n_components)
        check_count("iterations", self.iterations)
        n = len(source)
        # Its rows belong to samples: in the primal form there would be none to leave out.
        problem = Problem(source, target, "dual", self.kernel, self.gamma, self.unit)
        gap = normed(gaps(y, None, n, len(target), 0))
        shares, costs = np.ones(n + len(target)), []
        for _ in range(self.iterations):
            a = problem.solve(gap, self.weight * shares, self.n_components)
            constrained = a / np.linalg.norm(problem.factor.T @ a, axis=0)
            lengths = np.linalg.norm(constrained[:n], axis=1)
            costs.append(
                np.square(gap.T @ problem.phi @ (problem.phi.T @ constrained)).sum()
                + self.weight * (lengths.sum() + np.square(constrained[n:]).sum())
            )
            shares[:n] = 1 / (2 * np.maximum(lengths, np.finfo(float).eps))
        change = abs(costs[-1] / costs[-2] - 1) if len(costs) > 1 else 0.0
        if change > TOLERANCE:
            not_converged(
                "TJM", change, "relative change of the objective in the last turn", TOLERANCE,
                f"raise iterations, now {self.iterations}"
            )  # fmt: skip
        self.points_, self.dual_ = problem.compact(a)
        return Lesson(self.place(source, "source"), y)

    def place(self, x: Array, domain: Domain) -> Array:
        """The projection."""
        return placed(x, self.points_, self.dual_, self.kernel, self.gamma, self.unit)
