"""Rows to tables: mean and spread over seeds, gain over the source-only twin, best in bold."""

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
from .limits import LEFT_OUT, faults, sound
from .negative_transfer import BOUNDS, gain_bounds, harmed, over_tasks
from .other_code import made_by_other_code
from .protocol import MixedProtocols, mixed
from .renderers.rounding import told_apart
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


def frame(rows: Sequence[Mapping[str, Any]], current: set[str] | None = None) -> pd.DataFrame:
    """One line a run, with its gain over the twin of the same task and seed.

    Added are ``name`` (the method, with its variant in brackets where a sweep varied it, in as many
    digits as are read; ``variant`` has them all), ``task``, ``current``, ``configuration`` (a
    digest of the hyper-parameters), ``other_code`` and ``gain``. A finished run with a figure that
    can't be, such as a share of 86.1 or a score of NaN, is ``faulty``; its ``error`` names the
    figure.

    Args:
        rows: As the store holds them.
        current: Identities of the comparison at hand; other rows are kept, marked not current, and
            their gains left empty. None takes all as current.
    """
    rows = scored_or_not([sound(row) for row in rows], current)
    flat = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    for row in flat:  # a figure that can't be is in its error, and in no column of numbers
        row |= dict.fromkeys((key for key, _ in faults(row)))
    table = pd.DataFrame(flat, columns=None if flat else list(EXPECTED))
    for column in EXPECTED:
        if column not in table:
            table[column] = None
    table[VARIANT] = table[VARIANT].fillna("").astype(str)
    table[CURRENT] = True if current is None else table[IDENTITY].isin(current)
    table[TASK] = table[SOURCE].astype(str) + ":" + table[TARGET].astype(str)
    bare = table[METHOD].astype(str)
    read = table[VARIANT].map(told_apart(table[VARIANT])).astype(str)
    table[NAME] = bare.where(read == "", bare + "[" + read + "]")
    table[CONFIGURATION] = [_digest(row.get(HYPERPARAMETERS)) for row in rows]
    table[OTHER_CODE] = [made_by_other_code(row) for row in rows]
    if any(why := reasons(rows)):
        table[UNSCORED] = why
    table[GAIN] = gains(table, [row.get(SETTINGS) or {} for row in rows])
    rest = [c for c in table.columns if c not in FIRST]
    return table[FIRST + rest]


def scored_or_not(rows: Sequence[dict[str, Any]], current: set[str] | None) -> list[dict[str, Any]]:
    """The rows, with what finished without a score ``faulty`` where its task's others have one.

    Where no run of a task has one its target has no labels; where some have, a seed is missing.
    """
    good = [
        row for row in rows
        if row.get(STATUS) == OK and (current is None or row.get(IDENTITY) in current)
    ]  # fmt: skip
    known = {task(row) for row in good if row.get(SCORE) is not None}
    lost = {id(row) for row in good if row.get(SCORE) is None and task(row) in known}
    why = f"{LEFT_OUT}{SCORE} is missing, and other runs of the task have it"
    return [row | {STATUS: FAULTY, ERROR: why} if id(row) in lost else row for row in rows]


