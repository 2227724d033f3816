"""Runs whose target has no labels to test on: what is known of them, and what to do next."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from da_bench.io import escape

from .choice.choosing import ScoredRun
from .protocol import PERCENT
from .renderers.choice_table import table_text
from .row import (
    A_DISTANCE,
    BENCHMARK,
    METHOD,
    METRIC,
    NAME,
    OK,
    PREDICTED,
    SCORE,
    SEED,
    STATUS,
    TASK,
    TWIN,
    UNSCORED,
    VAL_SOURCE,
    VARIANT,
)

SCORES = {"information_maximisation": "↑", "entropy": "↓", "mcc": "↓"}
"""Validators in the table, cheap on many samples, and which way is better."""
CLASSES = 12
"""Largest number of classes whose predicted shares are shown; those of others are added up."""


def reasons(rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Reasons why finished rows have no score on the target; None where one has, or failed."""
    return [
        row.get(UNSCORED) or (None if SCORE in row or row.get(STATUS) != OK
                            else "no score stored")
        for row in rows
    ]  # fmt: skip


def split(runs: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Splits runs into those of tasks with target labels, and those of tasks without.

    A task has none where some run finished and no finished run has a score.

    Args:
        runs: Lines of :func:`da_bench.results.table.frame`, of one or more benchmarks.
    """
    if UNSCORED not in runs:
        return runs, runs[:0]
    tasks = pd.Series(zip(runs[BENCHMARK], runs[TASK], strict=True), runs.index, dtype=object)
    is_finished = runs[STATUS] == OK
    is_unscored = is_finished & runs[UNSCORED].notna() & runs[SCORE].isna()
    is_unlabelled = tasks.isin(set(tasks[is_unscored]) - set(tasks[is_finished & ~is_unscored]))
    return runs[~is_unlabelled], runs[is_unlabelled]


def cells(runs: pd.DataFrame, methods: Sequence[str] | None = None) -> pd.DataFrame:
    """Mean and deviation of each known figure as text: figures of each task down, methods across.

    Args:
        runs: Runs of one benchmark's tasks without target labels.
        methods: Methods in the order of the columns; by default the twin first, then as they
            appear.
    """
    finished_runs = runs[runs[STATUS] == OK]
    method_of = dict(zip(finished_runs[NAME], finished_runs[METHOD], strict=True))
    order = methods or list(
        dict.fromkeys(sorted(method_of.values(), key=lambda method: method != TWIN))
    )
    names = [name for method in order for name in method_of if method_of[name] == method]
    percent = finished_runs[METRIC].iloc[0] in PERCENT
    tasks, blocks = list(dict.fromkeys(finished_runs[TASK])), []
    for task in tasks:
        task_runs = finished_runs[finished_runs[TASK] == task]
        block = pd.DataFrame(_lines(task_runs, names, percent)).T.reindex(columns=names)
        if len(tasks) > 1:
            block.index = pd.Index([f"{task} {line}" for line in block.index])
        blocks.append(block)
    return pd.concat(blocks).fillna("-").rename_axis(tasks[0] if len(tasks) == 1 else TASK)


def _lines(runs: pd.DataFrame, names: list[str], percent: bool) -> dict[str, dict[str, str]]:
    """Texts of one task's table by the label of the line, then by method."""
    metric = str(runs[METRIC].iloc[0])
    columns = {VAL_SOURCE: f"val/source, {metric}" + " in %" * percent}
    columns |= {f"validator/{name}": f"{name} {direction}" for name, direction in SCORES.items()}
    columns[A_DISTANCE] = "A-distance"
    texts = {}
    for column, label in columns.items():
        if column in runs and runs[column].notna().any():
            scale = 100 if column == VAL_SOURCE and percent else 1
            texts[label] = {name: _text(runs.loc[runs[NAME] == name, column] * scale, 1 if scale > 1
                                     else 3) for name in names}  # fmt: skip
    if PREDICTED not in runs or runs[PREDICTED].isna().all():
        return texts
    shares = pd.DataFrame(map(_shares, runs[PREDICTED]), index=runs.index)
    top_names = list(shares.mean().sort_values(ascending=False, kind="stable").index[:CLASSES])
    frequent = [
        label_name
        for label_name in shares.columns
        if label_name in top_names or len(shares.columns) == CLASSES + 1
    ]
    share_lines = {
        f"called {label_name}, in %" if percent else f"mean of {label_name}": shares[label_name]
        for label_name in frequent
    }
    if other_names := [label_name for label_name in shares.columns if label_name not in frequent]:
        share_lines[f"called one of {len(other_names)} other classes, in %"] = shares[
            other_names
        ].sum(axis=1)
    for label, values in share_lines.items():
        figures, digits = (100 * values, 1) if percent else (values, 3)
        texts[label] = {name: _text(figures[runs[NAME] == name], digits) for name in names}
    return texts


def _shares(text: Any) -> dict[str, float]:
    """Shares by class name of a row's ``predicted``, a text of JSON; empty where it has none."""
    return escape.visible_values(json.loads(text)) if isinstance(text, str) else {}


def _text(values: pd.Series, digits: int) -> str:
    """Mean and standard deviation over seeds as text, such as ``0.412 ±0.031``."""
    numbers = pd.to_numeric(values, errors="coerce").dropna()
    if numbers.empty:
        return "-"
    spread = f" ±{np.std(numbers, ddof=1):.{digits}f}" if len(numbers) > 1 else ""
    return f"{numbers.mean():.{digits}f}{spread}"


def _mean(texts: pd.Series) -> str | None:
    """Mean over seeds of predicted shares, as JSON again."""
    shares = pd.DataFrame(map(_shares, texts.dropna()))
    return json.dumps(shares.mean().to_dict()) if len(shares) else None


def words(runs: pd.DataFrame) -> str:
    """Sentences on why there is no score, what the lines mean, and what to do next."""
    finished_runs = runs[runs[STATUS] == OK]
    reason_of = {"no labels": "has no labels", "no test samples": "has no test samples (test: 0)"}
    reasons_text = " or ".join(
        reason_of.get(reason, "was not scored") for reason in dict.fromkeys(finished_runs[UNSCORED])
    )
    metric, counts = (
        finished_runs[METRIC].iloc[0],
        finished_runs.groupby([NAME, TASK])[SEED].nunique(),
    )
    seeds = int(counts.max())
    has_validators = any(
        f"validator/{name}" in finished_runs and finished_runs[f"validator/{name}"].notna().any()
        for name in SCORES
    )
    exception = "; -: there is no space in which both lie, as in JDOT and EasyTL"
    if A_DISTANCE not in finished_runs or finished_runs[A_DISTANCE].notna().all():
        exception = ""
    share_words = "what the target's test samples are called"
    if has_validators:
        share_words += " (one class for nearly all of them is a collapse)"
    elif metric not in PERCENT:
        share_words = "the mean of what is predicted of the target's test samples"
    return (
        f"The target {reasons_text}, so {metric} there can't be known, nor which method is best. "
        f"Shown is what needs no target label, mean ±standard deviation over {seeds} seed"
        f"{'s' * (seeds > 1)}: the score on held-out source samples, "
        + "validators (arrows: the better way), "
        * has_validators
        + "the A-distance of both domains' features after training (0: alike, 2: told "
        f"apart without error{exception}), and {share_words}. Next: "
        + "da-bench select FOLDER --by information_maximisation chooses settings by a validator; "
        * has_validators
        + "da-bench predict --run RUN "
        f"--input FILE writes predictions to look at; with labels for some target samples, {metric}"
        " is measured on those."
    )


def validator_table(runs: Sequence[ScoredRun], names: Sequence[str], style: str, title: str) -> str:
    """A table of validators' mean scores by method, for targets without labels.

    Args:
        runs: Runs with their scores.
        names: Names of validators.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``.
        title: Title of the table.
    """
    scores = pd.DataFrame([{METHOD: run.row[METHOD], **run.scores} for run in runs])
    methods = list(dict.fromkeys(scores[METHOD]))
    body = [
        [name, *(_text(scores.loc[scores[METHOD] == method, name], 3) for method in methods)]
        for name in names
    ]
    notes = (
        "Means ±standard deviation over runs, higher for better: a risk has its sign turned. What "
        "choosing by one would lose can't be known without target labels."
    )
    return table_text(["validator", *methods], body, style, title, notes)


def long_table(runs: pd.DataFrame) -> pd.DataFrame:
    """A line for each task and method with means over seeds in full, also where all runs failed."""
    full_names = runs[METHOD] + "[" + runs[VARIANT] + "]"
    runs = runs.assign(method=runs[METHOD].where(runs[VARIANT] == "", full_names))
    finished_runs = runs[runs[STATUS] == OK]
    keys = [BENCHMARK, TASK, METHOD]
    names = map(str, finished_runs.columns)
    numbers = [
        column
        for column in names
        if column.startswith("validator/") or column in (VAL_SOURCE, A_DISTANCE)
    ]
    groups = finished_runs.groupby(keys, sort=False)
    table = groups[numbers].mean().join(groups[[METRIC, UNSCORED]].first())
    if PREDICTED in finished_runs:
        table[PREDICTED] = groups[PREDICTED].agg(_mean)
    failed_counts = runs[runs[STATUS] != OK].groupby(keys, sort=False).size()
    table = table.assign(runs=groups.size()).join(failed_counts.rename("failed"), how="outer")
    for count in ("runs", "failed"):
        table[count] = table[count].fillna(0).astype(int)
    return table.reset_index()
