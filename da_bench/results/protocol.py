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
"""What one run of a table stands for."""
PERCENT = SHARES
"""Metrics that tables show in per cent."""
UNTOLD = "no error recorded"
LONG = 300
"""Characters of an error that a table shows."""


class MixedProtocols(ValueError):
    """Rows that must not stand in one table."""


def mixed(good: pd.DataFrame) -> list[str]:
    """Why finished rows of one benchmark must not share a table, in words; empty where they may.

    Metric and way of testing are the table's, and one for all. Selection of weights, granted
    labels and budget of epochs are a method's own: fine-tuning rightly chooses by another score
    than the rest, but one method must not mix two. Numbers of labels have a line each; rows with
    some and rows with none would share one.
    """
    found = []
    for column in (METRIC, HIGHER_IS_BETTER, TARGET_TEST):
        values = good[column].dropna().unique()
        if len(values) > 1:
            found.append(f"rows differ in {column}: {sorted(map(str, values))}")
    for column in (SELECTION, MAX_EPOCHS):
        if column in good:
            found += _differ(good, [NAME], column)
    granted = good.assign(labels=good[LABELS].notna().map({True: "some", False: "none"}))
    found += _differ(granted, [NAME], LABELS)
    # Between tasks a search may choose differently; between the seeds of one nothing should.
    found += _differ(good, [NAME, TASK, LABELS], CONFIGURATION)
    twice = good[good.duplicated(CELL)]
    if len(twice):
        first = twice.iloc[0]
        found.append(
            f"{len(twice)} runs count a seed twice, as with other settings or older code: "
            f"{first[NAME]} {first[TASK]} seed {first[SEED]}, first"
        )
    return found


def _differ(good: pd.DataFrame, keys: list[str], column: str) -> list[str]:
    values = good.groupby(keys, dropna=False)[column].nunique()
    wrong = values[values > 1]
    if wrong.empty:
        return []
    key = wrong.index[0]
    names = list(dict.fromkeys(wrong.index.get_level_values(NAME)))
    own = good
    for level, value in zip(keys, key if isinstance(key, tuple) else (key,), strict=True):
        own = own[own[level].isna() if pd.isna(value) else own[level] == value]
    shown = sorted(map(str, own[column].dropna().unique()))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    what = "hyper-parameters (digests)" if column == CONFIGURATION else column
    return [f"rows of {names[0]}{more} differ in {what}: {shown}"]


def higher_is_better(good: pd.DataFrame) -> bool:
    """Whether a table's metric is one to raise; so it is where rows do not say."""
    # Not `is False`: a column of booleans holds numpy's, of which none is that object.
    return not good[HIGHER_IS_BETTER].eq(False).any()


def newest(table: pd.DataFrame) -> pd.DataFrame:
    """Of runs that stand for the same cell the one written last, by column ``written``."""
    late = table.sort_values([WRITTEN, FOLDER], kind="stable")
    good = late[STATUS] == OK
    kept = pd.concat([late[~good], late[good].drop_duplicates(CELL, keep="last")])
    return kept.sort_index()


def missing(table: pd.DataFrame) -> pd.DataFrame:
    """Runs that a table lacks, by method: ``wanted``, ``failed``, ``left out`` and ``not run``.

    Left out is what finished with a figure that can't be.

    Wanted is each of the method's tasks, as any method ran it, with each seed that any ran.
    """
    seen = table[table[CURRENT]]
    tasks = seen.drop_duplicates([BENCHMARK, TASK])[[BENCHMARK, TASK]]
    seeds = seen.drop_duplicates([BENCHMARK, SEED])[[BENCHMARK, SEED]]
    names = seen.drop_duplicates([BENCHMARK, NAME, LABELS])[[BENCHMARK, NAME, LABELS]]
    done = seen[seen[STATUS] == OK]
    # A failed run may not know how many labels it had: it stands with the method's others.
    knows = names.groupby([BENCHMARK, NAME])[LABELS].transform("count") > 0
    names = names[names[LABELS].notna() | ~knows]
    grid = names.merge(tasks, on=BENCHMARK).merge(seeds, on=BENCHMARK)
    wanted = grid.groupby(NAME).size()
    found = done.drop_duplicates(CELL).groupby(NAME).size().reindex(wanted.index, fill_value=0)
    lacking = (wanted - found).clip(lower=0)
    parts = {"wanted": wanted}
    none = seen[STATUS].isin(["ok", NOT_RUN])
    out = seen[STATUS] == FAULTY
    for what, own in (("failed", seen[~none & ~out]), ("left out", seen[out])):
        bad = own.groupby(NAME).size()
        parts[what] = bad.reindex(wanted.index, fill_value=0).clip(upper=lacking)
        lacking = lacking - parts[what]
    return pd.DataFrame(parts | {"not run": lacking})


def lacking(table: pd.DataFrame) -> str:
    """The same as a sentence; empty where nothing is missing."""
    counts = missing(table)
    lost = counts.drop(columns="wanted").sum(axis=1)
    said = [
        f"{name} {row['lost']} of {row['wanted']} ({row['failed']} failed, {row['not run']} not run"
        + f", {row['left out']} left out" * bool(row["left out"])
        + ")"
        for name, row in counts.assign(lost=lost)[lost > 0].iterrows()
    ]
    return f"Missing runs: {'; '.join(said)}." if said else ""


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Failed runs, and those left out: ``method``, ``task``, ``seed``, ``error`` and ``folder``."""
    bad = table[table[CURRENT] & (table[STATUS] != OK)]
    errors = bad[ERROR].fillna("").astype(str)
    folders = bad[FOLDER] if FOLDER in bad else pd.Series("", bad.index)
    return pd.DataFrame(
        {
            METHOD: bad[NAME],
            TASK: bad[TASK],
            SEED: bad[SEED],
            ERROR: [one_line(text) or UNTOLD for text in errors],
            FOLDER: folders.fillna("").astype(str),
        }
    ).reset_index(drop=True)


def one_line(text: str) -> str:
    """A message on one line, cut where it is long: the run's ``log.txt`` has it whole."""
    words = " ".join(text.split())
    return words if len(words) <= LONG else f"{words[: LONG - 1]}…"


