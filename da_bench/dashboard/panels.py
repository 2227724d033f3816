"""Panels on a benchmark for report and app: a figure, its meaning in words, and its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from da_bench import figures
from da_bench.config.extras import MissingExtra
from da_bench.figures.style import units
from da_bench.results import significance
from da_bench.results.benchmark import MEAN, Benchmark
from da_bench.results.cell import HARM, Unit, unit_of
from da_bench.results.estimates import task_gains
from da_bench.results.negative_transfer import interval_words
from da_bench.results.row import GAIN, METHOD, NAME, TASK, TWIN, is_twin
from da_bench.results.scores import Scores

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


@dataclass
class Panel:
    """One figure with its text alternative.

    Attributes:
        key: Short name of letters, unique within the benchmark.
        title: Heading.
        words: What the figure shows and how to read it; where there is none, the reason.
        figure: Figure of Plotly; None where it can't be drawn.
        table: The figure's numbers as text; report readers filter by ``method`` and ``task``.
        choices: Menus that select traces: a key of the traces' ``meta``, and its values.
    """

    key: str
    title: str
    words: str
    figure: "Figure | None" = None
    table: pd.DataFrame | None = None
    choices: dict[str, Sequence[str]] = field(default_factory=dict)


def plain_cells(benchmark: Benchmark) -> pd.DataFrame:
    """The cells of a benchmark's table as plain texts."""
    return benchmark.cells.map(str)


def overall_line(benchmark: Benchmark) -> str | None:
    """Name of the line for all tasks: the mean, or the only task; None where there is none."""
    lines = list(benchmark.parts["mean"].index) if benchmark.parts else []
    return MEAN if MEAN in lines else str(lines[0]) if len(lines) == 1 else None


def row(frame: pd.DataFrame, line: str) -> pd.Series:
    """One line of a table, as values by method."""
    return cast(pd.Series, frame.loc[line])


NO_MEAN = "The table has no mean over tasks: its lines differ in granted labels."


def leaderboard(benchmark: Benchmark, looks: dict[str, int]) -> Panel:
    """Panel of the methods, sorted by their score over all tasks.

    Args:
        benchmark: Results of one benchmark.
        looks: Number of each method's colour and symbol.
    """
    title, line = "Leaderboard", overall_line(benchmark)
    if line is None:
        return Panel("leaderboard", title, NO_MEAN)
    means, texts = row(benchmark.parts["mean"], line).dropna(), row(plain_cells(benchmark), line)
    if means.empty:
        return Panel("leaderboard", title, "No task was finished by every method: no mean.")
    order = means.sort_values(ascending=not benchmark.higher, kind="stable").index
    counts = row(benchmark.parts["runs"], line).fillna(0).astype(int)
    figure = figures.leaderboard(
        means,
        row(benchmark.parts["spread"], line),
        benchmark.metric,
        benchmark.higher,
        benchmark.percent,
        looks,
    )
    ranking_words = f"{order[0]} leads with {texts[order[0]]}"
    ranking_words += f"; {order[-1]} is last with {texts[order[-1]]}" if len(order) > 1 else ""
    average = "the mean over tasks" if line == MEAN else line
    words = (
        f"{ranking_words}. Points: {average}, target test; bars: one standard deviation over seeds."
    )
    pairs = row(benchmark.parts["pairs"], line).drop(
        [name for name in counts.index if is_twin(name)]
    )
    if pairs.fillna(0).gt(0).any():
        words += f" In brackets the gain and its {interval_words(pairs)}."
    table = pd.DataFrame(
        {
            METHOD: order,
            benchmark.metric: [texts[name] for name in order],
            "seeds": [counts[name] for name in order],
        }
    )
    return Panel("leaderboard", title, words, figure, table)


def heat_map(benchmark: Benchmark) -> Panel:
    """Panel of a heat map: each cell of the table as a colour."""
    harm, cells = benchmark.harm, plain_cells(benchmark)
    figure = figures.heat_map(
        benchmark.parts["mean"],
        cells,
        harm,
        benchmark.metric,
        benchmark.higher,
        benchmark.percent,
        HARM,
    )
    tasks = benchmark.parts["mean"].drop(index=MEAN, errors="ignore").dropna(how="all")
    best = tasks.idxmax(axis=1) if benchmark.higher else tasks.idxmin(axis=1)
    win_counts = best.value_counts()
    wins_text = "; ".join(f"{name} {wins}" for name, wins in win_counts.head(5).items())
    words = (
        f"Lines won, of {len(tasks)}: {wins_text}{'; …' if len(win_counts) > 5 else ''}. "
        f"The bluer the better; {HARM} marks harm; the hover tells spread, gain and interval."
    )
    table = cells.rename_axis(TASK).reset_index()
    return Panel("heatmap", "Method by task", words, figure, table)


