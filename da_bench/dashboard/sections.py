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
    benchmark: Benchmark,
    key: str,
    looks: dict[str, int],
    scores_validators: bool,
    output_count: int,
    bootstrap: bool = False,
) -> str:
    """HTML of one benchmark with all its panels.

    Args:
        results: All runs of the folder.
        benchmark: Results of one benchmark.
        key: ID of the section, unique in the page.
        looks: Number of each method's colour and symbol.
        scores_validators: Whether to score validators.
        output_count: Number of runs with outputs.
        bootstrap: Whether the statistics show the gains' bootstrap intervals, too.
    """
    file = "".join(character if character.isalnum() else "_" for character in benchmark.name)
    parts = [f"<h2>{escape(benchmark.title)}</h2>", f"<p>{escape(benchmark.words)}</p>"]
    visible_panels: list[Panel] = []
    if len(benchmark.without_labels.runs):
        parts += without_labels(benchmark, key, file)
        visible_panels = [
            panels_runs.training(benchmark, results.folder, looks),
            panels_runs.diagnoses(benchmark),
        ]
    if benchmark.parts:
        content = benchmark.cells.rename_axis(TASK).reset_index()
        footer_lines = int(MEAN in benchmark.cells.index)
        csv = csv_text(benchmark.long_table).strip()
        caption = f"{benchmark.title}: {benchmark.metric}, gain over {TWIN} in brackets"
        parts += [
            "<h3>Results</h3>",
            table(content, caption, f"{key}-results", footer_lines, has_method_columns=True),
            '<div class="tools">',
            csv_button(f"{key}-results", "CSV", "results as shown", f"{file}.csv"),
            csv_button(f"{key}-full", "CSV, all digits", "results", f"{file}-full.csv"),
            "</div>",
            data(f"{key}-full", csv + "\n"),
        ]
        statistic_panels, statistics_html = statistics_parts(
            benchmark.with_labels.runs, key, file, looks, bootstrap
        )
        visible_panels = [
            panels.leaderboard(benchmark, looks),
            *statistic_panels[:1],
            panels.heat_map(benchmark),
            *statistic_panels[1:],
            panels_runs.cost(benchmark, looks),
            *panels_runs.divergences(benchmark, looks),
            panels_runs.training(benchmark, results.folder, looks),
            panels_runs.diagnoses(benchmark),
            validator_panel(results, benchmark, scores_validators, output_count),
        ]
    parts += [
        figure(panel, f"{key}-{panel.key}", f"{file}-{panel.key}") for panel in visible_panels
    ]
    if benchmark.parts:
        parts.append(statistics_html)
    parts.append(failure_section(benchmark, key, file))
    return (
        f'<section class="benchmark" id="{key}" data-benchmark="{escape(benchmark.name)}">'
        f"{''.join(parts)}</section>"
    )


def without_labels(benchmark: Benchmark, key: str, file: str) -> list[str]:
    """HTML on the tasks whose target has no labels: what is known, and what to do next."""
    content = benchmark.unlabelled_cells
    name = str(content.index.name)
    return [
        "<h3>Without target labels</h3>",
        f"<p>{escape(benchmark.unlabelled_words)}</p>",
        table(content.reset_index(), benchmark.unlabelled_title, f"{key}-unscored"),
        f'<div class="tools">{csv_button(f"{key}-unscored", "CSV", name, f"{file}-unscored.csv")}'
        "</div>",
    ]


def validator_panel(
    results: Results, benchmark: Benchmark, scores_validators: bool, output_count: int
) -> Panel:
    """Panel of the validators' regret, or of words why it is not there."""
    if scores_validators:
        return panels_runs.regret(results, benchmark)
    if not output_count:
        return Panel("regret", "Validators' regret", "No run keeps outputs to score.")
    words = (
        f"{output_count:,} runs keep outputs. da-bench report --validators yes scores every "
        "validator over them, at about 0.15 s a run."
    )
    return Panel("regret", "Validators' regret", words)