def about(kind: layers.Kind, name: str) -> dict[str, str]:
    """What the YAML says of a name or file; nothing for one of another machine's own files."""
    try:
        known = name in layers.names(kind) or Path(name).is_file()
        return layers.read(kind, name).get("about", {}) if known else {}
    except (OSError, ValueError):  # a row may name any file, and no path at all
        return {}


@dataclass(frozen=True)
class Meaning:
    """What the numbers of one table mean: facts by name, which :meth:`sentences` puts into words.

    Attributes:
        metrics: Names of the metrics.
        percent: Whether figures are shown in per cent.
        tests: Ways of testing on the target.
        seeds: The fewest and the most seeds of a cell.
        has_twin: Whether the baseline was run, so that there are gains.
        selections: By how the weights were selected, the methods that selected so.
        few_labels: Methods that were granted some target labels.
        oracles: Methods that train on all target labels.
        averaged: Of a mean over tasks: how many tasks it is over, of how many, and which are not in
            it; None where the table has no such line.
        faults: What differs between the rows, where the table was made all the same.
        choice: How settings were chosen, where a validator chose them.
        verdict: What brackets and marks say.
        other_code: Which runs were made by other code than what is installed now.
        budget: The resource that gains are divided by.
        data: What the benchmark's file says of its protocol.
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
    other_code: str = ""
    budget: str | None = None
    data: str = ""

    def sentences(self, gains_below: bool = False) -> str:
        """The facts as one paragraph.

        Args:
            gains_below: Whether gains stand in a line of their own, as on a narrow screen, and not
                in brackets.
        """
        few, many = self.seeds
        seeds = f"{many} seed{'s' * (many > 1)}" if few == many else f"{few} to {many} seeds"
        percent = ", in %" * self.percent
        parts = [
            f"{'/'.join(self.metrics)} on the target's test labels (oracle/target{percent}; target "
            f"test: {'/'.join(self.tests)}), mean ±standard deviation over {seeds}, best of a line "
            "in bold"
        ]
        if self.has_twin:
            where = "mean gain: the gain" if gains_below else "In brackets the gain"
            parts.append(f"{where} over {TWIN} of the same task and seed")
        else:
            parts.append(f"No run of {TWIN}, so no gains")
        alone = len(self.selections) == 1
        parts.append("Weights: " + "; ".join(
            how if alone else f"{how} ({', '.join(names)})"
            for how, names in self.selections.items()
        ))  # fmt: skip
        if any(how.startswith("oracle") for how in self.selections):
            parts.append(
                "A selection by oracle/ reads target labels: those figures are upper bounds"
            )
        if self.few_labels:
            parts.append(f"Some target labels were granted to {', '.join(self.few_labels)}")
        if self.oracles:
            parts.append(
                f"{', '.join(self.oracles)} trains on all target labels: an oracle, no rival"
            )
        if self.averaged:
            count, of, missing = self.averaged
            without = f", without {', '.join(missing)}" if missing else ""
            parts.append(
                f"mean: over the {count} of {of} tasks that every method finished{without}"
            )
        parts += [f"MIXED PROTOCOLS, allowed by who made this table: {f}" for f in self.faults]
        text = " ".join(". ".join([*parts, self.data]).split())
        budget = self.budget and (
            f"Gains are divided by the method's budget, its {self.budget}_s over {TWIN}'s: what "
            "one such budget bought."
        )
        return " ".join(filter(None, [text, self.choice, self.verdict, self.other_code, budget]))


def meaning(
    good: pd.DataFrame, mean: pd.DataFrame, faults: Sequence[str] = (), **more: Any
) -> Meaning:
    """What a table of finished rows of one benchmark means.

    Args:
        good: The rows.
        mean: The means that it shows, of :func:`da_bench.results.table.summary`.
        faults: What :func:`mixed` found, where the table was made all the same.
        more: Further attributes of :class:`Meaning`.
    """
    metrics = tuple(sorted(good[METRIC].dropna().astype(str).unique()))
    seeds = good.groupby([NAME, TASK, LABELS], dropna=False)[SEED].nunique()
    selections = good.groupby(SELECTION)[NAME].unique()
    count = pd.to_numeric(good[LABELS], errors="coerce")
    oracles = [m for m in good[METHOD].unique() if about("methods", m).get("oracle")]
    oracles += list(good.loc[good[LABELS] == "all", METHOD].unique())
    averaged = None
    if "mean" in mean.index:
        tasks = mean.drop(index="mean")
        whole = tasks.dropna()
        missing = tuple(map(str, tasks.index.difference(whole.index, sort=False)))
        averaged = (len(whole), len(tasks), missing)
    return Meaning(
        metrics=metrics,
        percent=len(metrics) == 1 and metrics[0] in PERCENT,
        tests=tuple(sorted(good[TARGET_TEST].dropna().astype(str).unique())),
        seeds=(int(seeds.min()), int(seeds.max())),
        has_twin=bool((good[METHOD] == TWIN).any()),
        selections={str(how): tuple(map(str, names)) for how, names in selections.items()},
        few_labels=tuple(sorted(good.loc[count.notna(), NAME].unique())),
        oracles=tuple(dict.fromkeys(oracles)),
        averaged=averaged,
        faults=tuple(faults),
        data=about("data", str(good[BENCHMARK].iloc[0])).get("protocol", ""),
        **more,
    )
