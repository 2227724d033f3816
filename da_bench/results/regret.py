"""Every validator over the same finished runs: what its choices cost, and whether it ranks runs."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

from .choosing import Scored, grouped
from .row import BENCHMARK, LABELS, SEED, SOURCE, TARGET, VARIANT

LEAST = 3
"""Runs for a rank correlation: of two it can only be 1 or -1."""


class Spread(NamedTuple):
    """A mean over tasks and the like, and their spread."""

    mean: float
    deviation: float
    """Standard deviation; NaN for fewer than two."""
    size: int
    """How many the mean is of."""


class Trust(NamedTuple):
    """How far one validator can be trusted, as the oracle tells afterwards."""

    validator: str
    regret: Spread
    """Of choosing one method's setting, over tasks, methods and seeds."""
    regret_across: Spread
    """Of choosing method and setting at once, over tasks and seeds."""
    rank: Spread
    """Spearman's correlation over the runs of one method on one task, over methods and tasks."""
    rank_across: Spread
    """Over all runs of a task, whatever the method, over tasks."""
    collapsed: float
    """Share of choices across methods that the guard suspects."""
    undefined: int
    """Runs that it says nothing of; they are never chosen."""


def trust(runs: Sequence[Scored], names: Iterable[str]) -> list[Trust]:
    """One record a validator, the least regret within methods first, of runs with an oracle.

    Equal scores are no choice: of those runs the mean counts, what choosing among them at random
    would give. So ``last``, equal for all, is the regret of choosing at random. Across methods,
    those that are granted as many target labels are rivals, and one that trains on all is none.
    """
    runs = [run for run in runs if not math.isnan(run.oracle)]
    within = [[r for own in settings.values() for r in own] for settings in grouped(runs).values()]
    tasks: dict[tuple, list[Scored]] = defaultdict(list)
    for run in runs:
        row = run.row
        if row.get(LABELS) != "all":
            task = (row[BENCHMARK], str(row[SOURCE]), str(row[TARGET]), row.get(LABELS))
            tasks[task].append(run)
    found = []
    for name in names:
        chosen = [best(seed, name) for task in tasks.values() for seed in by_seed(task)]
        suspects = [run.guard.suspect for tied in chosen for run in tied]
        found.append(
            Trust(
                name,
                spread(regret(s, name) for own in within for s in by_seed(own) if settings(s) > 1),
                spread(regret(s, name) for task in tasks.values() for s in by_seed(task)),
                spread(spearman(own, name) for own in within),
                spread(spearman(task, name) for task in tasks.values()),
                float(np.mean(suspects)) if suspects else math.nan,
                sum(math.isnan(run.scores[name]) for run in runs),
            )
        )
    return sorted(found, key=lambda one: (math.isnan(one.regret.mean), one.regret.mean))


def by_seed(runs: Sequence[Scored]) -> list[list[Scored]]:
    """Runs of one seed together."""
    seeds: dict[int, list[Scored]] = defaultdict(list)
    for run in runs:
        seeds[run.row[SEED]].append(run)
    return list(seeds.values())


def settings(runs: Sequence[Scored]) -> int:
    """Distinct settings: of one there is nothing to choose."""
    return len({run.row.get(VARIANT) for run in runs})


def best(runs: Sequence[Scored], name: str) -> list[Scored]:
    """The runs of the best score; several where it is shared, none where it is undefined."""
    defined = [run for run in runs if not math.isnan(run.scores[name])]
    top = max((run.scores[name] for run in defined), default=math.nan)
    return [run for run in defined if run.scores[name] == top]


def regret(runs: Sequence[Scored], name: str) -> float:
    """What the choice loses to the best run by the oracle; NaN where nothing is chosen."""
    chosen = best(runs, name)
    if not chosen:
        return math.nan
    return max(run.oracle for run in runs) - float(np.mean([run.oracle for run in chosen]))


def spearman(runs: Sequence[Scored], name: str) -> float:
    r"""Spearman's :math:`\rho` of score and oracle, ties at their mean rank.

    NaN for fewer than three runs, or where either does not vary.
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
    """Mean and deviation of what is defined."""
    kept = [value for value in values if not math.isnan(value)]
    if not kept:
        return Spread(math.nan, math.nan, 0)
    deviation = float(np.std(kept, ddof=1)) if len(kept) > 1 else math.nan
    return Spread(float(np.mean(kept)), deviation, len(kept))
