"""The rows of a folder as one document: a table for each benchmark, what it lacks, statistics."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from da_bench.io.escape import csv_text, markdown, sentences
from da_bench.results import unlabelled
from da_bench.results.benchmark import MEAN, NONE, Benchmark, benchmarks
from da_bench.results.choosing import Scored
from da_bench.results.chosen_runs import settle
from da_bench.results.costs import Resource
from da_bench.results.limits import LEFT_OUT
from da_bench.results.protocol import newest
from da_bench.results.regret import trust
from da_bench.results.row import BENCHMARK, ERROR, FOLDER, TASK, WRITTEN
from da_bench.results.table import frame

from . import choice_table
from . import markdown as tables
from .latex import latex
from .terminal import STYLES, shown


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
        bootstrap: Whether the statistics show the gains' bootstrap intervals, too.

    Raises:
        MixedProtocols: Rows differ in protocol; the message says how, and what to do.
        ValueError: Statistics are asked for in a CSV.
    """
    if style == "csv" and statistics:
        raise ValueError("--statistics is text: take it from --format markdown, latex or text")
    trusted = {
        name: trust([run for run in runs if run.row[BENCHMARK] == name], validators)
        for name in dict.fromkeys(run.row[BENCHMARK] for run in runs if validators)
    }
    if style == "csv" and validators:
        return choice_table.by_benchmark(trusted)
    choice = (settle(rows, runs, by), by) if by else None
    table = frame(choice[0].rows if choice else rows)
    table[WRITTEN] = table[FOLDER].map(written)
    every = benchmarks(table, allow_mixed, choice=choice, budget=normalise)
    if style == "csv":
        return csv_text(pd.concat([part for one in every for part in long_parts(one)])).strip()
    texts: list[str] = []
    for one in every:
        texts += [text for text in (bare_section(one, style), section(one, style)) if text]
        if choice and not one.good.empty:
            picks = [pick.choice for pick in choice[0].picks if pick.row[BENCHMARK] == one.name]
            title = f"Chosen by {choice[1]}: {one.name}"
            texts.append(choice_table.chosen(picks, choice[1], style, title))
        if one.name in trusted:
            title = f"Validators: {one.name}"
            mine = [run for run in runs if run.row[BENCHMARK] == one.name]
            if any(run.oracle == run.oracle for run in mine):
                texts.append(choice_table.trusted(trusted[one.name], style, title))
            else:
                texts.append(unlabelled.validators(mine, validators, style, title))
    if statistics or figures:
        from da_bench.results.significance import report

        kind = style if style in STYLES else "markdown"
        scored, bare = unlabelled.split(table)
        text = report(newest(scored) if allow_mixed else scored, figures, kind, bootstrap)
        if len(bare):
            tasks = ", ".join(dict.fromkeys(bare[TASK]))
            text = f"{text}\n\nNo statistics of {tasks}: no score on the target.".strip()
        if statistics:
            texts.append(text if style != "latex" else commented(text))
    return "\n\n".join(texts)


def long_parts(one: Benchmark) -> list[pd.DataFrame]:
    """A benchmark's lines of a CSV: of tasks without target labels, then of the others."""
    parts = [unlabelled.long(one.bare)] if len(one.bare) else []
    return [*parts, one.long] if len(one.scored) else parts


def section(one: Benchmark, style: str = "markdown") -> str:
    """The table of one benchmark, with its meaning above and what it lacks below, as text.

    Empty where all of its tasks lack target labels: see :func:`bare_section`.
    """
    one = one.with_labels
    if one.runs.empty:
        return ""
    if one.good.empty:
        if style in STYLES:
            return f"{one.title}\n\n{NONE}\n\n{failed_text(one.failures)}"
        return f"## {sentences(one.title)}\n\n{NONE}\n\n{failed_markdown(one.failures)}"
    cells, last = one.cells, int(MEAN in one.cells.index)
    if len(one.foot):
        cells, last = pd.concat([cells, one.foot]), last + len(one.foot)
    return page(one, cells, one.title, one.words, style, last)


def bare_section(one: Benchmark, style: str = "markdown") -> str:
    """The table of a benchmark's tasks without target labels as text; empty where it has none."""
    if one.bare.empty:
        return ""
    return page(one.without_labels, one.bare_cells, one.bare_title, one.bare_words, style)


def page(
    one: Benchmark, cells: pd.DataFrame, title: str, words: str, style: str, last: int = 0
) -> str:
    """A table with its title, what it means, and the runs that it lacks, in one of the styles."""
    notes = " ".join(filter(None, [one.lacking, one.diagnosed]))
    if style == "latex":
        table = latex(cells, title, f"{words} {notes}".strip(), last)
        return "\n".join(filter(None, [table, commented(failed_text(one.failures))]))
    if style in STYLES:
        below = "\n".join(filter(None, [words, notes, failed_text(one.failures)]))
        return shown(cells, title, below, style)
    head = [f"## {sentences(title)}", sentences(words)]
    foot = [sentences(notes), failed_markdown(one.failures)]
    return "\n\n".join(filter(None, [*head, tables.table(cells), *foot]))


def failed_markdown(failed: pd.DataFrame) -> str:
    """Failed runs as a Markdown table, for below the table; empty where none failed."""
    if failed.empty:
        return ""
    lines = [tables.row(list(map(markdown, line))) for line in failed.to_numpy()]
    head = [tables.row(list(failed.columns)), "|---" * len(failed.columns) + "|"]
    left = int(failed[ERROR].str.startswith(LEFT_OUT).sum())
    title = f"Failed runs: {len(failed) - left}" + f", left out: {left}" * bool(left)
    return "\n".join([title, "", *head, *lines])


def failed_text(failed: pd.DataFrame) -> str:
    """Failed runs as lines of text; empty where none failed."""
    return "\n".join(
        f"{'' if row.error.startswith(LEFT_OUT) else 'failed: '}{row.method} {row.task} "
        f"seed {row.seed}: {row.error}" + f" ({row.folder})" * bool(row.folder)
        for row in cast(Iterable[Any], failed.itertuples())
    )


def commented(text: str) -> str:
    """Text as a comment of LaTeX; empty where there is none."""
    return "\n".join(f"% {line}" for line in text.splitlines())
