"""The report's sections: a benchmark with all its panels, and several benchmarks together."""

import pandas as pd

from da_bench.config.extras import MissingExtra
from da_bench.io.escape import csv_text
from da_bench.io.escape import html as escape
from da_bench.results import significance
from da_bench.results.benchmark import MEAN, Benchmark
from da_bench.results.collection import Results
from da_bench.results.row import METHOD, TASK, TWIN
from da_bench.results.scores import scores

from . import panels, panels_runs
from .page import csv_button, data, figure, table
from .panels import Panel


def section(
    results: Results,
    of: Benchmark,
    key: str,
    looks: dict[str, int],
    scored: bool,
    many: int,
    bootstrap: bool = False,
) -> str:
    """All of one benchmark."""
    file = "".join(c if c.isalnum() else "_" for c in of.name)
    parts = [f"<h2>{escape(of.title)}</h2>", f"<p>{escape(of.words)}</p>"]
    shown: list[Panel] = []
    if len(of.without_labels.runs):
        parts += without_labels(of, key, file)
        shown = [panels_runs.training(of, results.folder, looks), panels_runs.diagnoses(of)]
    if of.parts:
        content = of.cells.rename_axis(TASK).reset_index()
        foot = int(MEAN in of.cells.index)
        full = csv_text(of.long_table).strip()
        caption = f"{of.title}: {of.metric}, gain over {TWIN} in brackets"
        parts += [
            "<h3>Results</h3>",
            table(content, caption, f"{key}-results", foot, across=True),
            '<div class="tools">',
            csv_button(f"{key}-results", "CSV", "results as shown", f"{file}.csv"),
            csv_button(f"{key}-full", "CSV, all digits", "results", f"{file}-full.csv"),
            "</div>",
            data(f"{key}-full", full + "\n"),
        ]
        drawn, said = told(of.with_labels.runs, key, file, looks, bootstrap)
        shown = [
            panels.leaderboard(of, looks),
            *drawn[:1],
            panels.heat_map(of),
            *drawn[1:],
            panels_runs.cost(of, looks),
            *panels_runs.divergences(of, looks),
            panels_runs.training(of, results.folder, looks),
            panels_runs.diagnoses(of),
            judged(results, of, scored, many),
        ]
    parts += [figure(one, f"{key}-{one.key}", f"{file}-{one.key}") for one in shown]
    if of.parts:
        parts.append(said)
    parts.append(lost(of, key, file))
    return (
        f'<section class="benchmark" id="{key}" data-benchmark="{escape(of.name)}">'
        f"{''.join(parts)}</section>"
    )


def without_labels(of: Benchmark, key: str, file: str) -> list[str]:
    """What is known of the tasks whose target has no labels, and what to do next."""
    content = of.unlabelled_cells
    name = str(content.index.name)
    return [
        "<h3>Without target labels</h3>",
        f"<p>{escape(of.unlabelled_words)}</p>",
        table(content.reset_index(), of.unlabelled_title, f"{key}-unscored"),
        f'<div class="tools">{csv_button(f"{key}-unscored", "CSV", name, f"{file}-unscored.csv")}'
        "</div>",
    ]


def judged(results: Results, of: Benchmark, scored: bool, many: int) -> Panel:
    """Validators' regret, or in words why it is not there."""
    if scored:
        return panels_runs.regret(results, of)
    if not many:
        return Panel("regret", "Validators' regret", "No run keeps outputs to score.")
    words = f"{many:,} runs keep outputs. da-bench report --validators yes scores every validator"
    return Panel("regret", "Validators' regret", f"{words} over them, at about 0.15 s a run.")


def pooled(results: Results) -> pd.DataFrame:
    """All runs, of each cell the newest: what statistics over benchmarks are made of."""
    own = [results.benchmark(b).with_labels.runs for b in results.benchmarks]
    return pd.concat(own) if own else results.runs


def told(
    runs: pd.DataFrame, key: str, file: str, looks: dict[str, int], bootstrap: bool = False
) -> tuple[list[Panel], str]:
    """What the statistics draw, and as ``da-bench table --statistics`` tells them, in HTML."""
    try:
        of = scores(runs)
    except ValueError as error:
        return [Panel("gains", "Statistics", f"Not made: {error}.")], ""
    found = significance.estimates(of)
    content = pd.DataFrame(
        significance.lines(of, found, bootstrap), columns=significance.head(bootstrap)
    )
    try:
        tested = significance.verdict_lines(of)
    except MissingExtra as error:
        tested = [f"Tests were not made: {error}."]
    drawn = [panels.gains(of, found, looks), panels.ranks(of, looks), panels.profile(of, looks)]
    words = escape(significance.explanation(of, found, bootstrap))
    return drawn, (
        f'<section class="panel full"><h3>Statistics</h3><p>{words}</p>'
        f"{table(content, 'Statistics', f'{key}-statistics')}<div class=tools>"
        f"{csv_button(f'{key}-statistics', 'CSV', 'statistics', f'{file}-statistics.csv')}</div>"
        f"<ul>{''.join(f'<li>{escape(said)}</li>' for said in tested)}</ul></section>"
    )


def across(
    title: str, runs: pd.DataFrame, key: str, looks: dict[str, int], bootstrap: bool = False
) -> str:
    """The statistics of several benchmarks together."""
    file = "".join(c if c.isalnum() else "_" for c in title)
    drawn, said = told(runs, key, file, looks, bootstrap)
    shown = "".join(figure(p, f"{key}-{p.key}", f"{file}-{p.key}") for p in drawn)
    return (
        f'<section class="benchmark" id="{key}"><h2>{escape(title.capitalize())}</h2>'
        f"{shown}{said}</section>"
    )


def lost(of: Benchmark, key: str, file: str) -> str:
    """Failed and missing runs."""
    counts = of.missing
    lacks = counts.drop(columns="wanted").sum(axis=1) > 0
    counts = counts[lacks].rename_axis(METHOD).reset_index()
    parts = ['<section class="panel full"><h3>Failed and missing runs</h3>'
             f"<p>{escape(of.missing_words or 'None.')}</p>"]  # fmt: skip
    named = {"missing": "Missing runs by method", "failed": "Failed runs, or left out"}
    for name, content in (("missing", counts), ("failed", of.failures)):
        if len(content):
            caption = named[name]
            parts.append(
                f"<details><summary>{caption}: {len(content)}</summary>"
                f"{table(content, caption, f'{key}-{name}')}"
                f"{csv_button(f'{key}-{name}', 'CSV', caption, f'{file}-{name}.csv')}</details>"
            )
    return "".join(parts) + "</section>"
