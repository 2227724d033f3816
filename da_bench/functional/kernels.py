"""Kernels between two samples, ``(n, d), (m, d) -> (n, m)``, and the median rule for their width.

All take ``(x, y, bandwidth)``, so that one can stand where another does.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import torch
from torch import Tensor

from ._check import check_pair
from ._precision import widened

Bandwidth = float | Tensor | Literal["median"]
"""Bandwidth of a kernel, in units of the features, above 0; ``"median"`` is the median rule."""

Kernel = Callable[[Tensor, Tensor, Bandwidth], Tensor]

MEDIAN_POINTS = 1000
"""Points that the median rule looks at; more are thinned evenly."""


@widened
def squared_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""Squared Euclidean distances :math:`\|x_i - y_j\|^2`, never negative.

    As :math:`\|x\|^2 + \|y\|^2 - 2 x \cdot y`, whose gradient is finite where points coincide. Both
    samples are moved by one vector first, so that in float32 distances far from the origin keep
    their digits.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.

    Returns:
        Shape ``(n, m)``, in squared units of the features.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width.
    """
    check_pair(x, y)
    centre = y.detach().mean(0)
    is_same, y = x is y, y - centre
    x = y if is_same else x - centre
    norms = y.square().sum(1)
    x_norms = norms if is_same else x.square().sum(1)
    return (x_norms[:, None] + norms).addmm(x, y.T, alpha=-2).clamp_min(0)


@widened
def median_distance(x: Tensor, y: Tensor) -> Tensor:
    """Median rule: the median distance between points of the pooled sample, without gradient.

    Beyond 1000 pooled points, 1000 at even steps through their order are looked at, the same each
    time. Where over half of the pairs coincide the median is zero and the mean stands in; where
    all do, one. Gretton et al., "A kernel two-sample test", JMLR 2012, section 8.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``; ``x`` itself for the median of one sample.

    Returns:
        Scalar, in units of the features, positive.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width.
    """
    check_pair(x, y)
    pooled_samples = (x if x is y else torch.cat((x, y))).detach()
    pooled_samples = pooled_samples[_evenly(pooled_samples)]
    return _median(squared_distance(pooled_samples, pooled_samples))


@widened
def rbf(x: Tensor, y: Tensor, bandwidth: Bandwidth = "median") -> Tensor:
    r"""Gaussian kernel :math:`\exp(-\|x - y\|^2 / 2 b^2)`.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        bandwidth: :math:`b`; ``"median"`` is ``median_distance(x, y)``.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``[0, 1]``.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width.
    """
    squared_distances, width = _distances(x, y, bandwidth)
    return torch.exp(squared_distances * (-0.5 / width**2))


@widened
def multi_rbf(
    x: Tensor,
    y: Tensor,
    bandwidth: Bandwidth = "median",
    factors: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
) -> Tensor:
    r"""Mean of Gaussian kernels :math:`\frac1K \sum_k \exp(-\|x - y\|^2 / 2 f_k b^2)`.

    DAN's family (Long et al., ICML 2015, section 4.1): variances around the median rule's, in
    powers of two. The authors' code sums; the mean here keeps the kernel in ``[0, 1]``.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        bandwidth: :math:`b`; ``"median"`` is ``median_distance(x, y)``.
        factors: :math:`f_k`, of the variance :math:`b^2`.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``[0, 1]``.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width, or no factor is given.
    """
    if not factors:
        raise ValueError("factors is empty; give at least one, e.g. (1.0,)")
    squared_distances, width = _distances(x, y, bandwidth)
    exponent = squared_distances * (-0.5 / width**2)
    gram = torch.exp(exponent / factors[0])
    for factor in factors[1:]:
        gram = gram + torch.exp(exponent / factor)
    return gram / len(factors)


@widened
def inverse_multiquadric(x: Tensor, y: Tensor, bandwidth: Bandwidth = "median") -> Tensor:
    r"""Inverse multiquadric kernel :math:`b^2 / (b^2 + \|x - y\|^2)`, heavy-tailed.

    Tolstikhin et al., "Wasserstein auto-encoders", ICLR 2018, section 4, with :math:`C = b^2`.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        bandwidth: :math:`b`; ``"median"`` is ``median_distance(x, y)``.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``(0, 1]``.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width.
    """
    squared_distances, width = _distances(x, y, bandwidth)
    return 1 / (1 + squared_distances / width**2)


@widened
def linear_kernel(x: Tensor, y: Tensor, bandwidth: Bandwidth = "median") -> Tensor:
    r"""Inner products :math:`x_i \cdot y_j`; a discrepancy of it compares means only.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        bandwidth: Not used; there so that this can stand where the other kernels do.

    Returns:
        Gram matrix, shape ``(n, m)``, in squared units of the features.

    Raises:
        ValueError: The samples are not two-dimensional or differ in width.
    """
    check_pair(x, y)
    return x @ y.T


def _distances(x: Tensor, y: Tensor, bandwidth: Bandwidth) -> tuple[Tensor, float | Tensor]:
    """Squared distances and the bandwidth, read off the same matrix where ``x is y``."""
    squared_distances = squared_distance(x, y)
    if not isinstance(bandwidth, str):
        return squared_distances, bandwidth
    if bandwidth != "median":
        raise ValueError(f"bandwidth must be a positive number or 'median', got {bandwidth!r}")
    if x is not y:
        return squared_distances, median_distance(x, y)
    rows = _evenly(x)
    return squared_distances, _median(squared_distances.detach()[rows][:, rows])


def _median(squared: Tensor) -> Tensor:
    """Lower median of the distances between n points, from their symmetric ``(n, n)`` squares.

    Sorted, the matrix is the n zeros of its diagonal and then each pair twice: the rank skips the
    zeros, where a mask would give shapes that depend on values and fail under ``vmap``.
    """
    n = len(squared)
    if n < 2:
        return torch.ones_like(squared[0, 0])
    # The diagonal is zero but for rounding, which must not sort behind small distances. So are
    # points that coincide, or not, as the processor's product rounds: by the two points' own
    # squared lengths about the centre, or one far point would make the others coincide.
    lengths = (squared.mean(1) - squared.mean() / 2).clamp_min(0)
    rounding = 8 * torch.finfo(squared.dtype).eps * (lengths[:, None] + lengths)
    is_zero = (squared <= rounding) | torch.eye(n, dtype=torch.bool, device=squared.device)
    distances = torch.where(is_zero, 0, squared).sqrt()
    rank = n + (n * (n - 1) + 1) // 2
    median = distances.flatten().kthvalue(rank).values
    mean = distances.sum() / (n * (n - 1))
    fallback = torch.where(mean > 0, mean, torch.ones_like(mean))
    positive = torch.where(median > 0, median, fallback)
    return torch.where(mean.isfinite(), positive, mean)  # NaN in, NaN out


def _evenly(x: Tensor) -> Tensor | slice:
    """Indices of at most ``MEDIAN_POINTS`` rows of ``x``, at even steps."""
    if len(x) <= MEDIAN_POINTS:
        return slice(None)
    return torch.arange(MEDIAN_POINTS, device=x.device) * len(x) // MEDIAN_POINTS
