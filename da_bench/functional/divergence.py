"""How far two samples lie apart, for reporting: ``(n, d), (m, d) -> a record with its interval``."""

import math
from statistics import NormalDist
from typing import NamedTuple

import torch
from torch import Tensor

from ._check import check_fit
from .linear import LinearModel, logistic_regression
from .reweighting import standardise

PENALTIES = (10.0, 1.0, 1e-1, 1e-2, 1e-3)
"""L2 penalties that the probe's is chosen from, on standardised features; strongest first."""


class Divergence(NamedTuple):
    """An estimate, its interval and what it rests on.

    Attributes:
        value: The estimate, from 0 (the probe finds no difference) to 2.
        low: Lower end of the interval.
        high: Upper end of the interval.
        error: The probe's balanced error, 0.5 at chance.
        n_source: Source samples.
        n_target: Target samples.
    """

    value: float
    low: float
    high: float
    error: float
    n_source: int
    n_target: int


@torch.no_grad()
def proxy_a_distance(
    source: Tensor,
    target: Tensor,
    folds: int = 5,
    alpha: float = 0.05,
    seed: int = 0,
) -> Divergence:
    r"""Proxy A-distance :math:`2(1 - 2\epsilon)` of a linear probe, in ``[0, 2]``.

    :math:`\epsilon` is the held-out balanced error: the mean of the two domains' error rates, ties
    counting half, so that it is 0.5 for identical distributions of any two sizes. Each sample is
    tested once, in a fold that the probe, class-balanced too, has not seen. The probe's penalty is
    chosen without that fold, by the error on the next one. Ben-David et al., NIPS 2006; Ganin et
    al., JMLR 2016, section 5.1.5, whose minimum of the test error over ``C`` is biased up.

    The interval joins the Wilson intervals of the two error rates (Newcombe, Statistics in
    Medicine 1998, method 10). It holds for the probes as fitted; it says nothing of other probes.

    With fewer samples than features any two samples can be told apart in training, not on held-out
    folds; the value then says what a probe can learn from so few, and grows with their number.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        folds: Parts of the cross-fitting, at least 3.
        alpha: The interval covers ``1 - alpha``.
        seed: Of the shuffle into folds.

    Returns:
        The distance, its interval and the balanced error.

    Raises:
        ValueError: Widths differ, values are not finite, fewer samples than folds on one side, or
            ``folds`` or ``alpha`` out of range.
        RuntimeError: A probe did not converge.
    """
    if folds < 3 or not 0 < alpha < 1:
        raise ValueError(f"needs folds >= 3 and 0 < alpha < 1, got folds={folds}, alpha={alpha}")
    check_fit(source, target, least=folds)
    x, is_target = _pooled(source, target)
    fold = torch.cat([_shuffled_folds(len(z), folds, seed + i) for i, z in enumerate((source, target))])
    fold = fold.to(x.device)
    wrong = x.new_zeros(len(x))
    for k in range(folds):
        test, inner = fold == k, fold == (k + 1) % folds
        rest = ~(test | inner)
        best, penalty, probe = math.inf, PENALTIES[0], None
        for l2 in PENALTIES:
            probe = _probe(x[rest], is_target[rest], l2, probe)
            error = _balanced(_wrong(probe, x[inner], is_target[inner]), is_target[inner])
            if error < best:
                best, penalty = error, l2
        probe = _probe(x[~test], is_target[~test], penalty, probe)
        wrong[test] = _wrong(probe, x[test], is_target[test])
    rates = [float(wrong[is_target == label].mean()) for label in (0, 1)]
    error = sum(rates) / 2
    below, above = _wilson_mean(rates, (len(source), len(target)), alpha)
    low, high = (_distance(e) for e in (above, below))
    return Divergence(_distance(error), low, high, error, len(source), len(target))


