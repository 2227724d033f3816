"""KLIEP: the density ratio of largest target likelihood, found to a stated tolerance."""

import math
from typing import Literal

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .kernels import median_distance, squared_distance

FOLDS = 5
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the median distance that ``bandwidth="cv"`` chooses from."""


@widened
@torch.no_grad()
def kliep(
    source: Tensor,
    target: Tensor,
    bandwidth: float | Tensor | Literal["median", "cv"] = "median",
    centres: int = 100,
    tolerance: float = 1e-8,
    seed: int = 0,
) -> Tensor:
    r"""Kullback-Leibler importance estimation.

    .. math:: w(x) = \sum_l \alpha_l \exp(-\|x - c_l\|^2 / 2\sigma^2), \quad
        \max_{\alpha \ge 0}\ \frac1m\sum_j \log w(x'_j)
        \quad \text{where}\quad \frac1n\sum_i w(x_i) = 1

    The centres are target samples. Sugiyama et al., NIPS 2007, figure 1a, and AISM 60, 2008; stated
    again as algorithm 1 of Kawahara and Sugiyama, "Sequential change-point detection based on
    direct density-ratio estimation", Statistical Analysis and Data Mining 2012. They climb by
    gradient steps, where an interior-point method finds the same maximum here.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: :math:`\sigma`, in units of the features; ``"median"`` is the median distance
            of the pooled sample; ``"cv"`` the multiple of it, of 1/4, 1/2, 1, 2 and 4, with the
            largest held-out likelihood over five folds of the target.
        centres: Kernels at most, on randomly chosen target samples.
        tolerance: The mean log-likelihood is within this many nats of its maximum.
        seed: Seed of the choice of centres and folds; the global generator is not touched.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples on a side (five
            to cross-validate on), or a number is out of range.
        RuntimeError: The maximisation did not converge.
    """
    check_fit(
        source, target, least=FOLDS if isinstance(bandwidth, str) and bandwidth == "cv" else 2
    )
    check_positive("tolerance", tolerance)
    target = shuffled(target, seed)
    if isinstance(bandwidth, str):
        if bandwidth not in ("median", "cv"):
            raise ValueError(f'bandwidth must be a number, "median" or "cv", got {bandwidth!r}')
        width = float(median_distance(source, target))
        if bandwidth == "cv":
            widths = [scale * width for scale in SCALES]
            width = max(widths, key=lambda w: _held_out(source, target, w, centres, tolerance))
    else:
        width = float(bandwidth)
    check_positive("bandwidth", width)
    places, log_coefficients = _fit(source, target, width, centres, tolerance)
    weights = (_log_kernel(source, places, width) + log_coefficients).exp_().sum(1)
    return (weights / weights.mean()).to(source.dtype)


def _held_out(
    source: Tensor, target: Tensor, width: float, centres: int, tolerance: float
) -> float:
    """Mean log-likelihood of target samples that the fit has not seen."""
    fold, total = torch.arange(len(target), device=target.device) % FOLDS, 0.0
    for k in range(FOLDS):
        places, log_coefficients = _fit(source, target[fold != k], width, centres, tolerance)
        logs = _log_kernel(target[fold == k], places, width) + log_coefficients
        total += float(logs.logsumexp(1).sum())
    return total / len(target)


def _fit(
    source: Tensor, target: Tensor, width: float, centres: int, tolerance: float
) -> tuple[Tensor, Tensor]:
    """Centres ``(b, d)`` and the logarithms of their coefficients ``(b,)``.

    With ``g = alpha * b``, ``b`` the kernels' source means, the constraint is the simplex: the
    problem is that of mixing proportions. Kernels are kept as logarithms until each row is
    divided by its largest entry, which changes nothing but lets narrow kernels not underflow.
    """
    places = first(target, centres)
    log_means = _log_kernel(source, places, width).logsumexp(0) - math.log(len(source))
    design = _log_kernel(target, places, width).sub_(log_means)
    design = design.sub_(design.amax(1, keepdim=True)).exp_()
    return places, mixing_proportions(design, tolerance).log() - log_means


def mixing_proportions(design: Tensor, tolerance: float = 1e-8, max_iter: int = 200) -> Tensor:
    r"""Maximises :math:`\frac1m\sum_j \log (A g)_j` over the simplex :math:`g \ge 0, 1'g = 1`.

    A primal-dual interior-point Newton method. It ends when :math:`\max_l \frac1m\sum_j
    A_{jl} / (Ag)_j - 1`, which bounds the distance to the maximum (Lindsay, Annals of Statistics
    1983), is at most ``tolerance``.

    Args:
        design: :math:`A`, non-negative, no row zero, shape ``(m, b)``, float64.
        tolerance: In nats.
        max_iter: Newton steps.

    Returns:
        The proportions :math:`g`, positive, shape ``(b,)``.

    Raises:
        RuntimeError: Not converged in ``max_iter`` steps.
    """
    m, count = design.shape
    g = design.new_full((count,), 1 / count)
    dual = torch.ones_like(g)
    for _ in range(max_iter):
        # 1'g - mean log(A g) has the same optimum, and there the sum is one of itself.
        fitted_density = design @ g
        score = (1 / fitted_density) @ design / m
        bound = float(score.max() * g.sum() - 1)
        if bound <= tolerance:
            return g / g.sum()
        scaled_design = design / fitted_density[:, None]
        hessian = scaled_design.T @ scaled_design / m
        mu = 0.1 * float(g @ dual) / count
        system = hessian + torch.diag(dual / g)
        step = torch.linalg.solve(system, score - 1 + mu / g)
        dual_step = (mu - dual * step) / g - dual
        longest = torch.cat((-g / step.clamp_max(-1e-300), -dual / dual_step.clamp_max(-1e-300)))
        length = min(1.0, 0.99 * float(longest.min()))
        g, dual = g + length * step, dual + length * dual_step
    raise RuntimeError(
        f"KLIEP did not converge in {max_iter} steps: the likelihood may be {bound:.1e} nats below "
        f"its maximum, wanted {tolerance:.0e}; widen the bandwidth or relax the tolerance"
    )


def shuffled(x: Tensor, seed: int) -> Tensor:
    """The rows of ``x`` in an order that depends on ``seed`` alone, so that any part is random."""
    return x[torch.randperm(len(x), generator=torch.Generator().manual_seed(seed)).to(x.device)]


def first(x: Tensor, count: int) -> Tensor:
    """At most the first ``count`` rows of ``x``.

    Raises:
        ValueError: ``count`` is below 1.
    """
    if count < 1:
        raise ValueError(f"centres must be at least 1, got {count}")
    return x[:count]


def _log_kernel(x: Tensor, places: Tensor, width: float) -> Tensor:
    """Logarithm of the Gaussian kernels, ``(n, b)`` in float64; converted a piece at a time."""
    parts = [squared_distance(part.double(), places.double()) for part in x.split(2**15)]
    return torch.cat(parts).mul_(-0.5 / width**2)