def gains(scores: Scores, estimates: pd.DataFrame, looks: dict[str, int]) -> Panel:
    """Panel of gains over the twin with their intervals, over all tasks and on each task.

    Args:
        scores: Finished runs of one benchmark.
        estimates: What :func:`da_bench.results.significance.estimates` made of them.
        looks: Number of each method's colour and symbol.
    """
    title, unit = f"Gain over {TWIN}", unit_of(scores.metric)
    intervals = {
        str(name): interval for name, interval in estimates[GAIN].items() if interval is not None
    }
    if not intervals:
        return Panel("gains", title, f"No run of {TWIN} to compare with, so no gains.")
    lines = pd.DataFrame.from_dict(intervals, orient="index", columns=[GAIN, "low", "high"])
    lines = lines.sort_values(GAIN, ascending=False, kind="stable")
    task_counts = estimates.loc[lines.index, "tasks"]
    lines["harm"] = lines["high"] < 0
    tasks = task_gains(scores, list(lines.index))
    tasks["text"] = [gain_text(record, unit) for record in tasks.to_dict("records")]
    tasks = tasks.rename(columns={NAME: METHOD})
    figure = figures.gains(lines, tasks, unit.scale == 100, looks)
    better_names = [str(name) for name in lines.index if lines.loc[name, "low"] > 0]
    words = (
        f"Better than {TWIN} over all tasks: {', '.join(better_names) or 'none'}. Harm ({HARM}): "
        f"{', '.join(map(str, lines.index[lines['harm']])) or 'none'}; of single tasks, drawn as "
        f"crosses, {int(tasks['harm'].sum())} of {len(tasks)}. Large: the mean over tasks, as in "
        f"the table, with the verdict's {interval_words(estimates['pairs'])}; small: each task."
    )
    table = pd.DataFrame(
        {METHOD: lines.index,
         "gain, 95 % interval": [gain_text(record, unit) for record in lines.to_dict("records")],
         "tasks": [str(count) for count in task_counts],
         "tasks harmed": [str(tasks.loc[tasks[METHOD] == name, "harm"].sum())
                          for name in lines.index],
         "seeds": [str(count) for count in estimates.loc[lines.index, "pairs"]]}
    )  # fmt: skip
    return Panel("gains", title, words, figure, table)


def gain_text(line: Mapping[Any, Any], unit: Unit) -> str:
    """A gain with its interval and mark as text, as in the table."""
    parts = [unit.difference(line[GAIN]), unit.interval(line["low"], line["high"])]
    return " ".join(filter(None, [*parts, HARM * bool(line["harm"])]))


def ranks(scores: Scores, looks: dict[str, int]) -> Panel:
    """Panel of the critical-difference diagram.

    Args:
        scores: Finished runs of one benchmark.
        looks: Number of each method's colour and symbol.
    """
    title = "Critical differences"
    try:
        ranking = significance.ranking(scores)
    except MissingExtra as error:
        return Panel("ranks", title, f"Not drawn: {error}.")
    if ranking is None:
        words = "Not made: ranks need at least 3 methods that finished the same 2 tasks."
        return Panel("ranks", title, words)
    alpha = significance.ALPHA
    figure = figures.rank_diagram(
        ranking.ranks, ranking.p_values, ranking.tasks, ranking.distance, alpha, looks
    )
    words = (
        f"{ranking.ranks.index[0]} has the best average rank, {ranking.ranks.iloc[0]:.2f}, over "
        f"{ranking.tasks} tasks. Grey bars join methods that Nemenyi's test does not tell apart at "
        f"{alpha:g}; the ruler is the critical difference, {ranking.distance:.2f}."
    )
    table = pd.DataFrame(
        {METHOD: ranking.ranks.index, "average rank": [f"{rank:.2f}" for rank in ranking.ranks]}
    )
    return Panel("ranks", title, words, figure, table)


def profile(scores: Scores, looks: dict[str, int]) -> Panel:
    """Panel of performance profiles.

    Args:
        scores: Finished runs of one benchmark.
        looks: Number of each method's colour and symbol.
    """
    title, percent = "Performance profile", scores.metric in significance.PERCENT
    grid, shares = significance.profiles(scores)
    if not shares:
        return Panel("profile", title, "No task was finished by every method: no profile.")
    figure = figures.profiles(grid, shares, scores.metric, scores.higher, percent, looks)
    scale, form = units(percent)
    columns = [round(place * (len(grid) - 1) / 4) for place in range(5)]
    side = "above" if scores.higher else "below"
    words = (
        f"Share of runs that score {side} each threshold τ, over the tasks that all methods "
        "finished; bands: 95 % of a bootstrap over seeds. A curve that is higher everywhere is "
        "the better."
    )
    table = pd.DataFrame(
        [
            [name, *(f"{profile[0][place]:.0%}" for place in columns)]
            for name, profile in shares.items()
        ],
        columns=[METHOD, *(f"{side} {grid[place] * scale:{form}}" for place in columns)],
    )
    return Panel("profile", title, words, figure, table)
