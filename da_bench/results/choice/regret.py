"""Validators on the same finished runs: how much their choices lose, and whether they rank runs."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from da_bench.results.row import BENCHMARK, LABELS, SEED, SOURCE, TARGET, VARIANT

from .choosing import ScoredRun, group_runs

LEAST = 3
"""Smallest number of runs for a rank correlation: of two it can only be 1 or -1."""


class Spread(NamedTuple):
    """A mean over tasks, methods or seeds, with its standard deviation."""

    mean: float
    deviation: float
    """Standard deviation; NaN for fewer than two values."""
    size: int
    """Number of values."""


class Trust(NamedTuple):
    """How far one validator can be trusted, measured afterwards by the target's labels."""

    validator: str
    regret: Spread
    """Regret of choosing one method's setting, over tasks, methods and seeds."""
    regret_across: Spread
    """Regret of choosing method and setting at once, over tasks and seeds."""
    rank: Spread
    """Spearman's correlation over the runs of one method on one task, over methods and tasks."""
    rank_across: Spread
    """Spearman's correlation over all runs of a task, whatever the method, over tasks."""
    collapsed: float
    """Share of choices across methods that the guard suspects."""
    undefined: int
    """Number of runs without a score by this validator; they are never chosen."""


def trust(runs: Sequence[ScoredRun], names: Iterable[str]) -> list[Trust]:
    """Measures each validator on the runs whose target has labels.

    Where runs share the best score, their mean counts, which is what choosing among them at random
    would give. So ``last``, equal for all runs, has the regret of choosing at random. Methods
    compete with those that train on as many target labels; one that trains on all does not compete.

    Args:
        runs: Runs with their scores.
        names: Names of validators.

    Returns:
        A record for each validator, sorted by the regret within methods.
    """
    runs = [run for run in runs if not math.isnan(run.oracle)]
    setting_groups = [
        [run for group in settings.values() for run in group]
        for settings in group_runs(runs).values()
    ]
    tasks: dict[tuple, list[ScoredRun]] = defaultdict(list)
    for run in runs:
        row = run.row
        if row.get(LABELS) != "all":
            task = (row[BENCHMARK], str(row[SOURCE]), str(row[TARGET]), row.get(LABELS))
            tasks[task].append(run)
    records = []
    for name in names:
        best_runs = [
            best(seed_runs, name) for task in tasks.values() for seed_runs in by_seed(task)
        ]
        suspects = [run.guard.suspect for seed_best in best_runs for run in seed_best]
        records.append(
            Trust(
                name,
                spread(
                    regret(seed_runs, name)
                    for group in setting_groups
                    for seed_runs in by_seed(group)
                    if settings(seed_runs) > 1
                ),
                spread(
                    regret(seed_runs, name)
                    for task in tasks.values()
                    for seed_runs in by_seed(task)
                ),
                spread(spearman(group, name) for group in setting_groups),
                spread(spearman(task, name) for task in tasks.values()),
                float(np.mean(suspects)) if suspects else math.nan,
                sum(math.isnan(run.scores[name]) for run in runs),
            )
        )
    return sorted(records, key=lambda record: (math.isnan(record.regret.mean), record.regret.mean))


def by_seed(runs: Sequence[ScoredRun]) -> list[list[ScoredRun]]:
    """Sorts runs into groups of one seed each."""
    seeds: dict[int, list[ScoredRun]] = defaultdict(list)
    for run in runs:
        seeds[run.row[SEED]].append(run)
    return list(seeds.values())


def settings(runs: Sequence[ScoredRun]) -> int:
    """Number of distinct settings."""
    return len({run.row.get(VARIANT) for run in runs})


def best(runs: Sequence[ScoredRun], name: str) -> list[ScoredRun]:
    """The runs that share the best score; none where no score is defined."""
    defined_runs = [run for run in runs if not math.isnan(run.scores[name])]
    top_score = max((run.scores[name] for run in defined_runs), default=math.nan)
    return [run for run in defined_runs if run.scores[name] == top_score]


def regret(runs: Sequence[ScoredRun], name: str) -> float:
    """How much the chosen runs lose to the best run's test score; NaN where none is chosen."""
    best_runs = best(runs, name)
    if not best_runs:
        return math.nan
    return max(run.oracle for run in runs) - float(np.mean([run.oracle for run in best_runs]))


def spearman(runs: Sequence[ScoredRun], name: str) -> float:
    r"""Spearman's :math:`\rho` of a validator's score and the target's test score.

    Ties get their mean rank. NaN for fewer than three runs, or where either score does not vary.
    """
    from scipy.stats import rankdata

    pairs = np.array([(run.scores[name], run.oracle) for run in runs])
    pairs = pairs[~np.isnan(pairs[:, 0])]
    if len(pairs) < LEAST:
        return math.nan
    ranks = rankdata(pairs, axis=0)
    if (ranks.std(0) == 0).any():
        return math.nan
    return float(np.corrcoef(ranks.T)[0, 1])


def spread(values: Iterable[float]) -> Spread:
    """Mean and standard deviation of the values that are not NaN."""
    defined_values = [value for value in values if not math.isnan(value)]
    if not defined_values:
        return Spread(math.nan, math.nan, 0)
    deviation = float(np.std(defined_values, ddof=1)) if len(defined_values) > 1 else math.nan
    return Spread(float(np.mean(defined_values)), deviation, len(defined_values))
