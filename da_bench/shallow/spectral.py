r"""The generalised eigenproblem that TCA, JDA, BDA and TJM share, in its two forms.

All of them look for axes :math:`A` that keep variance and close the gap between domains. With the
samples (or their images under a kernel) as rows of :math:`\Phi`, and :math:`K = \Phi\Phi'`,

.. math:: \text{primal: } \Phi'H\Phi\,a = \mu\,(\Phi'M\Phi + D)\,a, \qquad
    \text{dual: } KHK\,a = \mu\,(KMK + D)\,a, \qquad M = EE', \quad H = I - \tfrac1N 11'

with :math:`D` diagonal and positive, and the largest :math:`\mu`: the papers' smallest-eigenvalue
problem turned round, so that a singular left side does no harm. The primal form penalises the axes
themselves, the dual one their coefficients over the samples: with one weight, two problems.

An eigenproblem fixes an axis but for its length, which decides how much the axis counts in a
distance. The papers' constraint, :math:`A'(\text{left side})A = I`, would set it; their tables come
from axes of length one, as the general solvers that their code calls return them (``eigs``,
``scipy.linalg.eig``): so JDA's table on Office-Caltech is met in all twelve tasks to the last
digit (with the constraint's lengths TCA's mean falls from 45.5 to 35.2 % there). A symmetric solver
(``scipy.linalg.eigh``) scales them by the right side, :math:`a'(\cdot + D)a = 1`: the means stay
within 0.1 there, single tasks differ by up to 2.5.
"""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy.linalg import eigh
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.preprocessing import normalize

from .base import Array, Lesson, check_steady

Form = Literal["primal", "dual"]
Axes = Literal["unit", "penalised"]

NEGLIGIBLE = 1e-12
"""Share of the largest eigenvalue below which another is rounding."""


def joined(source: Array, target: Array, unit: bool) -> Array:
    """Both samples as one ``(n + m, d)``, each row of length one where ``unit``."""
    points = np.concatenate((source, target))
    return normalize(points) if unit else points


def kernel_of(x: Array, y: Array, kernel: str, gamma: float | None) -> Array:
    """Kernel values ``(n, m)``; ``gamma=None`` is one over the number of features."""
    options = {} if kernel == "linear" else {"gamma": gamma}
    return pairwise_kernels(x, y, metric=kernel, **options)


def kernel_features(points: Array, kernel: str, gamma: float | None) -> Array:
    """``phi (N, r)`` with ``phi @ phi.T`` the kernel over the points; as they are for a linear."""
    if kernel == "linear":
        return points
    values, axes = np.linalg.eigh(kernel_of(points, points, kernel, gamma))
    positive = values > NEGLIGIBLE * values[-1]
    return axes[:, positive] * np.sqrt(values[positive])


def gaps(y: Array, guess: Array | None, n: int, m: int, classes: int) -> Array:
    r"""Columns ``e`` of which :math:`e e'` gives the MMD of domains, then of each class.

    ``e`` is :math:`1/n_c` on the source's samples of the class, :math:`-1/m_c` on the target's
    (0 where one side has none) and 0 elsewhere. ``(n + m, 1 + classes)``, one column without a
    ``guess`` of the target's classes.
    """
    columns = [np.concatenate((np.full(n, 1 / n), np.full(m, -1 / m)))]
    if guess is None:
        return columns[0][:, None]
    for c in range(classes):
        source_membership, target_membership = (
            np.equal(y, c).astype(float),
            np.equal(guess, c).astype(float),
        )
        columns.append(
            np.concatenate(
                (
                    source_membership / max(source_membership.sum(), 1),
                    -target_membership / max(target_membership.sum(), 1),
                )
            )
        )
    return np.stack(columns, 1)


def normed(gap: Array) -> Array:
    """``E`` scaled so that ``E @ E.T`` has Frobenius norm one, as in JDA's published code."""
    return gap / np.sqrt(np.linalg.norm(gap.T @ gap))


