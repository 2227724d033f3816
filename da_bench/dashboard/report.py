"""``da-bench report``: what a folder of runs shows, as one HTML file that needs no server."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Literal

import pandas as pd

from da_bench import __version__
from da_bench.bench import protocol, statistics
from da_bench.bench.grid import TWIN
from da_bench.bench.scores import Scores, scores
from da_bench.bench.store import write_whole
from da_bench.bench.table import MEAN
from da_bench.bench.tabulate import long

from . import panels, panels_runs
from .page import cell, csv_button, data, figure, options, page, table
from .panels import Panel
from .results import Benchmark, Results, load

Validators = Literal["auto", "yes", "no"]
AUTO = 500
"""Runs with outputs up to which validators are scored unasked: about 0.15 s each."""


def write(
    folder: Path,
    output: Path,
    where: Sequence[str] = (),
    validators: Validators = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> Results:
    """Writes the report whole or not at all; returns what it is of.

    Args:
        folder: Of a comparison or sweep; it may hold no run.
        output: The file; its folder is made.
        where: Conditions such as ``method=dann``, all to be met.
        validators: Whether to score validators over runs' outputs, which takes a while.
        say: Takes lines for the terminal.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        ValueError: A condition that is none, or on a column that no run has.
    """
    results = load(folder, where)
    for note in results.notes:
        say(note)
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, text(results, where, validators, say))
    return results


def text(
    results: Results,
    where: Sequence[str] = (),
    validators: Validators = "auto",
    say: Callable[[str], None] = lambda line: None,
) -> str:
    """The HTML of a report."""
    name = results.folder.resolve().name
    looks = {method: place for place, method in enumerate(results.methods)}
    many = panels_runs.with_outputs(results)
    scored = validators == "yes" or (validators == "auto" and many <= AUTO)
    if scored and many:
        say(f"validators over the outputs of {many} runs; --validators no leaves them out")
    sections = [
        section(results, results.benchmark(one), f"b{place}", looks, scored, many)
        for place, one in enumerate(results.benchmarks)
    ]
    together = statistics.joint(pooled(results))
    sections += [across(title, own, f"j{i}", looks) for i, (title, own) in enumerate(together)]
    titles = [*(results.benchmark(b).title for b in results.benchmarks),
              *(title.capitalize() for title, _ in together)]  # fmt: skip
    keys = [*(f"b{i}" for i in range(len(results.benchmarks))),
            *(f"j{i}" for i in range(len(together)))]  # fmt: skip
    links = "".join(
        f'<li><a href="#{key}">{escape(title)}</a></li>'
        for key, title in zip(keys, titles, strict=True)
    )
    head = f"<p class=lead>{escape(headline(results))}</p>"
    if where:
        head += f"<p>Only runs with {escape(' and '.join(where))}.</p>"
    if torn := results.torn:
        lines = "".join(f"<li>{escape(f)}: {escape(w)}</li>" for f, w in sorted(torn.items()))
        head += f"<details open><summary>Not read: {len(torn)}</summary><ul>{lines}</ul></details>"
    if links:
        head += f'<nav aria-label="Benchmarks"><ul>{links}</ul></nav>{filters(results)}'
    body = "\n".join(sections) or (
        "<section><h2>No run</h2><p>This folder holds no run yet: da-bench compare --out "
        f"{escape(name)} makes some.</p></section>"
    )
    times = results.runs["written"].dropna()
    newest = f", newest run of {datetime.fromtimestamp(times.max() / 1e9, UTC):%Y-%m-%d %H:%M} UTC"
    foot = f"da-bench {__version__}{newest if len(times) else ''}"
    return page(f"Results of {name}", head, body, escape(foot))


def headline(results: Results) -> str:
    """How much there is, in words."""
    runs = results.runs
    good = runs[runs["status"] == "ok"]
    wanted = sum(int(protocol.missing(results.benchmark(b).runs)["not run"].sum())
                 for b in results.benchmarks)  # fmt: skip

    def count(number: int, what: str) -> str:
        return f"{number:,} {what}{'s' * (number != 1)}"

    return (
        f"{count(len(good), 'finished run')} of {count(runs['name'].nunique(), 'method')} on "
        f"{count(runs.groupby('benchmark')['task'].nunique().sum(), 'task')} of "
        f"{count(runs['benchmark'].nunique(), 'benchmark')}, "
        f"{count(runs['seed'].nunique(), 'seed')}; {len(runs) - len(good):,} failed, "
        f"{wanted:,} not run, {len(results.torn):,} not whole."
    )


def filters(results: Results) -> str:
    """What hides methods, tasks and benchmarks."""
    names = options(results.benchmarks)
    return (
        '<form class="filters" role="search" aria-label="Filters" id="filters" hidden>'
        '<label>Benchmark <select id="by-benchmark"><option value="">all</option>'
        f"{names}</select></label>"
        '<label>Method <input id="by-method" type="search" placeholder="dann, mcc" '
        'autocomplete="off"></label>'
        '<label>Task <input id="by-task" type="search" placeholder="a:b" '
        'autocomplete="off"></label>'
        '<button type="reset">Clear</button><span id="count" role="status"></span>'
        "<p>Parts of names, with commas between them. Means stay those over all tasks.</p></form>"
    )


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
    parts = [f'<section class="panel full"><h3>Failed and missing runs</h3><p>{cell(of.lacking)}</p>'
             if of.lacking else '<section class="panel full"><h3>Failed and missing runs</h3>'
             "<p>None.</p>"]  # fmt: skip
    for name, content in (("missing", counts), ("failed", of.failures)):
        if len(content):
            caption = {"missing": "Missing runs by method", "failed": "Failed runs"}[name]
            parts.append(
                f"<details><summary>{caption}: {len(content)}</summary>"
                f"{table(content, caption, f'{key}-{name}')}"
                f"{csv_button(f'{key}-{name}', 'CSV', caption, f'{file}-{name}.csv')}</details>"
            )
    return "".join(parts) + "</section>"
