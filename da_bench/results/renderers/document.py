"""Rows as one document: a table for each benchmark, its missing runs, and statistics."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import pandas as pd

from da_bench.io.escape import csv_text, markdown, sentences
from da_bench.results import unlabelled
from da_bench.results.benchmark import MEAN, NONE, Benchmark, benchmarks
from da_bench.results.choice.choosing import ScoredRun
from da_bench.results.choice.chosen_runs import choose_settings
from da_bench.results.choice.regret import trust
from da_bench.results.costs import Resource
from da_bench.results.limits import LEFT_OUT
from da_bench.results.protocol import newest_runs
from da_bench.results.row import BENCHMARK, ERROR, FOLDER, TASK, WRITTEN
from da_bench.results.table import frame

from . import choice_table
from . import markdown as tables
from .latex import latex
from .terminal import STYLES, terminal_text


def tabulate(
    rows: Sequence[Mapping[str, Any]],
    write_times: Mapping[str, int],
    style: str = "markdown",
    normalise: Resource | None = None,
    allow_mixed: bool = False,
    statistics: bool = False,
    figures: Path | None = None,
    runs: Sequence[ScoredRun] = (),
    validators: Sequence[str] = (),
    by: str | None = None,
    bootstrap: bool = False,
) -> str:
    """Writes everything that ``da-bench table`` shows, as text.

    Args:
        rows: Rows of the store; statistics need one that finished.
        write_times: Time at which each folder's result was written; the later of two runs of one
            cell counts where mixing is allowed.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``, which is text in bold and
            colour.
        normalise: Resource whose seconds gains are divided by, in multiples of the twin's.
        allow_mixed: Whether to make tables in spite of mixed protocols, and say so in them.
        statistics: Whether to add intervals, ranks and tests.
        figures: Folder for the figures of the statistics; none are drawn where None.
        runs: Runs with outputs and their scores by ``validators`` and ``by``.
        validators: Names of validators to compare, in a table for each benchmark; a CSV has
            nothing else.
        by: Validator that chooses each method's setting; only chosen runs are shown.
        bootstrap: Whether the statistics show the gains' bootstrap intervals, too.

    Raises:
        MixedProtocols: Rows differ in protocol; the message says how, and what to do.
        ValueError: Statistics are asked for in a CSV.
    """
    if style == "csv" and statistics:
        raise ValueError("--statistics is text: take it from --format markdown, latex or text")
    trust_of = {
        name: trust([run for run in runs if run.row[BENCHMARK] == name], validators)
        for name in dict.fromkeys(run.row[BENCHMARK] for run in runs if validators)
    }
    if style == "csv" and validators:
        return choice_table.comparisons_csv(trust_of)
    choice = (choose_settings(rows, runs, by), by) if by else None
    table = frame(choice[0].rows if choice else rows)
    table[WRITTEN] = table[FOLDER].map(write_times)
    all_benchmarks = benchmarks(table, allow_mixed, choice=choice, budget=normalise)
    if style == "csv":
        return csv_text(
            pd.concat([part for benchmark in all_benchmarks for part in long_parts(benchmark)])
        ).strip()
    texts: list[str] = []
    for benchmark in all_benchmarks:
        texts += [
            text
            for text in (unlabelled_section(benchmark, style), section(benchmark, style))
            if text
        ]
        if choice and not benchmark.finished_runs.empty:
            picks = [
                pick.choice for pick in choice[0].picks if pick.row[BENCHMARK] == benchmark.name
            ]
            title = f"Chosen by {choice[1]}: {benchmark.name}"
            texts.append(choice_table.choices_table(picks, choice[1], style, title))
        if benchmark.name in trust_of:
            title = f"Validators: {benchmark.name}"
            benchmark_runs = [run for run in runs if run.row[BENCHMARK] == benchmark.name]
            if any(run.oracle == run.oracle for run in benchmark_runs):
                texts.append(
                    choice_table.validator_comparison(trust_of[benchmark.name], style, title)
                )
            else:
                texts.append(unlabelled.validator_table(benchmark_runs, validators, style, title))
    if statistics or figures:
        from da_bench.results.significance import report

        kind = style if style in STYLES else "markdown"
        labelled_runs, unlabelled_runs = unlabelled.split(table)
        text = report(
            newest_runs(labelled_runs) if allow_mixed else labelled_runs, figures, kind, bootstrap
        )
        if len(unlabelled_runs):
            tasks = ", ".join(dict.fromkeys(unlabelled_runs[TASK]))
            text = f"{text}\n\nNo statistics of {tasks}: no score on the target.".strip()
        if statistics:
            texts.append(text if style != "latex" else as_comment(text))
    return "\n\n".join(texts)


def long_parts(benchmark: Benchmark) -> list[pd.DataFrame]:
    """A benchmark's lines of a CSV: tasks without target labels, then the others."""
    parts = (
        [unlabelled.long_table(benchmark.without_labels.runs)]
        if len(benchmark.without_labels.runs)
        else []
    )
    return [*parts, benchmark.long_table] if len(benchmark.with_labels.runs) else parts


