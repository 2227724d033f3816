"""Estimates over seeds and tasks with bootstrap intervals; pure functions of arrays.

``groups`` is one array of runs a task; tasks may have different numbers of runs.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student
from scipy.stats import trim_mean

Groups = Sequence[NDArray[np.float64]]


class Interval(NamedTuple):
    """An estimate and its limits, which are NaN where so few runs have none."""

    value: float
    low: float
    high: float

    def text(self, scale: float = 1, digits: int = 3, sign: str = "") -> str:
        """``+1.2 [+0.4, +2.0]``; the value alone where there is no interval."""
        value, low, high = (f"{x * scale:{sign}.{digits}f}" for x in self)
        return value if np.isnan(self.low) else f"{value} [{low}, {high}]"


def _checked(groups: Groups) -> list[NDArray[np.float64]]:
    arrays = [np.asarray(group, dtype=float) for group in groups]
    if not arrays or any(array.ndim != 1 or not array.size for array in arrays):
        raise ValueError("expected one non-empty array of runs for each task; leave others out")
    if not all(np.isfinite(array).all() for array in arrays):
        raise ValueError("a run's figure is not finite; leave it out, and say that it is missing")
    return arrays


def _between(value: float, replicates: NDArray[np.float64], level: float) -> Interval:
    if not 0 < level < 1:
        raise ValueError(f"level {level}: a share between 0 and 1, such as 0.95")
    low, high = np.quantile(replicates, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(value), float(low), float(high))


ENOUGH = 3
"""Seeds that an interval of a paired mean needs at least."""
EQUAL = 1e-12
"""Differences no further apart than this share of the largest are equal, but for rounding."""


def paired_mean(gains: NDArray[np.float64], level: float = 0.95) -> Interval | None:
    r"""Mean of paired differences with its interval by Student's t.

    .. math:: \bar g \pm t_{n-1,\,(1+c)/2}\; s / \sqrt n

    It speaks of other seeds on the same task. Unlike a bootstrap of so few, it is wide where there
    are three seeds (:math:`t_2 = 4.3`). Two differences, or some that are all alike, allow no
    interval: its width would be an accident.

    Args:
        gains: A run's figure less its twin's, a seed each, ``(n,)``.
        level: Coverage :math:`c` where the differences are normal, in ``(0, 1)``.

    Returns:
        None where there are fewer than :data:`ENOUGH` differences, or all are equal.

    Raises:
        ValueError: A difference is not finite, or the level is no share.

    Reference:
        Student (Gosset): The probable error of a mean. Biometrika, 1908.
    """
    gains = np.asarray(gains, dtype=float)
    if not np.isfinite(gains).all():
        raise ValueError("a gain is not finite; leave it out, and say that it is missing")
    if not 0 < level < 1:
        raise ValueError(f"level {level}: a share between 0 and 1, such as 0.95")
    n = gains.size
    if n < ENOUGH or np.ptp(gains) <= EQUAL * np.abs(gains).max():
        return None
    mean = float(gains.mean())
    half_width = float(student.ppf((1 + level) / 2, n - 1) * gains.std(ddof=1) / np.sqrt(n))
    return Interval(mean, mean - half_width, mean + half_width)


def hierarchical_mean(
    groups: Groups, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean over tasks of the mean over seeds; the interval counts both as drawn by chance.

    Each draw takes tasks with replacement, then in each taken task its runs with replacement. It
    speaks of other tasks of the same kind; with one task, of other seeds on that one. Percentile
    intervals of three seeds are too narrow.

    Args:
        groups: Runs of each task, such as gains over the twin; lengths (n_1,), ..., (n_t,).
        draws: Bootstrap samples.
        level: Share of the distribution between the limits.
        seed: Seed of the draws; the same seed gives the same interval.

    Raises:
        ValueError: No task, an empty one, or a figure that is not finite.

    Reference:
        Ren, Lai, Tong, Aminzadeh, Hou and Lai: Nonparametric bootstrapping for hierarchical data.
        Journal of Applied Statistics, 2010.
    """
    arrays, rng = _checked(groups), np.random.default_rng(seed)
    counts = np.array([a.size for a in arrays])
    runs = np.full((len(arrays), counts.max()), np.nan)
    for line, array in zip(runs, arrays, strict=True):
        line[: array.size] = array
    replicates = np.empty(draws)
    for i in range(draws):
        tasks = rng.integers(len(arrays), size=len(arrays))
        size = counts[tasks, None]
        picked = (rng.random((len(arrays), runs.shape[1])) * size).astype(int)
        is_inside = np.arange(runs.shape[1]) < size
        values = np.where(is_inside, runs[tasks[:, None], picked], 0.0)
        replicates[i] = (values.sum(axis=1) / size[:, 0]).mean()
    return _between(np.mean([a.mean() for a in arrays]), replicates, level)


