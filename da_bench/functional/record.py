"""What an estimate is handed back in, and the interval that any smooth statistic has."""

import math
from collections.abc import Callable, Mapping
from statistics import NormalDist
from types import MappingProxyType
from typing import Any, NamedTuple

import torch

NONE: Mapping[str, Any] = MappingProxyType({})


class Divergence(NamedTuple):
    """How far two samples lie apart, how sure that is and what it rests on.

    Attributes:
        value: The estimate.
        low: Lower end of the interval; NaN where there is none.
        high: Upper end of the interval; NaN where there is none.
        n_source: Source samples.
        n_target: Target samples.
        p_value: Chance of as large a statistic between equal distributions, in ``(0, 1]``; NaN
            where nothing was tested.
        settings: What the estimate was made with, by name.
    """

    value: float
    low: float = math.nan
    high: float = math.nan
    n_source: int = 0
    n_target: int = 0
    p_value: float = math.nan
    settings: Mapping[str, Any] = NONE


class Score(NamedTuple):
    """How well a pre-trained model's outputs suit a labelled sample; more is better.

    Attributes:
        value: The score.
        low: Lower end of the interval; NaN where the sample is too small for one.
        high: Upper end of the interval.
        n: Labelled samples.
        settings: What the score was made with, by name.
    """

    value: float
    low: float
    high: float
    n: int
    settings: Mapping[str, Any] = NONE


def jackknife(
    statistic: Callable[..., float],
    sizes: tuple[int, ...],
    groups: int = 10,
    alpha: float = 0.05,
    seed: int = 0,
) -> tuple[float, float, float]:
    r"""A statistic of one or two samples and its interval by leaving out groups.

    .. math:: \hat\theta \pm t_{g-1} \sqrt{\frac{g-1}{g} \sum_j (\hat\theta_{(j)} -
              \bar\theta)^2}

    with :math:`\hat\theta_{(j)}` the statistic without the j-th of ``g`` random parts. Shao and
    Wu, "A general theory for jackknife variance estimation", Annals of Statistics 1989. It asks
    that the statistic be smooth: a distance that is 0 between equal distributions is not so there.

    Args:
        statistic: Takes indices ``(k,)`` of each sample that are kept.
        sizes: Sizes of the samples.
        groups: :math:`g`; 0 makes no interval, and below two samples a group there is none either.
        alpha: The interval covers ``1 - alpha``.
        seed: Seed of the parts.

    Returns:
        Value, lower and upper end (NaN where there are none).

    Raises:
        ValueError: ``groups`` is 1 or negative, ``alpha`` is not within 0 and 1, or a sample is
            empty.
    """
    if min(sizes) < 1:
        raise ValueError(f"samples of {sizes}: a statistic needs one at least of each")
    if groups < 0 or groups == 1 or not 0 < alpha < 1:
        raise ValueError(
            f"needs groups of 2 or more (or 0) and alpha in (0, 1), got {groups}, {alpha}"
        )
    value = statistic(*(torch.arange(n) for n in sizes))
    if groups == 0 or min(sizes) < 2 * groups:
        return value, math.nan, math.nan
    generator = torch.Generator().manual_seed(seed)
    parts = [torch.randperm(n, generator=generator) % groups for n in sizes]
    remaining_indices = [[(part != j).nonzero()[:, 0] for part in parts] for j in range(groups)]
    left = torch.tensor([statistic(*indices) for indices in remaining_indices], dtype=torch.double)
    error = float(((groups - 1) / groups * (left - left.mean()).square().sum()).sqrt())
    half_width = student(1 - alpha / 2, groups - 1) * error
    return value, value - half_width, value + half_width


def student(level: float, freedom: int) -> float:
    """Quantile of Student's t, to 1 % from 4 degrees of freedom on.

    Fisher and Cornish, Technometrics 1960: an expansion about the normal quantile.
    """
    z = NormalDist().inv_cdf(level)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return z + sum(term / freedom ** (k + 1) for k, term in enumerate(terms))


def wilson_mean(
    rates: list[float], sizes: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Interval of the mean of two binomial rates, from the Wilson interval of each.

    Newcombe, Statistics in Medicine 1998, method 10.

    Args:
        rates: Rates of the two samples, in ``[0, 1]``.
        sizes: Sizes of the two samples; effective ones need not be whole.
        alpha: The interval covers ``1 - alpha``.
    """
    z = NormalDist().inv_cdf(1 - alpha / 2)
    lower_margin = upper_margin = 0.0
    for rate, n in zip(rates, sizes, strict=True):
        centre = (rate + z * z / (2 * n)) / (1 + z * z / n)
        half_width = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
        lower_margin += (rate - (centre - half_width)) ** 2
        upper_margin += (centre + half_width - rate) ** 2
    middle = sum(rates) / 2
    return middle - math.sqrt(lower_margin) / 2, middle + math.sqrt(upper_margin) / 2