def section(benchmark: Benchmark, style: str = "markdown") -> str:
    """The table of one benchmark as text, with its meaning above and its missing runs below.

    Empty where none of its tasks has target labels: see :func:`unlabelled_section`.
    """
    benchmark = benchmark.with_labels
    if benchmark.runs.empty:
        return ""
    if benchmark.finished_runs.empty:
        if style in STYLES:
            return f"{benchmark.title}\n\n{NONE}\n\n{failed_text(benchmark.failures)}"
        return f"## {sentences(benchmark.title)}\n\n{NONE}\n\n{failed_markdown(benchmark.failures)}"
    cells, footer_lines = benchmark.cells, int(MEAN in benchmark.cells.index)
    if len(benchmark.cost_table):
        cells, footer_lines = (
            pd.concat([cells, benchmark.cost_table]),
            footer_lines + len(benchmark.cost_table),
        )
    return page(
        benchmark, cells, benchmark.title, benchmark.words, style, footer_lines,
        benchmark.meaning.items(),
    )  # fmt: skip


def unlabelled_section(benchmark: Benchmark, style: str = "markdown") -> str:
    """The table of a benchmark's tasks without target labels as text; empty where it has none."""
    if benchmark.without_labels.runs.empty:
        return ""
    return page(
        benchmark.without_labels,
        benchmark.unlabelled_cells,
        benchmark.unlabelled_title,
        benchmark.unlabelled_words,
        style,
    )


def page(
    benchmark: Benchmark,
    cells: pd.DataFrame,
    title: str,
    words: str,
    style: str,
    footer_lines: int = 0,
    facts: Sequence[tuple[str, str]] = (),
) -> str:
    """A table as text with its title, its meaning and its missing runs.

    Args:
        benchmark: Whose missing and failed runs are listed.
        cells: Tasks down, methods across.
        title: Title of the table.
        words: Meaning of the table, in sentences.
        style: ``markdown``, ``latex``, ``text`` or ``screen``.
        footer_lines: Number of last lines that LaTeX separates by a rule.
        facts: The same meaning as a list, which a terminal shows in place of the sentences.
    """
    notes = " ".join(filter(None, [benchmark.missing_words, benchmark.diagnosis_words]))
    if style == "latex":
        table = latex(cells, title, f"{words} {notes}".strip(), footer_lines)
        return "\n".join(filter(None, [table, as_comment(failed_text(benchmark.failures))]))
    if style in STYLES:
        texts = ["" if facts else words, notes, failed_text(benchmark.failures)]
        return terminal_text(cells, title, "\n".join(filter(None, texts)), style, facts)
    head = [f"## {sentences(title)}", sentences(words)]
    foot = [sentences(notes), failed_markdown(benchmark.failures)]
    return "\n\n".join(filter(None, [*head, tables.table(cells), *foot]))


def failed_markdown(failed: pd.DataFrame) -> str:
    """Failed runs as a Markdown table; empty where none failed."""
    if failed.empty:
        return ""
    lines = [tables.row(list(map(markdown, line))) for line in failed.to_numpy()]
    head = [tables.row(list(failed.columns)), "|---" * len(failed.columns) + "|"]
    left_out_count = int(failed[ERROR].str.startswith(LEFT_OUT).sum())
    title = f"Failed runs: {len(failed) - left_out_count}" + f", left out: {left_out_count}" * bool(
        left_out_count
    )
    return "\n".join([title, "", *head, *lines])


def failed_text(failed: pd.DataFrame) -> str:
    """Failed runs as lines of text; empty where none failed."""
    return "\n".join(
        f"{'' if row.error.startswith(LEFT_OUT) else 'failed: '}{row.method} {row.task} "
        f"seed {row.seed}: {row.error}" + f" ({row.folder})" * bool(row.folder)
        for row in cast(Iterable[Any], failed.itertuples())
    )


def as_comment(text: str) -> str:
    """Text as a comment of LaTeX; empty for an empty text."""
    return "\n".join(f"% {line}" for line in text.splitlines())
