"""Tables of rows: mean and spread over seeds, gain over the source-only twin, best in bold."""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from da_bench.io import escape
from da_bench.io.files import write_whole

from .cell import NOTHING, Cell, Unit
from .gains import gains
from .limits import LEFT_OUT, faults, mark_faulty
from .negative_transfer import BOUNDS, gain_bounds, over_tasks, shows_harm
from .other_code import made_by_other_code
from .protocol import MixedProtocols, protocol_faults
from .renderers.rounding import distinct_texts
from .row import (
    BENCHMARK,
    CONFIGURATION,
    CURRENT,
    ERROR,
    FAULTY,
    GAIN,
    HIGHER_IS_BETTER,
    HYPERPARAMETERS,
    IDENTITY,
    LABELS,
    METHOD,
    METRIC,
    NAME,
    OK,
    OTHER_CODE,
    SCORE,
    SEED,
    SELECTION,
    SETTINGS,
    SOURCE,
    STATUS,
    TARGET,
    TARGET_TEST,
    TASK,
    TWIN,
    UNSCORED,
    VAL_SOURCE,
    VARIANT,
    WALL_S,
    is_twin,
)
from .unlabelled import reasons

FIRST = [METHOD, BENCHMARK, SOURCE, TARGET, SEED, STATUS, METRIC,
         SCORE, VAL_SOURCE, GAIN, WALL_S]  # fmt: skip
"""Columns of ``results.csv`` that come first; the others follow in order of appearance."""

EXPECTED = (*FIRST, IDENTITY, VARIANT, LABELS, HIGHER_IS_BETTER, SELECTION,
            TARGET_TEST, ERROR)  # fmt: skip
MEAN, MEAN_GAIN = "mean", "mean gain"
PARTS = (
    ("mean", SCORE, "mean"),
    (GAIN, GAIN, "mean"),
    ("spread", SCORE, "std"),
    ("runs", SCORE, "count"),
    ("pairs", GAIN, "count"),
    (OTHER_CODE, OTHER_CODE, "sum"),
)


def frame(
    rows: Sequence[Mapping[str, Any]], current_identities: set[str] | None = None
) -> pd.DataFrame:
    """A line for each run, with its gain over the twin of the same task and seed.

    New columns are ``name`` (the method, with its variant in brackets where a sweep varied it, in
    four digits; ``variant`` has all digits), ``task``, ``current``, ``configuration`` (a digest of
    the hyper-parameters), ``other_code`` and ``gain``. A finished run with an impossible figure,
    such as a share of 86.1 or a score of NaN, is ``faulty``; its ``error`` names the figure.

    Args:
        rows: Rows as the store holds them.
        current_identities: Identities of the comparison at hand; other rows are marked as not
            current and have no gain. All rows are current where None.
    """
    rows = mark_missing_scores([mark_faulty(row) for row in rows], current_identities)
    flat_rows = [
        {key: value for key, value in row.items() if not isinstance(value, dict | list)}
        for row in rows
    ]
    for row in flat_rows:  # a figure that can't be is in its error, and in no column of numbers
        row |= dict.fromkeys((key for key, _ in faults(row)))
    table = pd.DataFrame(flat_rows, columns=None if flat_rows else list(EXPECTED))
    for column in EXPECTED:
        if column not in table:
            table[column] = None
    table[VARIANT] = table[VARIANT].fillna("").astype(str)
    table[CURRENT] = (
        True if current_identities is None else table[IDENTITY].isin(current_identities)
    )
    table[TASK] = table[SOURCE].astype(str) + ":" + table[TARGET].astype(str)
    methods = table[METHOD].astype(str)
    variants = table[VARIANT].map(distinct_texts(table[VARIANT])).astype(str)
    table[NAME] = methods.where(variants == "", methods + "[" + variants + "]")
    table[CONFIGURATION] = [_digest(row.get(HYPERPARAMETERS)) for row in rows]
    table[OTHER_CODE] = [made_by_other_code(row) for row in rows]
    if any(unscored_reasons := reasons(rows)):
        table[UNSCORED] = unscored_reasons
    table[GAIN] = gains(table, [row.get(SETTINGS) or {} for row in rows])
    other_columns = [column for column in table.columns if column not in FIRST]
    return table[FIRST + other_columns]


