"""Runs whose target has no labels to test on: what can be known of them, and what to do next."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from da_bench.io import escape

from .choosing import Scored
from .protocol import PERCENT
from .renderers.choice_table import written
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
"""Classes whose predicted shares are shown; more are added up."""


def reasons(rows: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """Why each finished row has no score on the target; None where it has one, or failed."""
    return [
        row.get(UNSCORED) or (None if SCORE in row or row.get(STATUS) != OK
                            else "no score stored")
        for row in rows
    ]  # fmt: skip


def split(own: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Runs of tasks whose target is scored, and of those where no finished run has a score.

    Benchmarks may share the name of a task: each has its own.
    """
    if UNSCORED not in own:
        return own, own[:0]
    tasks = pd.Series(zip(own[BENCHMARK], own[TASK], strict=True), own.index, dtype=object)
    good = own[STATUS] == OK
    none = good & own[UNSCORED].notna() & own[SCORE].isna()
    bare = tasks.isin(set(tasks[none]) - set(tasks[good & ~none]))
    return own[~bare], own[bare]


def cells(bare: pd.DataFrame, methods: Sequence[str] | None = None) -> pd.DataFrame:
    """What is known of each task, a line a figure and methods across: mean and deviation as text.

    Args:
        bare: Of :func:`split`, one benchmark.
        methods: Their order; the twin first, then as they appear, by default.
    """
    good = bare[bare[STATUS] == OK]
    of = dict(zip(good[NAME], good[METHOD], strict=True))
    order = methods or list(dict.fromkeys(sorted(of.values(), key=lambda m: m != TWIN)))
    names = [n for m in order for n in of if of[n] == m]
    percent = good[METRIC].iloc[0] in PERCENT
    tasks, blocks = list(dict.fromkeys(good[TASK])), []
    for task in tasks:
        own = good[good[TASK] == task]
        block = pd.DataFrame(_lines(own, names, percent)).T.reindex(columns=names)
        if len(tasks) > 1:
            block.index = pd.Index([f"{task} {line}" for line in block.index])
        blocks.append(block)
    return pd.concat(blocks).fillna("-").rename_axis(tasks[0] if len(tasks) == 1 else TASK)


def _lines(own: pd.DataFrame, names: list[str], percent: bool) -> dict[str, dict[str, str]]:
    """Label of a line -> method -> text."""
    metric = str(own[METRIC].iloc[0])
    columns = {VAL_SOURCE: f"val/source, {metric}" + " in %" * percent}
    columns |= {f"validator/{name}": f"{name} {way}" for name, way in SCORES.items()}
    columns[A_DISTANCE] = "A-distance"
    found = {}
    for column, label in columns.items():
        if column in own and own[column].notna().any():
            scaled = 100 if column == VAL_SOURCE and percent else 1
            found[label] = {n: _text(own.loc[own[NAME] == n, column] * scaled, 1 if scaled > 1
                                     else 3) for n in names}  # fmt: skip
    if PREDICTED not in own or own[PREDICTED].isna().all():
        return found
    shares = pd.DataFrame(map(_shares, own[PREDICTED]), index=own.index)
    most = list(shares.mean().sort_values(ascending=False, kind="stable").index[:CLASSES])
    shown = [c for c in shares.columns if c in most or len(shares.columns) == CLASSES + 1]
    called = {f"called {c}, in %" if percent else f"mean of {c}": shares[c] for c in shown}
    if rest := [c for c in shares.columns if c not in shown]:
        called[f"called one of {len(rest)} other classes, in %"] = shares[rest].sum(axis=1)
    for label, values in called.items():
        figures, digits = (100 * values, 1) if percent else (values, 3)
        found[label] = {n: _text(figures[own[NAME] == n], digits) for n in names}
    return found


def _shares(text: Any) -> dict[str, float]:
    """Names and figures of a row's ``predicted``, which is JSON within JSON; else nothing."""
    return escape.visible_values(json.loads(text)) if isinstance(text, str) else {}


