"""What a table's numbers mean, in words; which rows must not share one; which runs it lacks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from da_bench.config import layers

from .limits import SHARES
from .row import (
    BENCHMARK,
    CONFIGURATION,
    CURRENT,
    ERROR,
    FAULTY,
    FOLDER,
    HIGHER_IS_BETTER,
    LABELS,
    MAX_EPOCHS,
    METHOD,
    METRIC,
    NAME,
    NOT_RUN,
    OK,
    SEED,
    SELECTION,
    STATUS,
    TARGET_TEST,
    TASK,
    TWIN,
    WRITTEN,
)

CELL = [BENCHMARK, NAME, TASK, LABELS, SEED]
"""Columns that tell which run of a comparison a line of a table is."""
PERCENT = SHARES
"""Metrics that tables show in per cent."""
NO_MESSAGE = "no error recorded"
LONG = 300
"""Largest number of characters of an error that a table shows."""


class MixedProtocols(ValueError):
    """Rows that must not stand in one table."""


def protocol_faults(good: pd.DataFrame) -> list[str]:
    """Why finished runs of one benchmark must not share a table, in words; empty where they may.

    Metric and way of testing must be one for the whole table. Selection of weights, number of
    target labels and budget of epochs may differ between methods, but not within one: fine-tuning
    rightly selects by another score than the rest. Each number of labels has a line of its own;
    runs with some labels and runs with none would share one.

    Args:
        good: Finished runs, lines of :func:`da_bench.results.table.frame`.
    """
    faults = []
    for column in (METRIC, HIGHER_IS_BETTER, TARGET_TEST):
        values = good[column].dropna().unique()
        if len(values) > 1:
            faults.append(f"rows differ in {column}: {sorted(map(str, values))}")
    for column in (SELECTION, MAX_EPOCHS):
        if column in good:
            faults += _differ(good, [NAME], column)
    labelling = good.assign(labels=good[LABELS].notna().map({True: "some", False: "none"}))
    faults += _differ(labelling, [NAME], LABELS)
    # Between tasks a search may choose differently; between the seeds of one nothing should.
    faults += _differ(good, [NAME, TASK, LABELS], CONFIGURATION)
    duplicates = good[good.duplicated(CELL)]
    if len(duplicates):
        first_duplicate = duplicates.iloc[0]
        faults.append(
            f"{len(duplicates)} runs count a seed twice, as with other settings or older code: "
            f"{first_duplicate[NAME]} {first_duplicate[TASK]} seed {first_duplicate[SEED]}, first"
        )
    return faults


def _differ(good: pd.DataFrame, keys: list[str], column: str) -> list[str]:
    values = good.groupby(keys, dropna=False)[column].nunique()
    differing = values[values > 1]
    if differing.empty:
        return []
    key = differing.index[0]
    names = list(dict.fromkeys(differing.index.get_level_values(NAME)))
    group_rows = good
    for level, value in zip(keys, key if isinstance(key, tuple) else (key,), strict=True):
        group_rows = group_rows[
            group_rows[level].isna() if pd.isna(value) else group_rows[level] == value
        ]
    texts = sorted(map(str, group_rows[column].dropna().unique()))
    more_words = f" and {len(names) - 1} more" if len(names) > 1 else ""
    label = "hyper-parameters (digests)" if column == CONFIGURATION else column
    return [f"rows of {names[0]}{more_words} differ in {label}: {texts}"]


def higher_is_better(good: pd.DataFrame) -> bool:
    """Whether a higher figure of the rows' metric is better; true where no row says."""
    # Not `is False`: a column of booleans holds numpy's, of which none is that object.
    return not good[HIGHER_IS_BETTER].eq(False).any()


