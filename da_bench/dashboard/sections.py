"""The report's sections: a benchmark with all its panels, and several benchmarks together."""

from html import escape

import pandas as pd

from da_bench.bench import protocol, statistics
from da_bench.bench.grid import TWIN
from da_bench.bench.scores import Scores, scores
from da_bench.bench.table import MEAN
from da_bench.bench.tabulate import long

from . import panels, panels_runs
from .page import csv_button, data, figure, table
from .panels import Panel
from .results import Benchmark, Results


def section(
    results: Results, of: Benchmark, key: str, looks: dict[str, int], scored: bool, many: int
) -> str:
    """All of one benchmark."""
    file = "".join(c if c.isalnum() else "_" for c in of.name)
    parts = [f"<h2>{escape(of.title)}</h2>", f"<p>{escape(of.words)}</p>"]
    shown: list[Panel] = []
    if of.parts:
        content = of.cells.rename_axis("task").reset_index()
        foot = int(MEAN in of.cells.index)
        full = long(of.parts, of.runs).to_csv(index=False).strip()
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
        shown = [
            panels.leaderboard(of, looks),
            panels.heat_map(of),
            panels.gains(of, looks),
            *ranked(of.runs, looks),
            panels_runs.cost(of, looks),
            *panels_runs.divergences(of, looks),
            panels_runs.training(of, results.folder, looks),
            panels_runs.diagnoses(of),
            judged(results, of, scored, many),
        ]
    parts += [figure(one, f"{key}-{one.key}", f"{file}-{one.key}") for one in shown]
    if of.parts:
        parts.append(stated(of.runs, key, file))
    parts.append(lost(of, key, file))
    return (
        f'<section class="benchmark" id="{key}" data-benchmark="{escape(of.name)}">'
        f"{''.join(parts)}</section>"
    )


def judged(results: Results, of: Benchmark, scored: bool, many: int) -> Panel:
    """Validators' regret, or in words why it is not there."""
    if scored:
        return panels_runs.regret(results, of)
    words = f"{many:,} runs keep outputs. da-bench report --validators yes scores every validator"
    return Panel("regret", "Validators' regret", f"{words} over them, at about 0.15 s a run.")


def pooled(results: Results) -> pd.DataFrame:
    """All runs, of each cell the newest: what statistics over benchmarks are made of."""
    own = [results.benchmark(b).runs for b in results.benchmarks]
    return pd.concat(own) if own else results.runs


def of_scores(runs: pd.DataFrame) -> Scores | str:
    """Finished runs as statistics take them, or why they can't."""
    try:
        return scores(runs)
    except ValueError as error:
        return f"No statistics: {error}."


def ranked(runs: pd.DataFrame, looks: dict[str, int]) -> list[Panel]:
    """What the statistics draw."""
    of = of_scores(runs)
    if isinstance(of, str):
        return [Panel("ranks", "Critical differences and performance profile", of)]
    return [panels.ranks(of, looks), panels.profile(of, looks)]


def stated(runs: pd.DataFrame, key: str, file: str) -> str:
    """The statistics as a table and in words, as ``da-bench table --statistics`` tells them."""
    of = of_scores(runs)
    if isinstance(of, str):
        return f'<section class="panel"><h3>Statistics</h3><p>{escape(of)}</p></section>'
    content = pd.DataFrame(statistics.lines(of), columns=list(statistics.HEAD))
    try:
        tested = statistics.tested(of)
    except panels.MissingExtra as error:
        tested = [f"Tests were not made: {error}."]
    return (
        f'<section class="panel full"><h3>Statistics</h3><p>{escape(statistics.told(of))}</p>'
        f"{table(content, 'Statistics', f'{key}-statistics')}<div class=tools>"
        f"{csv_button(f'{key}-statistics', 'CSV', 'statistics', f'{file}-statistics.csv')}</div>"
        f"<ul>{''.join(f'<li>{escape(said)}</li>' for said in tested)}</ul></section>"
    )


def across(title: str, runs: pd.DataFrame, key: str, looks: dict[str, int]) -> str:
    """The statistics of several benchmarks together."""
    file = "".join(c if c.isalnum() else "_" for c in title)
    drawn = "".join(figure(p, f"{key}-{p.key}", f"{file}-{p.key}") for p in ranked(runs, looks))
    return (
        f'<section class="benchmark" id="{key}"><h2>{escape(title.capitalize())}</h2>'
        f"{drawn}{stated(runs, key, file)}</section>"
    )


def lost(of: Benchmark, key: str, file: str) -> str:
    """Failed and missing runs."""
    counts = protocol.missing(of.runs)
    counts = counts[counts["failed"] + counts["not run"] > 0].rename_axis("method").reset_index()
    parts = ['<section class="panel full"><h3>Failed and missing runs</h3>'
             f"<p>{escape(of.lacking or 'None.')}</p>"]  # fmt: skip
    for name, content in (("missing", counts), ("failed", of.failures)):
        if len(content):
            caption = {"missing": "Missing runs by method", "failed": "Failed runs"}[name]
            parts.append(
                f"<details><summary>{caption}: {len(content)}</summary>"
                f"{table(content, caption, f'{key}-{name}')}"
                f"{csv_button(f'{key}-{name}', 'CSV', caption, f'{file}-{name}.csv')}</details>"
            )
    return "".join(parts) + "</section>"