def task(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Benchmark, source and target of a row."""
    return tuple(str(row.get(key)) for key in (BENCHMARK, SOURCE, TARGET))


def _digest(hyperparameters: Mapping[str, Any] | None) -> str | None:
    if hyperparameters is None:
        return None
    # The folder it starts from differs with the seed, and is no setting.
    kept = {k: v for k, v in hyperparameters.items() if k != "init_from"}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()[:8]


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """One line a run, written whole and renamed."""
    write_whole(path, escape.csv_text(table))


def summary(
    table: pd.DataFrame, methods: Sequence[str] | None = None, allow_mixed: bool = False
) -> dict[str, pd.DataFrame]:
    """For one benchmark: ``mean``, ``spread``, ``gain``, ``runs``; tasks down and methods across.

    ``other_code`` counts the runs of a cell that were made by other code.

    The spread is the standard deviation over seeds; ``gain_low`` and ``gain_high`` are the limits
    of each gain's 95 % interval over its ``pairs``, runs whose twin finished too. A task that no
    method finished has a line of nothing. The last line averages the cells of the tasks that every
    method finished; its spread, gain and interval are over the seeds that met all of these.

    Args:
        table: Of :func:`frame`, one benchmark.
        methods: Their order, by name without variant; the twin first, then as they appear, by
            default.
        allow_mixed: Average over what :func:`da_bench.results.protocol.mixed` finds fault with.

    Raises:
        MixedProtocols: Rows differ in metric or in the way of testing; or one method's own rows
            differ in selection of weights, granted labels, budget of epochs or hyper-parameters,
            or count one seed twice. Methods may differ in how each selects: that is said in words.
    """
    good = table[(table[STATUS] == OK) & table[CURRENT]].copy()
    found = [] if allow_mixed else mixed(good)
    if found:
        raise MixedProtocols("; ".join(found))
    good["count"] = pd.to_numeric(good[LABELS], errors="coerce")  # "all" is no count
    counts = sorted(good["count"].dropna().unique())
    if counts:  # a line for each number of granted labels; what uses none stands in each
        others = [good[good["count"].isna()].assign(count=count) for count in counts]
        good = pd.concat([good[good["count"].notna()], *others]).sort_values("count", kind="stable")
        good[TASK] += [f", {int(count)} labels" for count in good["count"]]
    names = list(
        dict.fromkeys(good.sort_values(METHOD, key=lambda m: m != TWIN, kind="stable")[NAME])
    )
    of = dict(zip(good[NAME], good[METHOD], strict=True))
    if methods is None:  # as they appear, one method's variants by what they vary: 0.1, 1, 10
        place = {n: list(dict.fromkeys(of[m] for m in names)).index(of[n]) for n in names}
        names.sort(key=lambda name: (place[name], by_figures(name)))
    order = names if methods is None else [n for m in methods for n in names if of[n] == m]
    tasks = list(dict.fromkeys(good[TASK] if counts else table.loc[table[CURRENT], TASK]))
    parts = {}
    for name, value, how in PARTS:
        pivot = good.pivot_table(index=TASK, columns=NAME, values=value, aggfunc=how)  # type: ignore[arg-type]
        parts[name] = pivot.reindex(index=tasks, columns=order)
    bounds = gain_bounds(good, [TASK, NAME])
    for name in BOUNDS:
        parts[name] = _unstacked(bounds[name], tasks, order)
    if len(tasks) > 1 and not counts:
        whole = parts["mean"].dropna().index
        parts["mean"].loc[MEAN] = parts["mean"].loc[whole].mean()
        # Only a seed that met all of these tasks has an average that compares with the others'.
        by_seed = good[good[TASK].isin(whole)].groupby([NAME, SEED])[SCORE]
        averages = by_seed.mean()[by_seed.count() == len(whole)].groupby(NAME)
        parts["spread"].loc[MEAN] = averages.std().reindex(order)
        parts["runs"].loc[MEAN] = averages.count().reindex(order, fill_value=0)
        parts[OTHER_CODE].loc[MEAN] = parts[OTHER_CODE].loc[whole].sum()
        over = over_tasks(good, list(whole))
        for name in (GAIN, "pairs", *BOUNDS):
            parts[name].loc[MEAN] = over[name].reindex(order)
        parts["pairs"].loc[MEAN] = parts["pairs"].loc[MEAN].fillna(0)
    return parts


def by_figures(text: str) -> list[tuple[str, float]]:
    """A key to sort texts by in which ``lr=1e-05`` comes before ``lr=0.1``, and 2 before 10."""
    parts = re.split(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)", text)
    words, figures = parts[::2], [float(figure) for figure in parts[1::2]]
    return list(zip(words, [*figures, 0.0], strict=True))


def _unstacked(values: pd.Series, tasks: list[str], order: list[str]) -> pd.DataFrame:
    """Tasks down and methods across, of values by both."""
    index = pd.MultiIndex.from_product([tasks, order])
    return values.reindex(index).unstack().reindex(index=tasks, columns=order)


def cells(parts: Mapping[str, pd.DataFrame], unit: Unit, higher: bool) -> pd.DataFrame:
    """The summary as a table of :class:`Cell`, with ``-`` where a method has no finished run.

    Args:
        parts: Of :func:`summary`.
        unit: How figures are written; of two values that are written alike, both are best.
        higher: Whether the metric is better when higher.
    """
    like = parts["mean"]
    names = ("spread", GAIN, *BOUNDS)
    spread, gain, low, high = (parts[n].reindex_like(like).to_numpy(float) for n in names)
    mean, count = like.to_numpy(float), parts["runs"].reindex_like(like).fillna(0).to_numpy(int)
    harm = harmed(parts).to_numpy()
    other = parts[OTHER_CODE].reindex_like(like).fillna(0).to_numpy() > 0
    other &= not other[~np.isnan(mean)].all()  # where all are, the words say so
    rounded = np.round(mean * unit.scale, unit.digits)
    best = pd.DataFrame(rounded).agg("max" if higher else "min", axis=1).to_numpy()
    table = np.full(mean.shape, NOTHING, dtype=object)
    for line, column in zip(*np.nonzero(~np.isnan(mean)), strict=True):
        at = (line, column)
        rival = not is_twin(like.columns[column])
        table[at] = Cell(
            value=mean[at],
            spread=spread[at],
            gain=gain[at] if rival else np.nan,
            low=low[at] if rival else np.nan,
            high=high[at] if rival else np.nan,
            count=int(count[at]),
            best=bool(rounded[at] == best[line]),
            harm=bool(harm[at]) and rival,
            other_code=bool(other[at]),
            unit=unit,
        )
    return pd.DataFrame(table, index=like.index, columns=like.columns)
