"""Kernels between two samples: ``(n, d), (m, d) -> (n, m)``."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

Bandwidth = float | Tensor | Literal["median"]
"""Of a kernel, in units of the features; ``"median"`` is the median rule."""

MEDIAN_SAMPLE = 1000
"""Points that the median rule looks at; more are thinned evenly, which costs it about 1 %."""


def squared_distance(x: Tensor, y: Tensor) -> Tensor:
    r"""Squared Euclidean distances :math:`\|x_i - y_j\|^2`, ``(n, m)``, at least 0.

    One matrix product, after the joint mean is taken off both: without that, float32 loses the
    distances of samples that lie far from the origin. Its gradient is finite where points coincide.
    """
    centre = torch.cat((x, y)).mean(0).detach()
    x, y = x - centre, y - centre
    squared = x.square().sum(1)[:, None] + y.square().sum(1)[None] - 2 * x @ y.T
    return squared.clamp_min(0)


def median_distance(x: Tensor, y: Tensor) -> Tensor:
    """The median rule: median distance between distinct points of the pooled sample, no gradient.

    Beyond 1,000 pooled points an evenly spaced 1,000 of them are looked at. Constant samples give
    a tiny positive number, so that a kernel of it stays finite.

    Gretton et al., "A kernel two-sample test", JMLR 2012, section 8.
    """
    pooled = torch.cat((x, y)).detach()
    n = len(pooled)
    if n > MEDIAN_SAMPLE:
        pooled = pooled[torch.arange(MEDIAN_SAMPLE, device=pooled.device) * n // MEDIAN_SAMPLE]
        n = MEDIAN_SAMPLE
    if n < 2:
        return pooled.new_ones(())
    # Of the n^2 entries n are zeros of the diagonal: skip them in the rank, not by a mask (vmap).
    rank = n + (n * (n - 1) + 1) // 2
    squared = squared_distance(pooled, pooled)
    return squared.flatten().kthvalue(rank).values.clamp_min(1e-12).sqrt()


def rbf(x: Tensor, y: Tensor, bandwidth: Bandwidth = "median") -> Tensor:
    r"""Gaussian kernel :math:`\exp(-\|x - y\|^2 / 2 b^2)`.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        bandwidth: :math:`b`, above 0; ``"median"`` is the median rule.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``(0, 1]``.
    """
    return multi_rbf(x, y, (1.0,), bandwidth)


def multi_rbf(
    x: Tensor,
    y: Tensor,
    factors: Sequence[float] = (0.25, 0.5, 1.0, 2.0, 4.0),
    bandwidth: Bandwidth = "median",
) -> Tensor:
    r"""Mean of Gaussian kernels :math:`\frac1K \sum_k \exp(-\|x - y\|^2 / 2 f_k b^2)`.

    DAN's family (Long et al., ICML 2015, section 4.1): variances around the median rule's, in
    powers of two; the authors sum, here the mean keeps the kernel in ``(0, 1]``.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        factors: :math:`f_k`, of the variance :math:`b^2`.
        bandwidth: :math:`b`, above 0; ``"median"`` is the median rule.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``(0, 1]``.
    """
    if isinstance(bandwidth, str):
        bandwidth = median_distance(x, y)
    scaled = squared_distance(x, y) * (-0.5 / bandwidth**2)
    return sum((torch.exp(scaled / factor) for factor in factors), start=0.0) / len(factors)  # type: ignore[return-value]


def inverse_multiquadric(x: Tensor, y: Tensor, scale: float | Tensor | None = None) -> Tensor:
    r"""Inverse multiquadric kernel :math:`c / (c + \|x - y\|^2)`, heavier-tailed than the Gaussian.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        scale: :math:`c`, above 0; None takes the squared median distance.

    Returns:
        Gram matrix, shape ``(n, m)``, in ``(0, 1]``.
    """
    if scale is None:
        scale = median_distance(x, y).square()
    return scale / (scale + squared_distance(x, y))


def linear_kernel(x: Tensor, y: Tensor) -> Tensor:
    r"""Linear kernel :math:`x^\top y`: a discrepancy of means."""
    return x @ y.T
