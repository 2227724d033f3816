"""The rows of a folder as one document: a table for each benchmark, what it lacks, statistics."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from da_bench.io.escape import csv_text, markdown, sentences

from . import choice_table, table, unlabelled
from .choosing import Scored
from .chosen_runs import Settled, marked, noted, settle, settled_words
from .costs import Resource, cost_lines, costs, normalised
from .diagnoses import diagnosed
from .limits import LEFT_OUT
from .negative_transfer import harm_words, harmed
from .protocol import (
    PERCENT,
    MixedProtocols,
    about,
    failures,
    higher_is_better,
    lacking,
    mixed,
    newest,
    words,
)
from .regret import trust
from .renderers.latex import latex
from .renderers.terminal import STYLES, shown
from .row import TWIN

NONE = "No run finished."


def tabulate(
    rows: Sequence[Mapping[str, Any]],
    written: Mapping[str, int],
    style: str = "markdown",
    normalise: Resource | None = None,
    allow_mixed: bool = False,
    statistics: bool = False,
    figures: Path | None = None,
    runs: Sequence[Scored] = (),
    validators: Sequence[str] = (),
    by: str | None = None,
    bootstrap: bool = False,
) -> str:
    """Everything that ``da-bench table`` shows, as text.

    Args:
        rows: Of the store; statistics need one that finished.
        written: When each folder's result was written: of two runs that stand for one cell, the
            later counts where mixing is allowed.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``, which is text in bold and
            colour.
        normalise: Divide gains by these seconds, in multiples of the twin's.
        allow_mixed: Make the table in spite of what differs, and say so in it.
        statistics: Add intervals, ranks and tests.
        figures: Folder for the figures that go with them.
        runs: Those with outputs, with the scores of ``validators`` and ``by``, for these two.
        validators: To show side by side, a table for each benchmark; the whole of a CSV.
        by: The validator that chooses each method's setting; only chosen runs are shown.
        bootstrap: Whether the statistics tell the gains' bootstrap intervals, too.

    Raises:
        MixedProtocols: Rows differ in protocol; the message says how, and what to do.
        ValueError: Statistics are asked for in a CSV.
    """
    if style == "csv" and statistics:
        raise ValueError("--statistics is text: take it from --format markdown, latex or text")
    trusted = {
        benchmark: trust([run for run in runs if run.row["benchmark"] == benchmark], validators)
        for benchmark in dict.fromkeys(run.row["benchmark"] for run in runs if validators)
    }
    if style == "csv" and validators:
        return choice_table.by_benchmark(trusted)
    settled = settle(rows, runs, by) if by else None
    frame = table.frame(settled.rows if settled else rows)
    frame["written"] = frame["folder"].map(written)
    documents: list[Any] = []
    for benchmark in dict.fromkeys(frame.loc[frame["status"] == "ok", "benchmark"]):
        own, bare = unlabelled.split(frame[frame["benchmark"] == benchmark])
        if len(bare):
            documents.append(unlabelled.document(bare, style))
        faults = mixed(own[own["status"] == "ok"])
        if faults and not allow_mixed:
            raise MixedProtocols(
                f"{benchmark}: {'; '.join(faults)}. Choose with --where, remove old runs with "
                "da-bench runs remove, or mix them all the same with --allow-mixed"
            )
        if faults:
            own = newest(own)
        choice = (settled, by) if settled and by else None
        if (own["status"] == "ok").any():
            documents.append(document(own, faults, style, normalise, allow_mixed, choice))
        if settled and by and style != "csv":
            made = [pick.choice for pick in settled.picks if pick.row["benchmark"] == benchmark]
            documents.append(choice_table.chosen(made, by, style, f"Chosen by {by}: {benchmark}"))
        if benchmark in trusted:
            title = f"Validators: {benchmark}"
            mine = [run for run in runs if run.row["benchmark"] == benchmark]
            known = any(run.oracle == run.oracle for run in mine)
            documents.append(choice_table.trusted(trusted[benchmark], style, title) if known else
                             unlabelled.validators(mine, validators, style, title))  # fmt: skip
    done = frame.loc[frame["status"] == "ok", "benchmark"]
    lost = frame[~frame["benchmark"].isin(done)]
    if style == "csv":
        return csv_text(pd.concat([*documents, long({}, lost)])).strip()
    for benchmark in map(str, lost["benchmark"].unique()):
        gone = failures(lost[lost["benchmark"] == benchmark])
        head, told = f"## {sentences(benchmark)}", failed_markdown(gone)
        if style in STYLES:
            head, told = benchmark, failed_text(gone)
        documents.append(f"{head}\n\n{NONE}\n\n{told}")
    if statistics or figures:
        from .significance import report

        kind = style if style in STYLES else "markdown"
        scored, bare = unlabelled.split(frame)
        said = report(newest(scored) if allow_mixed else scored, figures, kind, bootstrap)
        if len(bare):
            tasks = ", ".join(dict.fromkeys(bare["task"]))
            said = f"{said}\n\nNo statistics of {tasks}: no score on the target.".strip()
        if statistics:
            documents.append(said if style != "latex" else commented(said))
    return "\n\n".join(documents)


def document(
    own: pd.DataFrame,
    faults: Sequence[str],
    style: str,
    normalise: Resource | None,
    allow: bool,
    choice: tuple[Settled, str] | None = None,
) -> Any:
    """The table of one benchmark: text, or for ``csv`` its long form as a frame."""
    benchmark = str(own["benchmark"].iloc[0])
    good = own[own["status"] == "ok"]
    parts = table.summary(own, allow_mixed=allow)
    how = settled_words(*choice, benchmark) if choice else ""
    told = " ".join(filter(None, [words(good, parts["mean"], faults), how, harm_words(parts)]))
    spent = costs(good, normalise, allow) if normalise else None
    if spent is not None:
        parts = normalised(parts, spent)
        told += (
            f" Gains are divided by the method's budget, its {normalise}_s over {TWIN}'s: "
            "what one such budget bought."
        )
    if style == "csv":
        return noted(long(parts, own), choice[0].picks, choice[1]) if choice else long(parts, own)
    percent = good["metric"].iloc[0] in PERCENT
    text = table.cells(parts, percent, higher_is_better(good), gains=True)
    if choice:
        text = marked(text, choice[0].picks, benchmark)
    last = int(table.MEAN in text.index)
    if spent is not None:
        foot = cost_lines(spent, text.columns, normalise or "wall")
        text, last = pd.concat([text, foot]), last + len(foot)
    title = str(about("data", benchmark).get("title", benchmark))
    failed, lacks = failures(own), " ".join(filter(None, [lacking(own), diagnosed(own)]))
    if style == "latex":
        foot_notes = commented(failed_text(failed)) if len(failed) else ""
        return "\n".join(
            filter(None, [latex(text, title, f"{told} {lacks}".strip(), last), foot_notes])
        )
    if style in STYLES:
        notes = "\n".join(filter(None, [told, lacks, failed_text(failed)]))
        return shown(text, title, notes, style)
    head, below = f"## {sentences(title)}", [sentences(lacks), failed_markdown(failed)]
    return "\n\n".join(filter(None, [head, sentences(told), table.markdown(text), *below]))


def long(parts: Mapping[str, pd.DataFrame], own: pd.DataFrame) -> pd.DataFrame:
    """A line for each task and method, figures in full: what a spreadsheet wants."""
    keys = ["benchmark", "task", "method"]
    failed = failures(own).groupby(["task", "method"]).size().rename("failed").reset_index()
    if parts:
        marked = dict(parts) | {"harm": harmed(parts).where(parts["gain_high"].notna())}
        stacked = pd.DataFrame({name: part.stack() for name, part in marked.items()})
        failed = stacked.rename_axis(["task", "method"]).reset_index().merge(failed, how="outer")
    for count in ("runs", "failed"):  # whole numbers, where nothing finished or failed as well
        had = failed[count] if count in failed else pd.Series(0, failed.index)
        failed[count] = had.fillna(0).astype(int)
    good = own[own["status"] == "ok"]
    found = failed.assign(benchmark=own["benchmark"].iloc[0] if len(own) else None)
    for column in ("metric", "target_test"):
        found[column] = "/".join(sorted(good[column].dropna().astype(str).unique())) or None
    chosen = good.groupby("name")["selection"].agg(lambda s: "/".join(sorted(map(str, s.unique()))))
    found["selection"] = found["method"].map(chosen)
    whole = own["method"].where(own["variant"] == "", own["method"] + "[" + own["variant"] + "]")
    found["method"] = found["method"].map(dict(zip(own["name"], whole, strict=True)))
    return found[[*keys, *(c for c in found.columns if c not in keys)]]


def failed_markdown(failed: pd.DataFrame) -> str:
    """Failed runs as a Markdown table, for below the table; empty where none failed."""
    if failed.empty:
        return ""
    lines = ["| " + " | ".join(map(markdown, row)) + " |" for row in failed.to_numpy()]
    head = "| " + " | ".join(failed.columns) + " |\n" + "|---" * len(failed.columns) + "|"
    left = int(failed["error"].str.startswith(LEFT_OUT).sum())
    told = f"Failed runs: {len(failed) - left}" + f", left out: {left}" * bool(left)
    return "\n".join([told, "", head, *lines])


def failed_text(failed: pd.DataFrame) -> str:
    """Failed runs as lines of text; empty where none failed."""
    return "\n".join(
        f"{'' if row.error.startswith(LEFT_OUT) else 'failed: '}{row.method} {row.task} "
        f"seed {row.seed}: {row.error}" + f" ({row.folder})" * bool(row.folder)
        for row in cast(Iterable[Any], failed.itertuples())
    )


def commented(text: str) -> str:
    """Text as a comment of LaTeX."""
    return "\n".join(f"% {line}" for line in text.splitlines())
