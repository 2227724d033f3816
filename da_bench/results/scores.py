"""Finished runs as statistics take them: scores and gains by method, task and seed."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from .protocol import about, higher_is_better, lacking
from .row import (
    BENCHMARK,
    CURRENT,
    GAIN,
    HIGHER_IS_BETTER,
    LABELS,
    METHOD,
    METRIC,
    NAME,
    OK,
    SCORE,
    SEED,
    STATUS,
    TASK,
)


class Scores(NamedTuple):
    """Finished runs as statistics take them."""

    runs: pd.DataFrame
    """Columns ``name``, ``method``, ``task``, ``seed``, ``score`` and ``gain``, a line a run."""
    metric: str
    higher: bool
    oracles: tuple[str, ...]
    """Methods that train on all target labels: they have a gain, and are not ranked."""
    missing: str
    """What is not there, in words."""

    def groups(self, name: str, tasks: list[str], column: str = "score") -> list[np.ndarray]:
        """A method's runs, an array a task."""
        own = self.runs[self.runs[NAME] == name].dropna(subset=[column])
        arrays = {task: group.to_numpy(float) for task, group in own.groupby(TASK)[column]}
        return [arrays[task] for task in tasks if task in arrays]

    def shared(self) -> list[str]:
        """The tasks that every method finished, those of a table's mean."""
        means = self.runs.pivot_table(index=TASK, columns=NAME, values="score", aggfunc="mean")
        return [str(task) for task in means.dropna().index]

    def means(self, column: str = "score") -> pd.DataFrame:
        """Means over seeds: tasks down, methods across, the oracles left out."""
        rivals = self.runs[~self.runs[NAME].isin(self.oracles)]
        return rivals.pivot_table(index=TASK, columns=NAME, values=column, aggfunc="mean")


def scores(table: pd.DataFrame) -> Scores:
    """The finished runs of a frame whose benchmarks share a metric.

    A method that was granted a number of target labels stands as a method of its own for each.

    Args:
        table: Of :func:`da_bench.results.table.frame`.

    Raises:
        ValueError: The rows differ in metric or in its direction.
    """
    good = table[table[CURRENT] & (table[STATUS] == OK)].copy()
    for column in (METRIC, HIGHER_IS_BETTER):
        if good[column].nunique() > 1:
            raise ValueError(f"rows differ in {column}: {sorted(map(str, good[column].unique()))}")
    count = pd.to_numeric(good[LABELS], errors="coerce")
    few = count.notna()
    labels = [f" ({int(c)} labels)" if known else "" for c, known in zip(count, few, strict=True)]
    good[NAME] = [name + own for name, own in zip(good[NAME], labels, strict=True)]
    if good[BENCHMARK].nunique() > 1:
        good[TASK] = good[BENCHMARK] + " " + good[TASK]
    good = good.rename(columns={SCORE: "score"})
    nan = good["score"].isna()
    lost = f" {nan.sum()} finished runs scored no number and are left out." if nan.any() else ""
    own = dict(zip(good[NAME], good[METHOD], strict=True))
    all_labels = set(good.loc[good[LABELS] == "all", NAME])
    oracles = [n for n, m in own.items() if n in all_labels or about("methods", m).get("oracle")]
    columns = [NAME, METHOD, TASK, SEED, "score", GAIN]
    return Scores(
        good.loc[~nan, columns],
        str(good[METRIC].iloc[0]),
        higher_is_better(good),
        tuple(oracles),
        (lacking(table) + lost).strip(),
    )