class Problem:
    r"""One of the two forms over given samples.

    Args:
        source: ``(n, d)``.
        target: ``(m, d)``.
        form: ``primal``, whose axes have as many entries as :math:`\Phi` has columns, or ``dual``,
            with an entry for each of the ``N = n + m`` samples.
        kernel: ``linear`` takes samples as they are; or another of scikit-learn's pairwise kernels.
        gamma: Coefficient of the kernel; None is one over the number of features.
        unit: Scale samples to length one, before and after.
        axes: Length of the axes: ``unit``, :math:`|a| = 1`, or ``penalised``,
            :math:`a'(\cdot + D)a = 1`.

    Raises:
        ValueError: An unknown form or length, or the samples coincide.
    """

    def __init__(self, source: Array, target: Array, form: Form, kernel: str,
                 gamma: float | None, unit: bool, axes: Axes = "unit") -> None:  # fmt: skip
        if form not in ("primal", "dual"):
            raise ValueError(f"form={form!r}: expected primal or dual")
        if axes not in ("unit", "penalised"):
            raise ValueError(f"axes={axes!r}: expected unit or penalised")
        self.form, self.kernel, self.unit, self.axes = form, kernel, unit, axes
        self.points = joined(source, target, unit)
        self.phi = kernel_features(self.points, kernel, gamma)
        _, spread, rotation = np.linalg.svd(self.phi - self.phi.mean(0), full_matrices=False)
        if not spread[0] > NEGLIGIBLE:
            raise ValueError(
                f"nothing varies, so there is no component to keep (n_features={source.shape[1]}); "
                "where samples are scaled to length one, say unit=False"
            )
        self.factor = self.rows(rotation.T * spread)
        """``F (p, r)`` with ``F @ F.T`` the problem's left side."""

    def rows(self, w: Array) -> Array:
        """Vectors ``(r, k)`` of the features' space as the form writes them, ``(p, k)``."""
        return w if self.form == "primal" else self.phi @ w

    def solve(self, gap: Array, penalty: float | Array, count: int) -> Array:
        r"""The leading ``count`` axes, columns of ``(p, k)``.

        Fewer where the others carry no variance. With :math:`FF'` the left side and
        :math:`V = \Phi'E` or :math:`KE`, the problem is that of :math:`F'(VV' + D)^{-1}F`, as wide
        as the features alone; the inverse is Woodbury's.

        Args:
            gap: :math:`E`, ``(N, c)``.
            penalty: Diagonal of :math:`D`, one number or ``(p,)``, positive.
            count: ``k``, at least 1.
        """
        v = self.rows(self.phi.T @ gap)
        diagonal = np.broadcast_to(penalty, len(v))[:, None]
        scaled_f, scaled_v = self.factor / diagonal, v / diagonal
        correction = np.linalg.solve(np.eye(v.shape[1]) + v.T @ scaled_v, v.T @ scaled_f)
        inner_product = self.factor.T @ scaled_f - (self.factor.T @ scaled_v) @ correction
        size = len(inner_product)
        values, axes = eigh(inner_product, subset_by_index=(max(size - count, 0), size - 1))
        positive = values > NEGLIGIBLE * values[-1]
        leading = (axes[:, positive] / np.sqrt(values[positive]))[:, ::-1]
        a = scaled_f @ leading - scaled_v @ (correction @ leading)
        return a / np.linalg.norm(a, axis=0) if self.axes == "unit" else a

    def project(self, a: Array) -> Array:
        """The samples themselves in the common space, ``(N, k)``."""
        z = self.phi @ (a if self.form == "primal" else self.phi.T @ a)
        return normalize(z) if self.unit else z

    def compact(self, a: Array) -> tuple[Array, Array]:
        """Points and weights that place a sample as ``kernel(x, points) @ weights``.

        A linear kernel needs ``k`` points, not ``N``.
        """
        if self.kernel == "linear":
            axes = a if self.form == "primal" else self.points.T @ a
            return axes.T, np.eye(axes.shape[1])
        if self.form == "primal":  # columns of phi are orthogonal
            a = self.phi @ (a / np.square(self.phi).sum(0)[:, None])
        return self.points, a


def placed(x: Array, points: Array, weights: Array, kernel: str, gamma: float | None,
           unit: bool) -> Array:  # fmt: skip
    """New samples in the common space, ``(n, k)``."""
    z = kernel_of(normalize(x) if unit else x, points, kernel, gamma) @ weights
    return normalize(z) if unit else z


def in_rounds(
    estimator: Any, problem: Problem, y: Array, n: int, gap: Callable[[Array | None], Array]
) -> Lesson:
    """Guesses the target's classes in rounds, each in the space that the last guesses give.

    Ends where no guess changes, since no later round would differ; warns (``NotConverged``) where
    the last of ``estimator.iterations`` still changes them. Stores what places further samples.

    Args:
        estimator: JDA or BDA: its settings, and how it guesses.
        problem: Over the samples of both domains.
        y: Labels of the source ``(n,)``.
        n: Samples of the source.
        gap: From the guesses ``(m,)``, None before the first, to the columns ``(n + m, c)`` of
            :math:`E`.
    """
    guess: Array | None = None
    for _ in range(estimator.iterations):
        axes = problem.solve(normed(gap(guess)), estimator.weight, estimator.n_components)
        z = problem.project(axes)
        before, guess = guess, estimator.guess(z[:n], y, z[n:])
        if before is not None and np.array_equal(before, guess):
            break
    else:
        check_steady(estimator, before, guess)
    estimator.points_, estimator.dual_ = problem.compact(axes)
    return Lesson(z[:n], y)