def labelled_runs(results: Results) -> pd.DataFrame:
    """Runs of all benchmarks on tasks with target labels, of each cell the newest."""
    parts = [results.benchmark(name).with_labels.runs for name in results.benchmarks]
    return pd.concat(parts) if parts else results.runs


def statistics_parts(
    runs: pd.DataFrame, key: str, file: str, looks: dict[str, int], bootstrap: bool = False
) -> tuple[list[Panel], str]:
    """Panels of the statistics, and HTML of what ``da-bench table --statistics`` prints.

    Args:
        runs: Lines of :func:`da_bench.results.table.frame`.
        key: ID of the section, unique in the page.
        file: Name of downloaded files, without an ending.
        looks: Number of each method's colour and symbol.
        bootstrap: Whether to show the gains' bootstrap intervals, too.
    """
    try:
        run_scores = scores(runs)
    except ValueError as error:
        return [Panel("gains", "Statistics", f"Not made: {error}.")], ""
    estimates = significance.estimates(run_scores)
    content = pd.DataFrame(
        significance.lines(run_scores, estimates, bootstrap), columns=significance.head(bootstrap)
    )
    try:
        sentences = significance.verdict_lines(run_scores)
    except MissingExtra as error:
        sentences = [f"Tests were not made: {error}."]
    statistic_panels = [
        panels.gains(run_scores, estimates, looks),
        panels.ranks(run_scores, looks),
        panels.profile(run_scores, looks),
    ]
    words = escape(significance.explanation(run_scores, estimates, bootstrap))
    return statistic_panels, (
        f'<section class="panel full"><h3>Statistics</h3><p>{words}</p>'
        f"{table(content, 'Statistics', f'{key}-statistics')}<div class=tools>"
        f"{csv_button(f'{key}-statistics', 'CSV', 'statistics', f'{file}-statistics.csv')}</div>"
        f"<ul>{''.join(f'<li>{escape(sentence)}</li>' for sentence in sentences)}</ul></section>"
    )


def joint_section(
    title: str, runs: pd.DataFrame, key: str, looks: dict[str, int], bootstrap: bool = False
) -> str:
    """HTML of the statistics over several benchmarks.

    Args:
        title: Title of the section.
        runs: Lines of :func:`da_bench.results.table.frame` that share a metric.
        key: ID of the section, unique in the page.
        looks: Number of each method's colour and symbol.
        bootstrap: Whether to show the gains' bootstrap intervals, too.
    """
    file = "".join(character if character.isalnum() else "_" for character in title)
    statistic_panels, statistics_html = statistics_parts(runs, key, file, looks, bootstrap)
    figures = "".join(
        figure(panel, f"{key}-{panel.key}", f"{file}-{panel.key}") for panel in statistic_panels
    )
    return (
        f'<section class="benchmark" id="{key}"><h2>{escape(title.capitalize())}</h2>'
        f"{figures}{statistics_html}</section>"
    )


def failure_section(benchmark: Benchmark, key: str, file: str) -> str:
    """HTML of the failed and missing runs of a benchmark."""
    counts = benchmark.missing
    is_missing = counts.drop(columns="wanted").sum(axis=1) > 0
    counts = counts[is_missing].rename_axis(METHOD).reset_index()
    parts = ['<section class="panel full"><h3>Failed and missing runs</h3>'
             f"<p>{escape(benchmark.missing_words or 'None.')}</p>"]  # fmt: skip
    captions = {"missing": "Missing runs by method", "failed": "Failed runs, or left out"}
    for name, content in (("missing", counts), ("failed", benchmark.failures)):
        if len(content):
            caption = captions[name]
            parts.append(
                f"<details><summary>{caption}: {len(content)}</summary>"
                f"{table(content, caption, f'{key}-{name}')}"
                f"{csv_button(f'{key}-{name}', 'CSV', caption, f'{file}-{name}.csv')}</details>"
            )
    return "".join(parts) + "</section>"
