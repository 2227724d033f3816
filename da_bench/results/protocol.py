"""What a table's numbers mean, in words; which rows must not share one; which runs it lacks."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from da_bench.config import layers

from .limits import FAULTY, NOT_RUN, SHARES
from .row import TWIN

CELL = ["benchmark", "name", "task", "labels", "seed"]
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
    for column in ("metric", "higher_is_better", "target_test"):
        values = good[column].dropna().unique()
        if len(values) > 1:
            found.append(f"rows differ in {column}: {sorted(map(str, values))}")
    for column in ("selection", "max_epochs"):
        if column in good:
            found += _differ(good, ["name"], column)
    granted = good.assign(labels=good["labels"].notna().map({True: "some", False: "none"}))
    found += _differ(granted, ["name"], "labels")
    # Between tasks a search may choose differently; between the seeds of one nothing should.
    found += _differ(good, ["name", "task", "labels"], "configuration")
    twice = good[good.duplicated(CELL)]
    if len(twice):
        first = twice.iloc[0]
        found.append(
            f"{len(twice)} runs count a seed twice, as with other settings or older code: "
            f"{first['name']} {first['task']} seed {first['seed']}, first"
        )
    return found


def _differ(good: pd.DataFrame, keys: list[str], column: str) -> list[str]:
    values = good.groupby(keys, dropna=False)[column].nunique()
    wrong = values[values > 1]
    if wrong.empty:
        return []
    key = wrong.index[0]
    names = list(dict.fromkeys(wrong.index.get_level_values("name")))
    own = good
    for level, value in zip(keys, key if isinstance(key, tuple) else (key,), strict=True):
        own = own[own[level].isna() if pd.isna(value) else own[level] == value]
    shown = sorted(map(str, own[column].dropna().unique()))
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    what = "hyper-parameters (digests)" if column == "configuration" else column
    return [f"rows of {names[0]}{more} differ in {what}: {shown}"]


def higher_is_better(good: pd.DataFrame) -> bool:
    """Whether a table's metric is one to raise; so it is where rows do not say."""
    # Not `is False`: a column of booleans holds numpy's, of which none is that object.
    return not good["higher_is_better"].eq(False).any()


def newest(table: pd.DataFrame) -> pd.DataFrame:
    """Of runs that stand for the same cell the one written last, by column ``written``."""
    late = table.sort_values(["written", "folder"], kind="stable")
    good = late["status"] == "ok"
    kept = pd.concat([late[~good], late[good].drop_duplicates(CELL, keep="last")])
    return kept.sort_index()


def missing(table: pd.DataFrame) -> pd.DataFrame:
    """Runs that a table lacks, by method: ``wanted``, ``failed``, ``left out`` and ``not run``.

    Left out is what finished with a figure that can't be.

    Wanted is each of the method's tasks, as any method ran it, with each seed that any ran.
    """
    seen = table[table["current"]]
    tasks = seen.drop_duplicates(["benchmark", "task"])[["benchmark", "task"]]
    seeds = seen.drop_duplicates(["benchmark", "seed"])[["benchmark", "seed"]]
    names = seen.drop_duplicates(["benchmark", "name", "labels"])[["benchmark", "name", "labels"]]
    done = seen[seen["status"] == "ok"]
    # A failed run may not know how many labels it had: it stands with the method's others.
    knows = names.groupby(["benchmark", "name"])["labels"].transform("count") > 0
    names = names[names["labels"].notna() | ~knows]
    grid = names.merge(tasks, on="benchmark").merge(seeds, on="benchmark")
    wanted = grid.groupby("name").size()
    found = done.drop_duplicates(CELL).groupby("name").size().reindex(wanted.index, fill_value=0)
    lacking = (wanted - found).clip(lower=0)
    parts = {"wanted": wanted}
    none = seen["status"].isin(["ok", NOT_RUN])
    out = seen["status"] == FAULTY
    for what, own in (("failed", seen[~none & ~out]), ("left out", seen[out])):
        bad = own.groupby("name").size()
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
    bad = table[table["current"] & (table["status"] != "ok")]
    errors = bad["error"].fillna("").astype(str)
    folders = bad["folder"] if "folder" in bad else pd.Series("", bad.index)
    return pd.DataFrame(
        {
            "method": bad["name"],
            "task": bad["task"],
            "seed": bad["seed"],
            "error": [one_line(text) or UNTOLD for text in errors],
            "folder": folders.fillna("").astype(str),
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


def words(good: pd.DataFrame, mean: pd.DataFrame, faults: Sequence[str] = ()) -> str:
    """The protocol behind a table, in sentences.

    Args:
        good: Its finished rows, of one benchmark.
        mean: The means that it shows, of :func:`da_bench.results.table.summary`.
        faults: What :func:`mixed` found, where the table was made all the same.
    """
    metrics = "/".join(sorted(good["metric"].dropna().astype(str).unique()))
    percent = ", in %" if metrics in PERCENT else ""
    counts = good.groupby(["name", "task", "labels"], dropna=False)["seed"].nunique()
    few, many = int(counts.min()), int(counts.max())
    seeds = f"{many} seed{'s' * (many > 1)}" if few == many else f"{few} to {many} seeds"
    test = "/".join(sorted(good["target_test"].dropna().astype(str).unique()))
    told = [
        f"{metrics} on the target's test labels (oracle/target{percent}; target test: {test}), "
        f"mean ±standard deviation over {seeds}, best of a line in bold"
    ]
    if (good["method"] == TWIN).any():
        told.append(f"In brackets the gain over {TWIN} of the same task and seed")
    else:
        told.append(f"No run of {TWIN}, so no gains")
    chosen = good.groupby("selection")["name"].unique()
    told.append(
        "Weights: " + "; ".join(
            f"{how} ({', '.join(own)})" if len(chosen) > 1 else str(how)
            for how, own in chosen.items()
        )
    )  # fmt: skip
    if any(str(how).startswith("oracle") for how in chosen.index):
        told.append("A selection by oracle/ reads target labels: those figures are upper bounds")
    count = pd.to_numeric(good["labels"], errors="coerce")
    granted = sorted(good.loc[count.notna(), "name"].unique())
    if granted:
        told.append(f"Some target labels were granted to {', '.join(granted)}")
    oracle = [m for m in good["method"].unique() if about("methods", m).get("oracle")]
    oracle += [n for n in good.loc[good["labels"] == "all", "method"].unique() if n not in oracle]
    if oracle:
        told.append(f"{', '.join(oracle)} trains on all target labels: an oracle, no rival")
    if "mean" in mean.index:
        tasks = mean.drop(index="mean")
        whole = tasks.dropna()
        left = ", ".join(map(str, tasks.index.difference(whole.index, sort=False)))
        told.append(
            f"mean: over the {len(whole)} of {len(tasks)} tasks that every method finished"
            + (f", without {left}" if left else "")
        )
    told += [f"MIXED PROTOCOLS, allowed by who made this table: {fault}" for fault in faults]
    protocol = about("data", str(good["benchmark"].iloc[0])).get("protocol", "")
    return " ".join(". ".join([*told, protocol]).split())
