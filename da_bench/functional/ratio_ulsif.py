"""uLSIF and RuLSIF: density ratios by least squares, in closed form with their selection."""

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .kernels import median_distance, squared_distance
from .ratio_kliep import first, shuffled

FOLDS = 5
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Multiples of the median distance to choose the bandwidth from."""
RIDGES = (1e-3, 1e-2, 1e-1, 1.0, 10.0)


@widened
@torch.no_grad()
def ulsif(
    source: Tensor,
    target: Tensor,
    bandwidth: float | None = None,
    ridge: float | None = None,
    centres: int = 100,
    seed: int = 0,
) -> Tensor:
    r"""Unconstrained least-squares importance fitting.

    .. math:: w(x) = \sum_l \alpha_l \exp(-\|x - c_l\|^2 / 2\sigma^2), \quad
        \alpha = \max\big(0, (\hat H + \lambda I)^{-1} \hat h\big)

    with :math:`\hat H` the source's mean of :math:`\phi\phi'` and :math:`\hat h` the target's mean
    of :math:`\phi`; the centres are target samples. Kanamori, Hido and Sugiyama, JMLR 2009, figure
    2; without the maximum, stated again as equation 8 of Liu, Yamada, Collier and Sugiyama,
    "Change-point detection in time-series data by relative density-ratio estimation", Neural
    Networks 2013.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: :math:`\sigma`, in units of the features; ``None`` chooses, by ``loo_score``,
            from 1/4, 1/2, 1, 2 and 4 times the median distance of the pooled sample.
        ridge: :math:`\lambda`, positive; ``None`` chooses, likewise, from 0.001 to 10.
        centres: Kernels at most, on randomly chosen target samples.
        seed: Seed of the choice of centres, pairs and folds; the global generator is not touched.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples to leave one out
            of, or every weight is zero: the samples do not overlap.
    """
    check_fit(source, target, least=2)
    source_, target = shuffled(source, seed), shuffled(target, seed + 1)
    places = first(target, centres)
    best = None
    for width in _widths(source, target, bandwidth):
        x, y = _kernels(source_, places, width), _kernels(target, places, width)
        for strength in _ridges(ridge):
            score = loo_score(x, y, strength) if None in (bandwidth, ridge) else 0.0
            if best is None or score < best[0]:
                best = score, width, strength
    assert best is not None
    _, width, strength = best
    x, y = _kernels(source, places, width), _kernels(target, places, width)
    coefficients = _solve(x.T @ x / len(x), y.mean(0), strength).clamp_min(0)
    return _mean_one(x @ coefficients, width).to(source.dtype)


def loo_score(x: Tensor, y: Tensor, ridge: float) -> float:
    r"""The leave-one-out score of uLSIF, in closed form; lower is better.

    The mean over :math:`i = 1 \dots \min(n, m)` of :math:`\tfrac12 w_i(x_i)^2 - w_i(x'_i)`, where
    :math:`w_i` is fitted without source sample :math:`i` and target sample :math:`i`, its negative
    coefficients set to zero. Kanamori et al., JMLR 2009, section 4.3 and figure 2.

    Args:
        x: Kernels at the source samples, shape ``(n, b)``.
        y: Kernels at the target samples, shape ``(m, b)``.
        ridge: :math:`\lambda`.

    Returns:
        The score.
    """
    n, m, pairs = len(x), len(y), min(len(x), len(y))
    h = y.mean(0)
    system = x.T @ x / n
    system.diagonal().add_(ridge * (n - 1) / n)
    inverse = torch.linalg.inv(system)
    solution, total = inverse @ h, 0.0
    # Leaving x_i out changes the system by rank one: Sherman and Morrison, a piece at a time.
    for x_i, y_i in zip(x[:pairs].split(2**14), y[:pairs].split(2**14), strict=True):
        x_solved, y_solved = x_i @ inverse, y_i @ inverse
        pivot = n - (x_i * x_solved).sum(1, keepdim=True)
        all_y = solution + x_solved * ((x_i @ solution)[:, None] / pivot)
        y_term = y_solved + x_solved * ((x_i * y_solved).sum(1, keepdim=True) / pivot)
        left_out = (m * all_y - y_term) * ((n - 1) / (n * (m - 1)))
        left_out.clamp_min_(0)
        total += float(((x_i * left_out).sum(1).square() / 2 - (y_i * left_out).sum(1)).sum())
    return total / pairs


@widened
@torch.no_grad()
def rulsif(
    source: Tensor,
    target: Tensor,
    alpha: float = 0.1,
    bandwidth: float | None = None,
    ridge: float | None = None,
    centres: int = 100,
    seed: int = 0,
) -> Tensor:
    r"""Relative uLSIF: :math:`p_t / (\alpha p_t + (1 - \alpha) p_s)`, at most :math:`1/\alpha`.

    As uLSIF with :math:`\hat H` the mean of :math:`\phi\phi'` over the target, times
    :math:`\alpha`, plus that over the source, times :math:`1 - \alpha`. It is smoother than the
    plain ratio, which ``alpha=0`` gives. Yamada et al., NIPS 2011; Neural Computation 2013; stated
    again in section 3.4.2 of Liu et al., Neural Networks 2013, and solved by their equation 8.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        alpha: Share of the target in the denominator, from 0 up to but not including 1.
        bandwidth: As for ``ulsif``; ``None`` chooses by five-fold cross-validation.
        ridge: As for ``ulsif``; ``None`` likewise.
        centres: Kernels at most, on randomly chosen target samples.
        seed: Seed of the choice of centres, pairs and folds; the global generator is not touched.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, divided by their mean.

    Raises:
        ValueError: ``alpha`` out of range, widths differ, values are not finite, fewer than five
            samples to cross-validate on, or every weight is zero.
    """
    if not 0 <= alpha < 1:
        raise ValueError(f"alpha must be at least 0 and below 1, got {alpha}")
    choose = bandwidth is None or ridge is None
    check_fit(source, target, least=FOLDS if choose else 2)
    source_, target = shuffled(source, seed), shuffled(target, seed + 1)
    places = first(target, centres)
    best = None
    for width in _widths(source, target, bandwidth):
        x, y = _kernels(source_, places, width), _kernels(target, places, width)
        h_folds = [(part.T @ part / len(part), part.mean(0)) for part in _folds(y)]
        x_folds = [part.T @ part / len(part) for part in _folds(x)]
        systems = torch.stack(
            [alpha * h[0] + (1 - alpha) * p for h, p in zip(h_folds, x_folds, strict=True)]
        )
        means = torch.stack([h[1] for h in h_folds])
        for strength in _ridges(ridge):
            score = _cross_validated(systems, means, strength) if choose else 0.0
            if best is None or score < best[0]:
                best = score, width, strength
    assert best is not None
    _, width, strength = best
    x, y = _kernels(source, places, width), _kernels(target, places, width)
    system = alpha * (y.T @ y) / len(y) + (1 - alpha) * (x.T @ x) / len(x)
    coefficients = _solve(system, y.mean(0), strength).clamp_min(0)
    return _mean_one(x @ coefficients, width).to(source.dtype)


def _cross_validated(systems: Tensor, means: Tensor, ridge: float) -> float:
    """Mean of ``a' H a / 2 - h' a`` on each fold, ``a`` fitted on the mean of the others."""
    total = 0.0
    for k in range(FOLDS):
        other_folds = torch.arange(FOLDS, device=means.device) != k
        a = _solve(systems[other_folds].mean(0), means[other_folds].mean(0), ridge).clamp_min(0)
        total += float(0.5 * a @ systems[k] @ a - means[k] @ a)
    return total / FOLDS


def _folds(x: Tensor) -> list[Tensor]:
    return [x[k::FOLDS] for k in range(FOLDS)]


def _widths(source: Tensor, target: Tensor, bandwidth: float | None) -> list[float]:
    if bandwidth is None:
        median = float(median_distance(source, target))
        return [scale * median for scale in SCALES]
    check_positive("bandwidth", bandwidth)
    return [bandwidth]


def _ridges(ridge: float | None) -> tuple[float, ...]:
    if ridge is None:
        return RIDGES
    check_positive("ridge", ridge)
    return (ridge,)


def _solve(system: Tensor, right: Tensor, ridge: float) -> Tensor:
    return torch.linalg.solve(system + ridge * torch.eye(len(right)).to(system), right)


def _kernels(x: Tensor, places: Tensor, width: float) -> Tensor:
    """Gaussian kernels ``(n, b)`` in float64; samples are converted a piece at a time."""
    parts = [squared_distance(part.double(), places.double()) for part in x.split(2**15)]
    return torch.cat(parts).mul_(-0.5 / width**2).exp_()


def _mean_one(weights: Tensor, width: float) -> Tensor:
    mean = weights.mean()
    if not mean > 0:
        raise ValueError(
            f"the ratio is zero on every source sample at bandwidth {width:.3g}: the samples do "
            "not overlap there; pass a larger bandwidth, or standardise the features"
        )
    return weights / mean
