r"""The generalised eigenproblem that TCA, JDA, BDA and TJM share.

All of them look for :math:`A` that keeps variance and closes the gap between domains,

.. math:: K H K a = \mu\,(K M K + D) a, \qquad M = E E', \quad H = I - \tfrac1N 1 1'

with the kernel :math:`K` over both samples, :math:`D` diagonal and positive, and the largest
:math:`\mu`: the paper's smallest-eigenvalue problem turned round, so that a singular
:math:`K H K` does no harm.
"""

import numpy as np
from scipy.linalg import eigh
from sklearn.metrics.pairwise import pairwise_kernels
from sklearn.preprocessing import normalize

from .base import Array

NEGLIGIBLE = 1e-12
"""Share of the largest eigenvalue below which another is rounding."""


def joined(source: Array, target: Array, unit: bool) -> Array:
    """Both samples as one ``(n + m, d)``, each row of length one where ``unit``."""
    points = np.concatenate((source, target))
    return normalize(points) if unit else points


def kernel_of(x: Array, y: Array, kernel: str, gamma: float | None) -> Array:
    """Kernel values ``(n, m)``; ``gamma=None`` is one over the number of features."""
    own = {} if kernel == "linear" else {"gamma": gamma}
    return pairwise_kernels(x, y, metric=kernel, **own)


def kernel_features(points: Array, kernel: str, gamma: float | None) -> Array:
    """``phi (N, r)`` with ``phi @ phi.T`` the kernel over the points; as they are for a linear."""
    if kernel == "linear":
        return points
    values, axes = np.linalg.eigh(kernel_of(points, points, kernel, gamma))
    kept = values > NEGLIGIBLE * values[-1]
    return axes[:, kept] * np.sqrt(values[kept])


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
        ours, theirs = np.equal(y, c).astype(float), np.equal(guess, c).astype(float)
        columns.append(np.concatenate((ours / max(ours.sum(), 1), -theirs / max(theirs.sum(), 1))))
    return np.stack(columns, 1)


def normed(gap: Array) -> Array:
    """``E`` scaled so that ``E @ E.T`` has Frobenius norm one, as in JDA's published code."""
    return gap / np.sqrt(np.linalg.norm(gap.T @ gap))


def variance(phi: Array) -> Array:
    """``F (N, r)`` with ``F @ F.T`` equal to :math:`K H K`.

    Raises:
        ValueError: The points coincide.
    """
    _, spread, turn = np.linalg.svd(phi - phi.mean(0), full_matrices=False)
    if not spread[0] > NEGLIGIBLE:
        raise ValueError(
            f"nothing varies, so there is no component to keep (n_features={phi.shape[1]}); where "
            "samples are scaled to length one, say unit=False"
        )
    return phi @ (turn.T * spread)


def components(phi: Array, f: Array, gap: Array, penalty: Array, count: int) -> Array:
    r"""The leading ``count`` solutions, columns of ``(N, k)`` with :math:`a'(KMK + D)a = 1`.

    Fewer where the others carry no variance. With :math:`K H K = F F'` the problem is that of
    :math:`F'(KMK + D)^{-1}F`, as wide as the features alone; the inverse is Woodbury's.

    Args:
        phi: Features of the kernel, ``(N, r)``.
        f: Its :func:`variance`, ``(N, r)``.
        gap: :math:`E`, ``(N, c)``.
        penalty: Diagonal of :math:`D`, ``(N,)``, positive.
        count: ``k``, at least 1.
    """
    v = phi @ (phi.T @ gap)
    scaled_f, scaled_v = f / penalty[:, None], v / penalty[:, None]
    mixed = np.linalg.solve(np.eye(v.shape[1]) + v.T @ scaled_v, v.T @ scaled_f)
    inner = f.T @ scaled_f - (f.T @ scaled_v) @ mixed
    size = len(inner)
    values, axes = eigh(inner, subset_by_index=(max(size - count, 0), size - 1))
    kept = values > NEGLIGIBLE * values[-1]
    axes = (axes[:, kept] / np.sqrt(values[kept]))[:, ::-1]
    return scaled_f @ axes - scaled_v @ (mixed @ axes)


def projected(phi: Array, weights: Array, unit: bool) -> Array:
    """The points themselves in the common space, ``(N, k)``."""
    z = phi @ (phi.T @ weights)
    return normalize(z) if unit else z


def compact(points: Array, weights: Array, kernel: str) -> tuple[Array, Array]:
    """Points and weights that place a sample as ``kernel(x, points) @ weights``.

    A linear kernel needs ``k`` points, not ``N``.
    """
    if kernel == "linear":
        return weights.T @ points, np.eye(weights.shape[1])
    return points, weights


def placed(x: Array, points: Array, weights: Array, kernel: str, gamma: float | None,
           unit: bool) -> Array:  # fmt: skip
    """New samples in the common space, ``(n, k)``."""
    z = kernel_of(normalize(x) if unit else x, points, kernel, gamma) @ weights
    return normalize(z) if unit else z
