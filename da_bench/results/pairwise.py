"""Two methods against each other: paired differences by task and seed, and their intervals."""

from collections.abc import Mapping
from math import nan
from typing import Any, NamedTuple

import pandas as pd

from da_bench.statistics.intervals import Interval, paired_mean

from .negative_transfer import BOUNDS, over_tasks
from .query import flat_paths, value_at
from .row import (
    DEVICE,
    GAIN,
    HYPERPARAMETERS,
    LABELS,
    MAX_EPOCHS,
    NAME,
    SEED,
    SELECTION,
    SETTINGS,
    TARGET_TEST,
    TASK,
    VERSIONS,
)
from .scores import Scores

COMPARED = (HYPERPARAMETERS, SETTINGS, SELECTION, TARGET_TEST, LABELS, MAX_EPOCHS,
            DEVICE, VERSIONS)  # fmt: skip
"""Columns of a row that say how it was made."""


class PairedDifferences(NamedTuple):
    """Where the first of two methods does better, and by how much."""

    runs: pd.DataFrame
    """A line for each task and seed that both finished: ``task``, ``seed``, ``first``, ``second``
    and ``difference``, first less second, the sign turned where lower is better."""
    tasks: pd.DataFrame
    """A line for each task: mean ``difference``, ``low`` and ``high`` of its 95 % interval over
    seeds (NaN for one seed), and the number of ``pairs``."""
    overall: Interval | None
    """Mean over tasks with Student's interval over the seeds that finished all of them, as in a
    table's verdict; without limits where there are fewer than two, None where there is no pair."""
    pairs: int
    """Number of seeds that finished all tasks."""


def paired_differences(scores: Scores, first: str, second: str) -> PairedDifferences:
    """Differences between the runs of two methods that share task and seed.

    Args:
        scores: Finished runs of one benchmark.
        first: Name of a method, with its variant.
        second: Name of the other method; the same one gives differences of zero.

    Raises:
        ValueError: No finished run has that name.
    """
    sides: list[pd.DataFrame] = []
    for name in (first, second):
        method_scores = scores.runs.loc[scores.runs[NAME] == name, [TASK, SEED, "score"]]
        if method_scores.empty:
            known_names = sorted(scores.runs[NAME].unique())
            raise ValueError(f"no finished run of {name!r}; there are {', '.join(known_names)}")
        sides.append(method_scores)
    runs = sides[0].merge(sides[1], on=[TASK, SEED], suffixes=("_first", "_second"))
    runs = runs.rename(columns={"score_first": "first", "score_second": "second"})
    runs["difference"] = (1 if scores.higher else -1) * (runs["first"] - runs["second"]) + 0.0
    lines = {}
    for task, differences in runs.groupby(TASK, sort=False)["difference"]:
        values = differences.to_numpy(float)
        limits = paired_mean(values)
        low, high = (limits.low, limits.high) if limits else (nan, nan)
        lines[task] = [values.mean(), low, high, len(values)]
    tasks = pd.DataFrame.from_dict(
        lines, orient="index", columns=["difference", "low", "high", "pairs"]
    )
    if tasks.empty:
        return PairedDifferences(runs, tasks, None, 0)
    gains = runs.rename(columns={"difference": GAIN}).assign(name=first)
    verdicts = over_tasks(gains, list(tasks.index))
    if verdicts.empty:  # no seed met all tasks
        return PairedDifferences(
            runs, tasks, Interval(float(tasks["difference"].mean()), nan, nan), 0
        )
    verdict = verdicts.iloc[0]
    overall = Interval(*map(float, verdict[[GAIN, *BOUNDS]]))
    return PairedDifferences(runs, tasks, overall, int(verdict["pairs"]))


def setting_differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> pd.DataFrame:
    """Settings in which two rows differ: a line for each, ``setting``, ``first``, ``second``."""
    settings = [
        {column: row[column] for column in COMPARED if row.get(column) is not None}
        for row in (first, second)
    ]
    names = list(dict.fromkeys([*flat_paths(settings[0]), *flat_paths(settings[1])]))
    lines = []
    for name in names:
        pair = [value_at(row, name) for row in settings]
        if any(isinstance(value, Mapping) and value for value in pair):
            continue  # what is in it has a line of its own
        if pair[0] != pair[1]:
            lines.append([name, *("–" if value is None else str(value) for value in pair)])
    return pd.DataFrame(lines, columns=["setting", "first", "second"])