def mark_missing_scores(
    rows: Sequence[dict[str, Any]], current_identities: set[str] | None
) -> list[dict[str, Any]]:
    """Marks finished runs without a score ``faulty`` where other runs of the task have one.

    Where no run of a task has a score, its target has no labels, and nothing is marked.

    Args:
        rows: Rows as the store holds them.
        current_identities: Identities of the comparison at hand; None for all.
    """
    finished_rows = [
        row for row in rows
        if row.get(STATUS) == OK
        and (current_identities is None or row.get(IDENTITY) in current_identities)
    ]  # fmt: skip
    scored_tasks = {task(row) for row in finished_rows if row.get(SCORE) is not None}
    unscored_rows = {
        id(row) for row in finished_rows if row.get(SCORE) is None and task(row) in scored_tasks
    }
    reason = f"{LEFT_OUT}{SCORE} is missing, and other runs of the task have it"
    return [
        row | {STATUS: FAULTY, ERROR: reason} if id(row) in unscored_rows else row for row in rows
    ]


def task(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Benchmark, source and target of a row."""
    return tuple(str(row.get(key)) for key in (BENCHMARK, SOURCE, TARGET))


def _digest(hyperparameters: Mapping[str, Any] | None) -> str | None:
    if hyperparameters is None:
        return None
    # The folder it starts from differs with the seed, and is no setting.
    settings = {name: value for name, value in hyperparameters.items() if name != "init_from"}
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:8]


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Writes a table as CSV, whole and renamed."""
    write_whole(path, escape.csv_text(table))


def summary(
    table: pd.DataFrame, methods: Sequence[str] | None = None, allow_mixed: bool = False
) -> dict[str, pd.DataFrame]:
    """Summary of one benchmark: a table for each statistic, tasks down and methods across.

    The last line averages the tasks that every method finished; its spread, gain and interval are
    over the seeds that finished all of these.

    Args:
        table: Lines of :func:`frame`, one benchmark.
        methods: Methods in the order of the columns, without variants; by default the twin first,
            then as they appear.
        allow_mixed: Whether to average in spite of
            :func:`da_bench.results.protocol.protocol_faults`.

    Returns:
        By name ``mean``, ``spread`` (standard deviation over seeds), ``gain``, ``runs``, ``pairs``
        (runs whose twin finished, too), ``other_code`` (runs made by other code), and
        ``gain_low`` and ``gain_high``, the limits of each gain's 95 % interval; NaN where no run
        finished.

    Raises:
        MixedProtocols: Runs differ in metric or in the way of testing, or those of one method
            differ in selection of weights, number of labels, budget of epochs or hyper-parameters,
            or count one seed twice.
    """
    runs = table[(table[STATUS] == OK) & table[CURRENT]].copy()
    faults = [] if allow_mixed else protocol_faults(runs)
    if faults:
        raise MixedProtocols("; ".join(faults))
    runs["count"] = pd.to_numeric(runs[LABELS], errors="coerce")  # "all" is no count
    counts = sorted(runs["count"].dropna().unique())
    if counts:  # a line for each number of granted labels; what uses none stands in each
        unlabelled_runs = [runs[runs["count"].isna()].assign(count=count) for count in counts]
        runs = pd.concat([runs[runs["count"].notna()], *unlabelled_runs]).sort_values(
            "count", kind="stable"
        )
        runs[TASK] += [f", {int(count)} labels" for count in runs["count"]]
    names = list(
        dict.fromkeys(
            runs.sort_values(METHOD, key=lambda methods: methods != TWIN, kind="stable")[NAME]
        )
    )
    method_of = dict(zip(runs[NAME], runs[METHOD], strict=True))
    if methods is None:  # as they appear, one method's variants by what they vary: 0.1, 1, 10
        place = {
            label: list(dict.fromkeys(method_of[method] for method in names)).index(
                method_of[label]
            )
            for label in names
        }
        names.sort(key=lambda name: (place[name], by_figures(name)))
    order = (
        names
        if methods is None
        else [label for method in methods for label in names if method_of[label] == method]
    )
    tasks = list(dict.fromkeys(runs[TASK] if counts else table.loc[table[CURRENT], TASK]))
    parts = {}
    for name, value, statistic in PARTS:
        pivot = runs.pivot_table(index=TASK, columns=NAME, values=value, aggfunc=statistic)  # type: ignore[arg-type]
        parts[name] = pivot.reindex(index=tasks, columns=order)
    bounds = gain_bounds(runs, [TASK, NAME])
    for name in BOUNDS:
        parts[name] = _pivot(bounds[name], tasks, order)
    if len(tasks) > 1 and not counts:
        complete_tasks = parts["mean"].dropna().index
        parts["mean"].loc[MEAN] = parts["mean"].loc[complete_tasks].mean()
        # Only a seed that met all of these tasks has an average that compares with the others'.
        by_seed = runs[runs[TASK].isin(complete_tasks)].groupby([NAME, SEED])[SCORE]
        averages = by_seed.mean()[by_seed.count() == len(complete_tasks)].groupby(NAME)
        parts["spread"].loc[MEAN] = averages.std().reindex(order)
        parts["runs"].loc[MEAN] = averages.count().reindex(order, fill_value=0)
        parts[OTHER_CODE].loc[MEAN] = parts[OTHER_CODE].loc[complete_tasks].sum()
        verdicts = over_tasks(runs, list(complete_tasks))
        for name in (GAIN, "pairs", *BOUNDS):
            parts[name].loc[MEAN] = verdicts[name].reindex(order)
        parts["pairs"].loc[MEAN] = parts["pairs"].loc[MEAN].fillna(0)
    return parts


def by_figures(text: str) -> list[tuple[str, float]]:
    """Key for sorting texts by their numbers: ``lr=1e-05`` before ``lr=0.1``, 2 before 10."""
    parts = re.split(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", text)
    words, figures = parts[::2], [float(figure) for figure in parts[1::2]]
    return list(zip(words, [*figures, 0.0], strict=True))


def _pivot(values: pd.Series, tasks: list[str], order: list[str]) -> pd.DataFrame:
    """A table of values by task and method: tasks down and methods across."""
    index = pd.MultiIndex.from_product([tasks, order])
    return values.reindex(index).unstack().reindex(index=tasks, columns=order)


def cells(parts: Mapping[str, pd.DataFrame], unit: Unit, higher: bool) -> pd.DataFrame:
    """A summary as one table of :class:`Cell`, with ``-`` where a method has no finished run.

    Args:
        parts: Tables that :func:`summary` made.
        unit: How figures are written; two values that are written alike are both the best.
        higher: Whether a higher figure is better.
    """
    means = parts["mean"]
    names = ("spread", GAIN, *BOUNDS)
    spread, gain, low, high = (parts[part].reindex_like(means).to_numpy(float) for part in names)
    mean, count = means.to_numpy(float), parts["runs"].reindex_like(means).fillna(0).to_numpy(int)
    harm = shows_harm(parts).to_numpy()
    other_code = parts[OTHER_CODE].reindex_like(means).fillna(0).to_numpy() > 0
    other_code &= not other_code[~np.isnan(mean)].all()  # where all are, the words say so
    rounded_means = np.round(mean * unit.scale, unit.digits)
    best_means = pd.DataFrame(rounded_means).agg("max" if higher else "min", axis=1).to_numpy()
    table = np.full(mean.shape, NOTHING, dtype=object)
    for line, column in zip(*np.nonzero(~np.isnan(mean)), strict=True):
        place = (line, column)
        is_rival = not is_twin(means.columns[column])
        table[place] = Cell(
            value=mean[place],
            spread=spread[place],
            gain=gain[place] if is_rival else np.nan,
            low=low[place] if is_rival else np.nan,
            high=high[place] if is_rival else np.nan,
            count=int(count[place]),
            best=bool(rounded_means[place] == best_means[line]),
            harm=bool(harm[place]) and is_rival,
            other_code=bool(other_code[place]),
            unit=unit,
        )
    return pd.DataFrame(table, index=means.index, columns=means.columns)
