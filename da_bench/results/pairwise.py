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


class Versus(NamedTuple):
    """Where the first of two methods does better, and by how much."""

    runs: pd.DataFrame
    """A line for each task and seed that both finished: ``task``, ``seed``, ``first``, ``second``
    and ``difference``, first less second, the sign turned where lower is better."""
    tasks: pd.DataFrame
    """A line a task: mean ``difference``, ``low`` and ``high`` of its 95 % interval over seeds
    (NaN for one seed), and the number of ``pairs``."""
    overall: Interval | None
    """Mean over tasks with Student's interval over the seeds that met all of them, as a table's
    verdict is; without limits where there are fewer than two, None where there is no pair."""
    pairs: int
    """The number of those seeds."""


def versus(of: Scores, first: str, second: str) -> Versus:
    """Differences of the runs that share task and seed, as a method's gain is over its twin.

    Args:
        of: Of :func:`da_bench.results.scores.scores`, one benchmark.
        first: Name of a method, with its variant.
        second: The other's; the same one gives differences of nothing.

    Raises:
        ValueError: No finished run is of that name.
    """
    sides: list[pd.DataFrame] = []
    for name in (first, second):
        own = of.runs.loc[of.runs[NAME] == name, [TASK, SEED, "score"]]
        if own.empty:
            known = sorted(of.runs[NAME].unique())
            raise ValueError(f"no finished run of {name!r}; there are {', '.join(known)}")
        sides.append(own)
    runs = sides[0].merge(sides[1], on=[TASK, SEED], suffixes=("_first", "_second"))
    runs = runs.rename(columns={"score_first": "first", "score_second": "second"})
    runs["difference"] = (1 if of.higher else -1) * (runs["first"] - runs["second"]) + 0.0
    lines = {}
    for task, paired in runs.groupby(TASK, sort=False)["difference"]:
        values = paired.to_numpy(float)
        limits = paired_mean(values)
        low, high = (limits.low, limits.high) if limits else (nan, nan)
        lines[task] = [values.mean(), low, high, len(values)]
    tasks = pd.DataFrame.from_dict(
        lines, orient="index", columns=["difference", "low", "high", "pairs"]
    )
    if tasks.empty:
        return Versus(runs, tasks, None, 0)
    named = runs.rename(columns={"difference": GAIN}).assign(name=first)
    found = over_tasks(named, list(tasks.index))
    if found.empty:  # no seed met all tasks
        return Versus(runs, tasks, Interval(float(tasks["difference"].mean()), nan, nan), 0)
    line = found.iloc[0]
    overall = Interval(*map(float, line[[GAIN, *BOUNDS]]))
    return Versus(runs, tasks, overall, int(line["pairs"]))


def settings_apart(first: Mapping[str, Any], second: Mapping[str, Any]) -> pd.DataFrame:
    """How two rows were made differently: ``setting``, ``first``, ``second``, a line each."""
    kept = [{k: row[k] for k in COMPARED if row.get(k) is not None} for row in (first, second)]
    names = list(dict.fromkeys([*flat_paths(kept[0]), *flat_paths(kept[1])]))
    lines = []
    for name in names:
        pair = [value_at(row, name) for row in kept]
        if any(isinstance(value, Mapping) and value for value in pair):
            continue  # what is in it has a line of its own
        if pair[0] != pair[1]:
            lines.append([name, *("–" if value is None else str(value) for value in pair)])
    return pd.DataFrame(lines, columns=["setting", "first", "second"])