@torch.no_grad()
def h_divergence(source: Tensor, target: Tensor, alpha: float = 0.05) -> Divergence:
    r"""Empirical H-divergence of the two samples, H the half-spaces, in ``[0, 2]``.

    .. math:: \hat d_H = 2 \max_{h \in H} \Big|\tfrac1n\sum_i h(x_i) - \tfrac1m\sum_j h(x'_j)\Big|

    Ben-David et al., "A theory of learning from different domains", Machine Learning 2010,
    definition 1 and lemma 2: the quantity in their bounds. Unlike ``proxy_a_distance`` it is
    measured on the samples that the half-space was chosen on, so it is above it, and 2 as soon
    as a hyperplane parts the samples (always when there are more features than samples).

    The maximum is NP-hard. Returned is the best half-space in the directions of logistic probes,
    with the best threshold along each (twice a Kolmogorov-Smirnov statistic): a lower bound of it.

    The interval is lemma 1's, ``value +- 4 sqrt((v log 2k + log(2 / alpha)) / k)`` with VC dimension
    ``v = d + 1`` and ``k = min(n, m)``, cut to ``[0, 2]``. It holds for all half-spaces at once and
    is [0, 2] for most sizes. ``low`` is valid; ``high`` only if the half-space found is the best.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        alpha: The interval covers at least ``1 - alpha``.

    Returns:
        The divergence, its interval and the balanced training error of the half-space.

    Raises:
        ValueError: Widths differ, values are not finite or ``alpha`` is out of range.
        RuntimeError: A probe did not converge.
    """
    if not 0 < alpha < 1:
        raise ValueError(f"needs 0 < alpha < 1, got {alpha}")
    check_fit(source, target)
    x, is_target = _pooled(source, target)
    value, probe = 0.0, None
    for l2 in PENALTIES:
        probe = _probe(x, is_target, l2, probe)
        value = max(value, 2 * _kolmogorov_smirnov(probe.scores(x), is_target))
    k, vc = min(len(source), len(target)), x.shape[1] + 1
    deviation = 4 * math.sqrt((vc * math.log(2 * k) + math.log(2 / alpha)) / k)
    low, high = max(0.0, value - deviation), min(2.0, value + deviation)
    return Divergence(value, low, high, 0.5 - value / 4, len(source), len(target))


def _pooled(source: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Both samples, standardised together, and which rows are the target's."""
    x = standardise(torch.cat((source, target)))
    return x, torch.cat((x.new_zeros(len(source)), x.new_ones(len(target))))


def _probe(x: Tensor, labels: Tensor, l2: float, start: LinearModel | None) -> LinearModel:
    """Logistic regression in which each class weighs half."""
    share = labels.mean()
    weights = torch.where(labels > 0, 1 - share, share)
    return logistic_regression(x, labels, l2, weights, start)


def _wrong(probe: LinearModel, x: Tensor, labels: Tensor) -> Tensor:
    """1 where the probe errs, 0 where it is right, one half on its boundary."""
    return 0.5 - 0.5 * torch.sign(probe.scores(x)) * (2 * labels - 1)


def _balanced(wrong: Tensor, labels: Tensor) -> float:
    return float(0.5 * (wrong[labels == 0].mean() + wrong[labels == 1].mean()))


def _distance(error: float) -> float:
    return min(2.0, max(0.0, 2 * (1 - 2 * error)))


def _shuffled_folds(n: int, folds: int, seed: int) -> Tensor:
    """A fold for each of ``n`` samples; sizes differ by one at most."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(seed)) % folds


def _wilson_mean(rates: list[float], sizes: tuple[int, int], alpha: float) -> tuple[float, float]:
    """Interval of the mean of two binomial rates."""
    z = NormalDist().inv_cdf(1 - alpha / 2)
    below = above = 0.0
    for rate, n in zip(rates, sizes, strict=True):
        centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        below += (rate - (centre - half)) ** 2
        above += (centre + half - rate) ** 2
    middle = sum(rates) / 2
    return middle - math.sqrt(below) / 2, middle + math.sqrt(above) / 2


def _kolmogorov_smirnov(scores: Tensor, labels: Tensor) -> float:
    """Largest difference of the two classes' distribution functions of ``scores``."""
    values, inverse = scores.unique(return_inverse=True)
    mass = values.new_zeros(len(values))
    mass = mass.index_add(0, inverse, torch.where(labels > 0, 1 / labels.sum(), -1 / (1 - labels).sum()))
    return float(mass.cumsum(0).abs().max().clamp_max(1))
