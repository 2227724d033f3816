"""Density ratios as the quotient of two estimated densities: Gaussian, or of kernels."""

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .kernels import squared_distance

CHUNK = 2**22
"""Distances held at once: 32 MiB in float64."""


@widened
@torch.no_grad()
def gaussian(source: Tensor, target: Tensor, ridge: float = 1e-3) -> Tensor:
    r"""The quotient of two normal densities, each fitted by mean and covariance.

    .. math:: w(x) = N(x;\, \bar x_t, \hat\Sigma_t + \lambda \hat s^2 I) \big/
                     N(x;\, \bar x_s, \hat\Sigma_s + \lambda \hat s^2 I)

    divided by its mean, with :math:`\hat s^2` the mean variance of both. Shimodaira, "Improving
    predictive inference under covariate shift by weighting the log-likelihood function", Journal of
    Statistical Planning and Inference 2000, equation 2.5, there of one variable and with known
    moments. Right where both domains are normal; elsewhere the squares in its exponent reach far,
    and few samples carry all weight.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        ridge: :math:`\lambda`, positive, without a unit.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples on a side or
            ``ridge`` is not positive.
    """
    check_fit(source, target, least=2)
    check_positive("ridge", ridge)
    x, y = source.double(), target.double()
    spread = (x.var(0, correction=0).mean() + y.var(0, correction=0).mean()) / 2
    floor = ridge * torch.where(spread > 0, spread, 1.0)
    log_ratio = _log_normal(x, y, floor) - _log_normal(x, x, floor)
    return (len(x) * torch.softmax(log_ratio, 0)).to(source.dtype)


def _log_normal(x: Tensor, sample: Tensor, floor: Tensor) -> Tensor:
    """Log density at ``x`` of the normal fitted to ``sample``, up to one constant."""
    mean, d = sample.mean(0), sample.shape[1]
    covariance = (sample - mean).T @ (sample - mean) / len(sample)
    factor = torch.linalg.cholesky(covariance + floor * torch.eye(d).to(x))
    white = torch.linalg.solve_triangular(factor, (x - mean).T, upper=False)
    return -white.square().sum(0) / 2


@widened
@torch.no_grad()
def kde(source: Tensor, target: Tensor, bandwidth: float | None = None) -> Tensor:
    r"""The quotient of two kernel density estimates.

    .. math:: w(x) = \frac{\frac1m \sum_j \exp(-\|x - x'_j\|^2 / 2\sigma_t^2) / \sigma_t^d}
                          {\frac1n \sum_i \exp(-\|x - x_i\|^2 / 2\sigma_s^2) / \sigma_s^d}

    divided by its mean: the two-step estimate that direct ratios are set against (Sugiyama et al.,
    AISM 2008). Both densities are hard to estimate in many dimensions.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: :math:`\sigma` of both, in units of the features, positive; None is Scott's rule
            for each, :math:`\hat s\,n^{-1/(d+4)}`, with :math:`\hat s` the root of its features'
            mean variance (Scott, "Multivariate density estimation", 1992).

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples on a side or
            ``bandwidth`` is not positive.
    """
    check_fit(source, target, least=2)
    if bandwidth is not None:
        check_positive("bandwidth", bandwidth)
    x, y = source.double(), target.double()
    log_ratio = _log_density(x, y, bandwidth) - _log_density(x, x, bandwidth)
    return (len(x) * torch.softmax(log_ratio, 0)).to(source.dtype)


def _log_density(x: Tensor, sample: Tensor, bandwidth: float | None) -> Tensor:
    """Log of the kernel density estimate of ``sample`` at ``x``, up to one constant."""
    count, d = sample.shape
    if bandwidth is None:
        spread = float(sample.var(0, correction=0).mean().sqrt())
        bandwidth = (spread or 1.0) * count ** (-1 / (d + 4))
    # Written in place: small results kept between the large ones would hold their memory.
    rows, result = max(1, CHUNK // count), x.new_empty(len(x))
    for part, out in zip(x.split(rows), result.split(rows), strict=True):
        out.copy_((squared_distance(part, sample) * (-0.5 / bandwidth**2)).logsumexp(1))
    return result