def _text(values: pd.Series, digits: int) -> str:
    """``0.412 ±0.031``: mean and standard deviation over seeds."""
    known = pd.to_numeric(values, errors="coerce").dropna()
    if known.empty:
        return "-"
    spread = f" ±{np.std(known, ddof=1):.{digits}f}" if len(known) > 1 else ""
    return f"{known.mean():.{digits}f}{spread}"


def _mean(texts: pd.Series) -> str | None:
    """Mean over seeds of predicted shares, as JSON again."""
    shares = pd.DataFrame(map(_shares, texts.dropna()))
    return json.dumps(shares.mean().to_dict()) if len(shares) else None


def words(bare: pd.DataFrame) -> str:
    """Why there is no score, what the lines mean, and what to do next."""
    good = bare[bare[STATUS] == OK]
    why = {"no labels": "has no labels", "no test samples": "has no test samples (test: 0)"}
    said = " or ".join(why.get(r, "was not scored") for r in dict.fromkeys(good[UNSCORED]))
    metric, counts = good[METRIC].iloc[0], good.groupby([NAME, TASK])[SEED].nunique()
    seeds = int(counts.max())
    chosen = any(f"validator/{v}" in good and good[f"validator/{v}"].notna().any() for v in SCORES)
    apart = "; -: there is no space in which both lie, as in JDOT and EasyTL"
    if A_DISTANCE not in good or good[A_DISTANCE].notna().all():
        apart = ""
    called = "what the target's test samples are called"
    if chosen:
        called += " (one class for nearly all of them is a collapse)"
    elif metric not in PERCENT:
        called = "the mean of what is predicted of the target's test samples"
    return (
        f"The target {said}, so {metric} there can't be known, nor which method is best. Shown is "
        f"what needs no target label, mean ±standard deviation over {seeds} seed"
        f"{'s' * (seeds > 1)}: the score on held-out source samples, "
        + "validators (arrows: the better way), "
        * chosen
        + "the A-distance of both domains' features after training (0: alike, 2: told "
        f"apart without error{apart}), and {called}. Next: "
        + "da-bench select FOLDER --by information_maximisation chooses settings by a validator; "
        * chosen
        + "da-bench predict --run RUN "
        f"--input FILE writes predictions to look at; with labels for some target samples, {metric}"
        " is measured on those."
    )


def validators(runs: Sequence[Scored], names: Sequence[str], style: str, title: str) -> str:
    """What validators say of each method, where no target label tells what their choices lose."""
    own = pd.DataFrame([{METHOD: run.row[METHOD], **run.scores} for run in runs])
    methods = list(dict.fromkeys(own[METHOD]))
    body = [[n, *(_text(own.loc[own[METHOD] == m, n], 3) for m in methods)] for n in names]
    said = (
        "Means ±standard deviation over runs, higher for better: a risk has its sign turned. What "
        "choosing by one would lose can't be known without target labels."
    )
    return written(["validator", *methods], body, style, title, said)


def long(bare: pd.DataFrame) -> pd.DataFrame:
    """A line for each task and method, means over seeds in full; of those that only failed, too."""
    varied = bare[METHOD] + "[" + bare[VARIANT] + "]"
    bare = bare.assign(method=bare[METHOD].where(bare[VARIANT] == "", varied))
    good = bare[bare[STATUS] == OK]
    keys = [BENCHMARK, TASK, METHOD]
    names = map(str, good.columns)
    numbers = [c for c in names if c.startswith("validator/") or c in (VAL_SOURCE, A_DISTANCE)]
    groups = good.groupby(keys, sort=False)
    found = groups[numbers].mean().join(groups[[METRIC, UNSCORED]].first())
    if PREDICTED in good:
        found[PREDICTED] = groups[PREDICTED].agg(_mean)
    lost = bare[bare[STATUS] != OK].groupby(keys, sort=False).size()
    found = found.assign(runs=groups.size()).join(lost.rename("failed"), how="outer")
    for count in ("runs", "failed"):
        found[count] = found[count].fillna(0).astype(int)
    return found.reset_index()