def interquartile_mean(
    groups: Groups, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    """Mean of the middle half of all runs of all tasks; the interval draws runs within each task.

    Less moved by one easy or failed task than the mean, and less noisy than the median.

    Args:
        groups: Runs of each task; figures of different tasks are on one scale.
        draws: Bootstrap samples, stratified by task as in the paper.
        level: Share of the distribution between the limits.
        seed: Seed of the draws.

    Raises:
        ValueError: No task, an empty one, or a figure that is not finite.

    Reference:
        Agarwal, Schwarzer, Castro, Courville and Bellemare: Deep reinforcement learning at the edge
        of the statistical precipice. NeurIPS 2021, section 4.
    """
    arrays, rng = _checked(groups), np.random.default_rng(seed)
    replicates = np.hstack(
        [array[rng.integers(array.size, size=(draws, array.size))] for array in arrays]
    )
    value = trim_mean(np.concatenate(arrays), 0.25)
    return _between(value, trim_mean(replicates, 0.25, axis=1), level)


def probability_of_improvement(
    ours: Groups, theirs: Groups, draws: int = 2000, level: float = 0.95, seed: int = 0
) -> Interval:
    r"""Chance that a run of ours beats one of theirs on a task drawn by chance.

    .. math:: \frac1T \sum_t \frac{1}{n_t m_t} \sum_{i,j}
        [x_{ti} > y_{tj}] + \tfrac12 [x_{ti} = y_{tj}]

    Args:
        ours: Runs of each task, higher is better.
        theirs: The other method's, of the same tasks in the same order.
        draws: Bootstrap samples, of both methods' runs within each task.
        level: Share of the distribution between the limits.
        seed: Seed of the draws.

    Raises:
        ValueError: The tasks are not the same number, one is empty, or a figure is not finite.

    Reference:
        Agarwal et al., NeurIPS 2021, section 4.2 (the Mann-Whitney statistic of each task).
    """
    x, y, rng = _checked(ours), _checked(theirs), np.random.default_rng(seed)
    if len(x) != len(y):
        raise ValueError(f"{len(x)} tasks of ours, {len(y)} of theirs: give the same tasks")
    values, replicates = [], np.zeros(draws)
    for a, b in zip(x, y, strict=True):
        wins = (a[:, None] > b) + 0.5 * (a[:, None] == b)
        values.append(wins.mean())
        # A bootstrap sample as how often it holds each run: no (draws, n, m) array is made.
        left_counts = rng.multinomial(a.size, np.full(a.size, 1 / a.size), size=draws)
        right_counts = rng.multinomial(b.size, np.full(b.size, 1 / b.size), size=draws)
        # As floats: numpy multiplies matrices of integers without its fast library.
        replicates += ((left_counts.astype(float) @ wins) * right_counts).sum(axis=1) / (
            a.size * b.size
        )
    return _between(np.mean(values), replicates / len(x), level)


def performance_profile(
    groups: Groups,
    thresholds: NDArray[np.float64],
    higher: bool = True,
    draws: int = 1000,
    level: float = 0.95,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Share of runs that score better than each threshold, tasks weighing the same.

    Args:
        groups: Runs of each task; figures of different tasks are on one scale.
        thresholds: Where to look, (k,).
        higher: Whether higher is better; otherwise the share below each threshold.
        draws: Bootstrap samples of the runs within each task.
        level: Share of the distribution within the band, at each threshold by itself.
        seed: Seed of the draws.

    Returns:
        Share, lower and upper limit at each threshold, (3, k).

    Raises:
        ValueError: No task, an empty one, or a figure that is not finite.

    Reference:
        Agarwal et al., NeurIPS 2021, section 4.3 (run-score distributions, equation 1).
    """
    arrays, rng = _checked(groups), np.random.default_rng(seed)
    value, replicates = np.zeros(len(thresholds)), np.zeros((draws, len(thresholds)))
    for array in arrays:
        is_beyond = (array[:, None] > thresholds) if higher else (array[:, None] < thresholds)
        value += is_beyond.mean(axis=0)
        counts = rng.multinomial(array.size, np.full(array.size, 1 / array.size), size=draws)
        replicates += counts.astype(float) @ is_beyond.astype(float) / array.size
    low, high = np.quantile(replicates / len(arrays), [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.stack([value / len(arrays), low, high])
