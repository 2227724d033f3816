"""Rows to tables: mean and spread over seeds, gain over the source-only twin, best in bold."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .grid import TWIN

FIRST = ["method", "benchmark", "source", "target", "seed", "status", "metric",
         "oracle/target", "val/source", "gain", "wall_s"]  # fmt: skip
"""Columns of ``results.csv`` that come first; the others follow in order of appearance."""

MEAN, GAIN = "mean", "mean gain"
PARTS = (
    ("mean", "oracle/target", "mean"),
    ("gain", "gain", "mean"),
    ("spread", "oracle/target", "std"),
)


class MixedProtocols(ValueError):
    """Rows that must not stand in one table."""


def frame(rows: Sequence[Mapping[str, Any]], current: set[str] | None = None) -> pd.DataFrame:
    """One line a run, with its gain over the twin of the same task and seed.

    Args:
        rows: As the store holds them.
        current: Identities of the comparison at hand; other rows are kept, marked not current, and
            their gains left empty. None takes all as current.
    """
    flat = [{k: v for k, v in row.items() if not isinstance(v, dict | list)} for row in rows]
    table = pd.DataFrame(flat, columns=None if flat else [*FIRST, "identity"])
    for column in (*FIRST, "labels", "higher_is_better", "selection", "target_test"):
        if column not in table:
            table[column] = None
    table["current"] = True if current is None else table["identity"].isin(current)
    keys = ["benchmark", "source", "target", "seed"]
    good = table[table["current"] & (table["status"] == "ok")]
    twins = (
        good[good["method"] == TWIN]
        .drop_duplicates(keys)
        .set_index(keys)["oracle/target"]
        .to_dict()
    )
    gains = []
    for _, row in table.iterrows():
        twin = (
            twins.get(tuple(row[k] for k in keys))
            if row["current"] and row["status"] == "ok"
            else None
        )
        sign = -1 if row["higher_is_better"] is False else 1
        gains.append(None if twin is None else sign * (row["oracle/target"] - twin))
    table["gain"] = pd.Series(gains, index=table.index, dtype=float)
    rest = [c for c in table.columns if c not in FIRST]
    return table[FIRST + rest]


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """One line a run, written whole and renamed."""
    partial = path.with_suffix(".part")
    table.to_csv(partial, index=False)
    partial.replace(path)


def summary(table: pd.DataFrame, methods: Sequence[str]) -> dict[str, pd.DataFrame]:
    """For one benchmark: ``mean``, ``spread`` and ``gain``, tasks down and methods across.

    The spread is the standard deviation over seeds. The last line averages over the tasks that
    every method finished; its spread is over seeds, of that average.

    Raises:
        MixedProtocols: Rows differ in metric, selection of weights or way of testing.
    """
    good = table[(table["status"] == "ok") & table["current"]].copy()
    for column in ("metric", "target_test"):
        if good[column].nunique() > 1:
            raise MixedProtocols(f"rows differ in {column}: {sorted(good[column].unique())}")
    good["task"] = good["source"].astype(str) + ":" + good["target"].astype(str)
    good["count"] = pd.to_numeric(good["labels"], errors="coerce")  # "all" is no count
    counts = sorted(good["count"].dropna().unique())
    if counts:  # a line for each number of granted labels; what uses none stands in each
        others = [good[good["count"].isna()].assign(count=count) for count in counts]
        good = pd.concat([good[good["count"].notna()], *others]).sort_values("count", kind="stable")
        good["task"] += [f", {int(count)} labels" for count in good["count"]]
    order = [m for m in methods if m in set(good["method"])]
    tasks = list(dict.fromkeys(good["task"]))
    parts = {}
    for name, value, how in PARTS:
        table = good.pivot_table(index="task", columns="method", values=value, aggfunc=how)  # type: ignore[arg-type]
        parts[name] = table.reindex(index=tasks, columns=order)
    if len(tasks) > 1 and not counts:
        whole = good[good["task"].isin(parts["mean"].dropna().index)]
        by_seed = whole.groupby(["method", "seed"])[["oracle/target", "gain"]].mean()
        for name, value, how in PARTS:
            parts[name].loc[MEAN] = by_seed[value].groupby("method").agg(how).reindex(order)
    return parts


def cells(
    parts: Mapping[str, pd.DataFrame], percent: bool, higher: bool, gains: bool
) -> pd.DataFrame:
    """The summary as text: ``76.3 ±0.4 (+0.2)``; the best of a line within ``**``."""
    scale, digits = (100, 1) if percent else (1, 3)
    mean, spread, gain = parts["mean"] * scale, parts["spread"] * scale, parts["gain"] * scale
    text = pd.DataFrame("-", index=mean.index, columns=mean.columns)
    for task in mean.index:
        line = mean.loc[task].round(digits)
        best = line.max() if higher else line.min()
        for method in mean.columns:
            if pd.isna(line[method]):
                continue
            cell = f"{mean.loc[task, method]:.{digits}f}"
            if pd.notna(spread.loc[task, method]):
                cell += f" ±{spread.loc[task, method]:.{digits}f}"
            if line[method] == best:
                cell = f"**{cell}**"
            if gains and method != TWIN and pd.notna(gain.loc[task, method]):
                cell += f" ({gain.loc[task, method]:+.{digits}f})"
            text.loc[task, method] = cell
    return text


def markdown(text: pd.DataFrame) -> str:
    """A Markdown table."""
    head = "| task | " + " | ".join(text.columns) + " |\n|---|" + "---|" * len(text.columns)
    lines = [
        f"| {task} | " + " | ".join(row) + " |"
        for task, row in zip(text.index, text.to_numpy(), strict=True)
    ]
    return "\n".join([head, *lines])