def newest_runs(table: pd.DataFrame) -> pd.DataFrame:
    """Keeps of the finished runs of one cell the one written last, by the column ``written``."""
    sorted_runs = table.sort_values([WRITTEN, FOLDER], kind="stable")
    is_finished = sorted_runs[STATUS] == OK
    newest = pd.concat(
        [sorted_runs[~is_finished], sorted_runs[is_finished].drop_duplicates(CELL, keep="last")]
    )
    return newest.sort_index()


def missing(table: pd.DataFrame) -> pd.DataFrame:
    """Numbers of runs by method: ``wanted``, ``failed``, ``left out`` and ``not run``.

    Wanted is one run for each task and seed that any method ran. Left out are runs that finished
    with an impossible figure.

    Args:
        table: Lines of :func:`da_bench.results.table.frame`.
    """
    current_runs = table[table[CURRENT]]
    tasks = current_runs.drop_duplicates([BENCHMARK, TASK])[[BENCHMARK, TASK]]
    seeds = current_runs.drop_duplicates([BENCHMARK, SEED])[[BENCHMARK, SEED]]
    names = current_runs.drop_duplicates([BENCHMARK, NAME, LABELS])[[BENCHMARK, NAME, LABELS]]
    finished_runs = current_runs[current_runs[STATUS] == OK]
    # A failed run may not know how many labels it had: it stands with the method's others.
    has_labels = names.groupby([BENCHMARK, NAME])[LABELS].transform("count") > 0
    names = names[names[LABELS].notna() | ~has_labels]
    grid = names.merge(tasks, on=BENCHMARK).merge(seeds, on=BENCHMARK)
    expected_counts = grid.groupby(NAME).size()
    finished_counts = (
        finished_runs.drop_duplicates(CELL)
        .groupby(NAME)
        .size()
        .reindex(expected_counts.index, fill_value=0)
    )
    missing_counts = (expected_counts - finished_counts).clip(lower=0)
    parts = {"wanted": expected_counts}
    is_not_failed = current_runs[STATUS].isin(["ok", NOT_RUN])
    is_faulty = current_runs[STATUS] == FAULTY
    for label, runs in (
        ("failed", current_runs[~is_not_failed & ~is_faulty]),
        ("left out", current_runs[is_faulty]),
    ):
        counts = runs.groupby(NAME).size()
        parts[label] = counts.reindex(expected_counts.index, fill_value=0).clip(
            upper=missing_counts
        )
        missing_counts = missing_counts - parts[label]
    return pd.DataFrame(parts | {"not run": missing_counts})


def missing_words(table: pd.DataFrame) -> str:
    """Missing runs of each method in a sentence; empty where nothing is missing."""
    counts = missing(table)
    missing_counts = counts.drop(columns="wanted").sum(axis=1)
    parts = [
        f"{name} {row['missing']} of {row['wanted']} ({row['failed']} failed, "
        f"{row['not run']} not run" + f", {row['left out']} left out" * bool(row["left out"]) + ")"
        for name, row in counts.assign(missing=missing_counts)[missing_counts > 0].iterrows()
    ]
    return f"Missing runs: {'; '.join(parts)}." if parts else ""


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Runs that failed or were left out: ``method``, ``task``, ``seed``, ``error``, ``folder``."""
    failed_runs = table[table[CURRENT] & (table[STATUS] != OK)]
    errors = failed_runs[ERROR].fillna("").astype(str)
    folders = failed_runs[FOLDER] if FOLDER in failed_runs else pd.Series("", failed_runs.index)
    return pd.DataFrame(
        {
            METHOD: failed_runs[NAME],
            TASK: failed_runs[TASK],
            SEED: failed_runs[SEED],
            ERROR: [one_line(text) or NO_MESSAGE for text in errors],
            FOLDER: folders.fillna("").astype(str),
        }
    ).reset_index(drop=True)


def one_line(text: str) -> str:
    """A message on one line, cut where it is long; the run's ``log.txt`` has all of it."""
    words = " ".join(text.split())
    return words if len(words) <= LONG else f"{words[: LONG - 1]}…"


