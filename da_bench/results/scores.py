"""Scores and gains of finished runs by method, task and seed, in the form that statistics take."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from .protocol import about, higher_is_better, missing_words
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
    """Scores and gains of finished runs that share a metric."""

    runs: pd.DataFrame
    """A line for each run: ``name``, ``method``, ``task``, ``seed``, ``score`` and ``gain``."""
    metric: str
    higher: bool
    oracles: tuple[str, ...]
    """Methods that train on all target labels: they have a gain, and are not ranked."""
    missing: str
    """Missing runs in a sentence; empty where there is none."""

    def groups(self, name: str, tasks: list[str], column: str = "score") -> list[np.ndarray]:
        """Values of a method's runs, an array for each task that it finished.

        Args:
            name: Name of the method.
            tasks: Tasks in the order of the arrays.
            column: ``score`` or ``gain``.
        """
        method_runs = self.runs[self.runs[NAME] == name].dropna(subset=[column])
        arrays = {task: group.to_numpy(float) for task, group in method_runs.groupby(TASK)[column]}
        return [arrays[task] for task in tasks if task in arrays]

    def shared_tasks(self) -> list[str]:
        """The tasks that every method finished, over which a table's mean is taken."""
        means = self.runs.pivot_table(index=TASK, columns=NAME, values="score", aggfunc="mean")
        return [str(task) for task in means.dropna().index]

    def means(self, column: str = "score") -> pd.DataFrame:
        """Means over seeds: tasks down, methods across, the oracles left out."""
        rivals = self.runs[~self.runs[NAME].isin(self.oracles)]
        return rivals.pivot_table(index=TASK, columns=NAME, values=column, aggfunc="mean")


def scores(table: pd.DataFrame) -> Scores:
    """Collects the scores and gains of the finished runs of benchmarks that share a metric.

    A method with several numbers of target labels counts as several methods.

    Args:
        table: Lines of :func:`da_bench.results.table.frame`.

    Raises:
        ValueError: The runs differ in metric or in its direction.
    """
    good = table[table[CURRENT] & (table[STATUS] == OK)].copy()
    for column in (METRIC, HIGHER_IS_BETTER):
        if good[column].nunique() > 1:
            raise ValueError(f"rows differ in {column}: {sorted(map(str, good[column].unique()))}")
    count = pd.to_numeric(good[LABELS], errors="coerce")
    has_count = count.notna()
    labels = [
        f" ({int(number)} labels)" if is_known else ""
        for number, is_known in zip(count, has_count, strict=True)
    ]
    good[NAME] = [name + method_of for name, method_of in zip(good[NAME], labels, strict=True)]
    if good[BENCHMARK].nunique() > 1:
        good[TASK] = good[BENCHMARK] + " " + good[TASK]
    good = good.rename(columns={SCORE: "score"})
    is_nan = good["score"].isna()
    note = (
        f" {is_nan.sum()} finished runs scored no number and are left out." if is_nan.any() else ""
    )
    method_of = dict(zip(good[NAME], good[METHOD], strict=True))
    all_labels = set(good.loc[good[LABELS] == "all", NAME])
    oracles = [
        name
        for name, method in method_of.items()
        if name in all_labels or about("methods", method).get("oracle")
    ]
    columns = [NAME, METHOD, TASK, SEED, "score", GAIN]
    return Scores(
        good.loc[~is_nan, columns],
        str(good[METRIC].iloc[0]),
        higher_is_better(good),
        tuple(oracles),
        (missing_words(table) + note).strip(),
    )
