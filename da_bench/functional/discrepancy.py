"""Discrepancies between two samples: ``(n, d), (m, d) -> scalar``, differentiable."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor

from .kernels import multi_rbf

Kernel = Callable[[Tensor, Tensor], Tensor]


def mmd2(
    x: Tensor,
    y: Tensor,
    kernel: Kernel = multi_rbf,
    estimator: Literal["biased", "unbiased", "linear", "block"] = "biased",
    block: int = 32,
) -> Tensor:
    r"""Squared maximum mean discrepancy.

    .. math:: \mathrm{MMD}^2 = \mathbb{E}\,k(x, x') + \mathbb{E}\,k(y, y') - 2\,\mathbb{E}\,k(x, y)

    The kernel is called once on the pooled sample, so both share one bandwidth; the default is the
    mean of five Gaussians around the median rule.

    Estimators: ``biased`` is the V-statistic (Gretton et al., JMLR 2012, Eq. 5), at least 0 for a
    positive definite kernel; ``unbiased`` the U-statistic (Eq. 3), which leaves out the diagonals
    and can be negative; ``linear`` averages over disjoint pairs (section 6, Lemma 14); ``block``
    averages the unbiased estimate over blocks (Zaremba et al., "B-tests", NeurIPS 2013, Eq. 4). The last
    two pair ``x`` with ``y`` and leave out what the shorter sample does not reach.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        kernel: Maps ``(n, d), (m, d)`` to a Gram matrix ``(n, m)``.
        estimator: Which of the four.
        block: Samples a block holds, at least 2.

    Returns:
        Scalar.

    Raises:
        ValueError: Widths differ, or a sample is too small for the estimator.
    """
    check_widths(x, y)
    n, m = len(x), len(y)
    if estimator != "biased" and min(n, m) < 2:
        raise ValueError(f"mmd2({estimator!r}) needs two samples of each side; got {n} and {m}")
    if estimator == "linear":
        return _blocks(x, y, kernel, 2)
    if estimator == "block":
        return _blocks(x, y, kernel, min(block, n, m))
    gram = kernel(*(torch.cat((x, y)),) * 2)
    xx, yy, xy = gram[:n, :n], gram[n:, n:], gram[:n, n:]
    if estimator == "biased":
        return xx.mean() + yy.mean() - 2 * xy.mean()
    within = _off_diagonal_mean(xx) + _off_diagonal_mean(yy)
    return within - 2 * xy.mean()


def _off_diagonal_mean(gram: Tensor) -> Tensor:
    n = gram.shape[-1]
    diagonal = gram.diagonal(dim1=-2, dim2=-1).sum(-1)
    return (gram.sum((-2, -1)) - diagonal) / (n * (n - 1))


def _blocks(x: Tensor, y: Tensor, kernel: Kernel, size: int) -> Tensor:
    """Mean over blocks of the U-statistic that leaves out every diagonal (Gretton's Eq. 4)."""
    if size < 2:
        raise ValueError(f"block={size}: a block holds at least 2 samples of each side")
    count = min(len(x), len(y)) // size
    total = x.new_zeros(())
    for part in range(count):
        rows = slice(part * size, (part + 1) * size)
        gram = kernel(*(torch.cat((x[rows], y[rows])),) * 2)
        cross = _off_diagonal_mean(gram[:size, size:])
        total = total + _off_diagonal_mean(gram[:size, :size]) + _off_diagonal_mean(gram[size:, size:]) - 2 * cross
    return total / count


def coral(x: Tensor, y: Tensor) -> Tensor:
    r"""Deep CORAL's loss :math:`\frac{1}{4 d^2} \|C_x - C_y\|_F^2`, at least 0.

    :math:`C` is the covariance: mean removed, divided by :math:`n - 1`. Sun and Saenko,
    "Deep CORAL", ECCV workshops 2016, Eq. 1 to 3.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.

    Returns:
        Scalar.

    Raises:
        ValueError: Widths differ, or a sample holds fewer than two points.
    """
    check_widths(x, y)
    if min(len(x), len(y)) < 2:
        raise ValueError(f"coral needs two samples of each side for a covariance; got {len(x)} and {len(y)}")
    return (covariance(x) - covariance(y)).square().sum() / (4 * x.shape[1] ** 2)


def covariance(x: Tensor) -> Tensor:
    """Unbiased covariance ``(d, d)`` of a sample ``(n, d)``."""
    centred = x - x.mean(0)
    return centred.T @ centred / (len(x) - 1)


def cmd(x: Tensor, y: Tensor, moments: int = 5, span: float = 1.0) -> Tensor:
    r"""Central moment discrepancy, at least 0.

    .. math:: \frac{1}{|b-a|} \|\bar x - \bar y\|
              + \sum_{k=2}^{K} \frac{1}{|b-a|^k} \|c_k(x) - c_k(y)\|

    with :math:`c_k` the vector of central moments. Zellinger et al., "Central moment discrepancy",
    ICLR 2017, Definition 2 and Eq. 4.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        moments: :math:`K`, at least 1.
        span: :math:`|b - a|`, the width of the activation's range: 1 for a sigmoid, 2 for tanh.

    Returns:
        Scalar.

    Raises:
        ValueError: Widths differ.
    """
    check_widths(x, y)
    mean_x, mean_y = x.mean(0), y.mean(0)
    total = _norm(mean_x - mean_y) / span
    x, y = x - mean_x, y - mean_y
    for k in range(2, moments + 1):
        total = total + _norm((x**k).mean(0) - (y**k).mean(0)) / span**k
    return total


def _norm(x: Tensor) -> Tensor:
    """Euclidean norm whose gradient at zero is zero, not NaN."""
    squared = x.square().sum()
    positive = squared > 0
    return torch.where(positive, torch.where(positive, squared, 1).sqrt(), squared)


def check_widths(x: Tensor, y: Tensor) -> None:
    """Raises ValueError unless both are samples ``(n, d), (m, d)`` of one width."""
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1]:
        raise ValueError(
            f"expected samples (n, d) and (m, d) of one width, got {tuple(x.shape)} and "
            f"{tuple(y.shape)}; flatten them, or map both to one width"
        )