def about(kind: layers.Kind, name: str) -> dict[str, str]:
    """The section ``about`` of a YAML file; empty where this machine does not have the file.

    Args:
        kind: ``data`` or ``methods``.
        name: Name in the catalogue, or path of a file.
    """
    try:
        is_known = name in layers.names(kind) or Path(name).is_file()
        return layers.read(kind, name).get("about", {}) if is_known else {}
    except (OSError, ValueError):  # a row may name any file, and no path at all
        return {}


@dataclass(frozen=True)
class Meaning:
    """What the numbers of one table mean: facts by name, which :meth:`sentences` puts into words.

    Attributes:
        metrics: Names of the metrics.
        percent: Whether figures are shown in per cent.
        tests: Ways of testing on the target.
        seeds: Smallest and largest number of seeds of a cell.
        has_twin: Whether the baseline was run, so that there are gains.
        selections: Methods by the way in which their weights were selected.
        few_labels: Methods that train on some target labels.
        oracles: Methods that train on all target labels.
        averaged: Number of tasks in the mean, number of all tasks, and the tasks that are not in
            it; None where the table has no line of means.
        faults: How the rows differ in protocol, where the table was made in spite of it.
        choice: How settings were chosen, where a validator chose them.
        verdict: What brackets and marks mean.
        narrow_verdict: What marks mean in a table without brackets, as on a narrow screen.
        other_code: Which runs were made by other code than what is installed now.
        budget: The resource whose seconds gains are divided by.
        data: The benchmark's protocol, as its file describes it.
    """

    metrics: tuple[str, ...]
    percent: bool
    tests: tuple[str, ...]
    seeds: tuple[int, int]
    has_twin: bool
    selections: Mapping[str, tuple[str, ...]]
    few_labels: tuple[str, ...] = ()
    oracles: tuple[str, ...] = ()
    averaged: tuple[int, int, tuple[str, ...]] | None = None
    faults: tuple[str, ...] = ()
    choice: str = ""
    verdict: str = ""
    narrow_verdict: str = ""
    other_code: str = ""
    budget: str | None = None
    data: str = ""

    @property
    def _seeds(self) -> str:
        min_seeds, max_seeds = self.seeds
        if min_seeds == max_seeds:
            return f"{max_seeds} seed{'s' * (max_seeds > 1)}"
        return f"{min_seeds} to {max_seeds} seeds"

    @property
    def _measured(self) -> str:
        percent = ", in %" * self.percent
        return (
            f"{'/'.join(self.metrics)} on the target's test labels (oracle/target{percent}; target "
            f"test: {'/'.join(self.tests)})"
        )

    @property
    def _weights(self) -> str:
        is_shared = len(self.selections) == 1
        return "; ".join(
            selection if is_shared else f"{selection} ({', '.join(names)})"
            for selection, names in self.selections.items()
        )

    @property
    def _labels(self) -> list[str]:
        """Who has seen target labels."""
        parts = []
        if any(selection.startswith("oracle") for selection in self.selections):
            parts.append(
                "A selection by oracle/ reads target labels: those figures are upper bounds"
            )
        if self.few_labels:
            parts.append(f"Some target labels were granted to {', '.join(self.few_labels)}")
        if self.oracles:
            parts.append(
                f"{', '.join(self.oracles)} trains on all target labels: an oracle, no rival"
            )
        return parts

    @property
    def _mean(self) -> str:
        if not self.averaged:
            return ""
        count, total, missing = self.averaged
        exception = f", without {', '.join(missing)}" if missing else ""
        return f"over the {count} of {total} tasks that every method finished{exception}"

    @property
    def _budget(self) -> str:
        return (
            f"Gains are divided by the method's budget, its {self.budget}_s over {TWIN}'s: what "
            "one such budget bought."
        ) * bool(self.budget)

    @property
    def _mixed(self) -> list[str]:
        mixed = "MIXED PROTOCOLS, allowed by who made this table"
        return [f"{mixed}: {fault}" for fault in self.faults]

    def sentences(self) -> str:
        """The facts as one paragraph."""
        gain = f"In brackets the gain over {TWIN} of the same task and seed"
        spread = f"mean ±standard deviation over {self._seeds}, best of a line in bold"
        parts = [
            f"{self._measured}, {spread}",
            gain if self.has_twin else f"No run of {TWIN}, so no gains",
            f"Weights: {self._weights}",
            *self._labels,
            *([f"mean: {self._mean}"] if self._mean else []),
            *self._mixed,
        ]
        text = " ".join(". ".join([*parts, self.data]).split())
        more = [self.choice, self.verdict, self.other_code, self._budget]
        return " ".join(filter(None, [text, *more]))

    def items(self, gains_below: bool = False) -> list[tuple[str, str]]:
        """The facts as a list: what each is about, and the fact.

        Args:
            gains_below: Whether gains stand in a line below, as on a narrow screen, and not in
                brackets.
        """
        place = "in the line below" if gains_below else "in brackets"
        verdict = self.narrow_verdict if gains_below else self.verdict
        gain = f"over {TWIN} of the same task and seed, {place}."
        mean = f"; mean: {self._mean}" if self._mean else ""
        facts = {
            "figure": f"{self._measured}; weights: {self._weights}",
            "spread": f"±standard deviation over {self._seeds}, best of a line in bold{mean}",
            "gain": f"{gain} {verdict}" if self.has_twin else f"none, as {TWIN} was not run",
            "labels": ". ".join(self._labels),
            "chosen": self.choice,
            "budget": self._budget,
            "data": " ".join(self.data.split()),
            "code": self.other_code,
            "mixed": ". ".join(self._mixed),
        }
        return [(name, fact.strip()) for name, fact in facts.items() if fact]


