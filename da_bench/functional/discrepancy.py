"""Discrepancies between two samples: ``(n, d), (m, d) -> scalar``, differentiable."""

from typing import Literal

import torch
from torch import Tensor

from ._check import check_pair
from ._precision import widened
from .kernels import Bandwidth, Kernel, median_distance, multi_rbf


@widened
def mmd2(
    x: Tensor,
    y: Tensor,
    kernel: Kernel = multi_rbf,
    bandwidth: Bandwidth = "median",
    estimator: Literal["biased", "unbiased", "linear", "block"] = "biased",
    block: int = 32,
) -> Tensor:
    r"""Squared maximum mean discrepancy.

    .. math:: \mathrm{MMD}^2 = \mathbb{E}\,k(x, x') + \mathbb{E}\,k(y, y') - 2\,\mathbb{E}\,k(x, y)

    By default: the biased estimator, the mean of five Gaussian kernels, and the median distance of
    the pooled sample as the bandwidth of every term.

    Estimators: ``biased`` is the V-statistic (Gretton et al., JMLR 2012, equation 5), at least 0
    for a positive definite kernel and 0 at equality; ``unbiased`` leaves out the diagonals within
    each sample (equation 3) and can be negative; ``linear`` averages over disjoint pairs (Lemma
    14); ``block`` averages over blocks (Zaremba et al., "B-tests", NIPS 2013, equation 4). The
    last two pair ``x`` with ``y``, are unbiased too, and leave out a last, incomplete block.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        kernel: Maps ``(n, d), (m, d), bandwidth`` to a Gram matrix ``(n, m)``.
        bandwidth: Bandwidth of the kernel; ``"median"`` is ``median_distance(x, y)``, without
            gradient.
        estimator: Which of the four.
        block: Samples of each side that a block holds, for ``block``; at least 2.

    Returns:
        Scalar; in ``[0, 2]`` for the biased estimator and kernels in ``[0, 1]``.

    Raises:
        ValueError: Widths differ, an unknown estimator, fewer samples than it needs (one; two if
            unbiased; a block), or, for the two that pair samples, unequal sizes.
    """
    if estimator in ("linear", "block"):
        return _block_mmd2(x, y, kernel, bandwidth, 2 if estimator == "linear" else block)
    if estimator not in ("biased", "unbiased"):
        raise ValueError(
            f"estimator must be 'biased', 'unbiased', 'linear' or 'block', got {estimator!r}"
        )
    mean = _off_diagonal_mean if estimator == "unbiased" else torch.mean
    check_pair(x, y, least=2 if estimator == "unbiased" else 1)
    pooled_samples = torch.cat((x, y))
    gram = kernel(
        pooled_samples, pooled_samples, bandwidth
    )  # one call: both samples share one bandwidth
    sizes = [len(x), len(y)]
    (xx, xy), (_, yy) = (rows.split(sizes, 1) for rows in gram.split(sizes))
    return mean(xx) + mean(yy) - 2 * xy.mean()


def _block_mmd2(x: Tensor, y: Tensor, kernel: Kernel, bandwidth: Bandwidth, block: int) -> Tensor:
    """Mean over blocks of the U-statistic that leaves out every diagonal (Gretton's equation 4)."""
    if block < 2:
        raise ValueError(f"block must be at least 2 samples of each side, got {block}")
    check_pair(x, y, least=block)
    if len(x) != len(y):
        raise ValueError(
            f"estimators 'linear' and 'block' pair the samples, but there are {len(x)} and "
            f"{len(y)}; cut both to one length, or use 'unbiased'"
        )
    width = median_distance(x, y) if isinstance(bandwidth, str) else bandwidth
    count = len(x) // block

    def statistic(a: Tensor, b: Tensor) -> Tensor:
        h = kernel(a, a, width) + kernel(b, b, width) - 2 * kernel(a, b, width)
        return _off_diagonal_mean(h)

    blocks = (z[: count * block].unflatten(0, (count, block)) for z in (x, y))
    return torch.func.vmap(statistic)(*blocks).mean()


def _off_diagonal_mean(gram: Tensor) -> Tensor:
    n = len(gram)
    return (gram.sum() - gram.diagonal().sum()) / (n * (n - 1))


@widened
def coral(x: Tensor, y: Tensor) -> Tensor:
    r"""Deep CORAL's loss :math:`\frac{1}{4 d^2} \|C_x - C_y\|_F^2`, at least 0.

    :math:`C` is the covariance: mean removed, divided by :math:`n - 1`. Sun and Saenko,
    "Deep CORAL", ECCV workshops 2016, equations 1 to 3.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.

    Returns:
        Scalar, in fourth powers of the features' units.

    Raises:
        ValueError: Widths differ, or a sample has fewer than two rows and so no covariance.
    """
    check_pair(x, y, least=2)
    return (_covariance(x) - _covariance(y)).square().sum() / (4 * x.shape[1] ** 2)


def _covariance(x: Tensor) -> Tensor:
    centred_x = x - x.mean(0)
    return centred_x.T @ centred_x / (len(x) - 1)


@widened
def cmd(x: Tensor, y: Tensor, moments: int = 5, low: float = 0.0, high: float = 1.0) -> Tensor:
    r"""Central moment discrepancy, at least 0.

    .. math:: \frac{1}{|b-a|} \|\bar x - \bar y\|
              + \sum_{k=2}^{K} \frac{1}{|b-a|^k} \|c_k(x) - c_k(y)\|

    with :math:`c_k` the vector of central moments, one a feature. Zellinger et al., "Central moment
    discrepancy", ICLR 2017, definition 2 and equation 6.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        moments: :math:`K`, at least 1; 5 in the paper.
        low: Smallest value a feature takes, :math:`a`: 0 for a sigmoid, -1 for tanh.
        high: Largest value a feature takes, :math:`b`. Features may lie outside, but the high
            moments then dominate.

    Returns:
        Scalar, without a unit.

    Raises:
        ValueError: Widths differ, ``moments`` is below 1 or ``low`` is not below ``high``.
    """
    check_pair(x, y)
    if moments < 1 or not low < high:
        raise ValueError(
            f"needs moments >= 1 and low < high, got moments={moments}, low={low}, high={high}"
        )
    # Dividing the features once, and not each moment by a power, keeps large ranges finite.
    x, y = x / (high - low), y / (high - low)
    mean_x, mean_y = x.mean(0), y.mean(0)
    total = _norm(mean_x - mean_y)
    x, y = x - mean_x, y - mean_y
    # Powers are of values divided by their largest, a power of two, so that only a moment that the
    # type can't hold overflows, and to infinity, not to NaN.
    with torch.no_grad():
        largest_value = torch.maximum(x.abs().amax(), y.abs().amax()).clamp_min(1)
        size = torch.exp2(largest_value.log2().ceil())
    x, y = x / size, y / size
    x_power, y_power = x, y
    for k in range(2, moments + 1):
        x_power, y_power = x_power * x, y_power * y
        moment = _norm(x_power.mean(0) - y_power.mean(0))
        for _ in range(k):
            moment = moment * size
        total = total + moment
    return total


def _norm(x: Tensor) -> Tensor:
    """Euclidean norm whose gradient at zero is zero, not NaN, and whose squares cannot overflow."""
    largest_value = x.detach().abs().amax()
    squared_norm = (x / torch.where(largest_value > 0, largest_value, 1)).square().sum()
    positive = squared_norm > 0
    return largest_value * torch.where(
        positive, torch.where(positive, squared_norm, 1).sqrt(), squared_norm
    )