def meaning(
    good: pd.DataFrame, mean: pd.DataFrame, faults: Sequence[str] = (), **more: Any
) -> Meaning:
    """Collects what a table of finished runs of one benchmark means.

    Args:
        good: Finished runs, lines of :func:`da_bench.results.table.frame`.
        mean: The means in the table, tasks down and methods across.
        faults: What :func:`protocol_faults` found, where the table was made in spite of it.
        more: Further attributes of :class:`Meaning`.
    """
    metrics = tuple(sorted(good[METRIC].dropna().astype(str).unique()))
    seeds = good.groupby([NAME, TASK, LABELS], dropna=False)[SEED].nunique()
    selections = good.groupby(SELECTION)[NAME].unique()
    label_counts = pd.to_numeric(good[LABELS], errors="coerce")
    oracles = [method for method in good[METHOD].unique() if about("methods", method).get("oracle")]
    oracles += list(good.loc[good[LABELS] == "all", METHOD].unique())
    averaged = None
    if "mean" in mean.index:
        tasks = mean.drop(index="mean")
        complete_tasks = tasks.dropna()
        missing = tuple(map(str, tasks.index.difference(complete_tasks.index, sort=False)))
        averaged = (len(complete_tasks), len(tasks), missing)
    return Meaning(
        metrics=metrics,
        percent=len(metrics) == 1 and metrics[0] in PERCENT,
        tests=tuple(sorted(good[TARGET_TEST].dropna().astype(str).unique())),
        seeds=(int(seeds.min()), int(seeds.max())),
        has_twin=bool((good[METHOD] == TWIN).any()),
        selections={
            str(selection): tuple(map(str, names)) for selection, names in selections.items()
        },
        few_labels=tuple(sorted(good.loc[label_counts.notna(), NAME].unique())),
        oracles=tuple(dict.fromkeys(oracles)),
        averaged=averaged,
        faults=tuple(faults),
        data=about("data", str(good[BENCHMARK].iloc[0])).get("protocol", ""),
        **more,
    )
