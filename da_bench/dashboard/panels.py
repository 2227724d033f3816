"""What report and app show of a benchmark: a figure, what it says in words, and its numbers."""

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
        key: Short, of letters; unlike the others of its benchmark.
        title: Its heading.
        words: What it shows, and how to read it; why there is none where ``figure`` is None.
        figure: Plotly's.
        table: Its numbers as text; columns ``method`` and ``task`` can be filtered by.
        choices: Which of its traces are shown at a time: key of their ``meta``, and its values.
    """

    key: str
    title: str
    words: str
    figure: "Figure | None" = None
    table: pd.DataFrame | None = None
    choices: dict[str, Sequence[str]] = field(default_factory=dict)


def plain_cells(of: Benchmark) -> pd.DataFrame:
    """The table's cells as plain texts."""
    return of.cells.map(str)


def whole(of: Benchmark) -> str | None:
    """The line that stands for all tasks: the mean, or the only task; None where there is none."""
    lines = list(of.parts["mean"].index) if of.parts else []
    return MEAN if MEAN in lines else str(lines[0]) if len(lines) == 1 else None


def row(frame: pd.DataFrame, line: str) -> pd.Series:
    """One line of a table, by method."""
    return cast(pd.Series, frame.loc[line])


NO_MEAN = "The table has no mean over tasks: its lines differ in granted labels."


def leaderboard(of: Benchmark, looks: dict[str, int]) -> Panel:
    """Methods by the line that stands for all tasks."""
    title, line = "Leaderboard", whole(of)
    if line is None:
        return Panel("leaderboard", title, NO_MEAN)
    means, texts = row(of.parts["mean"], line).dropna(), row(plain_cells(of), line)
    if means.empty:
        return Panel("leaderboard", title, "No task was finished by every method: no mean.")
    order = means.sort_values(ascending=not of.higher, kind="stable").index
    counts = row(of.parts["runs"], line).fillna(0).astype(int)
    figure = figures.leaderboard(
        means, row(of.parts["spread"], line), of.metric, of.higher, of.percent, looks
    )
    said = f"{order[0]} leads with {texts[order[0]]}"
    said += f"; {order[-1]} is last with {texts[order[-1]]}" if len(order) > 1 else ""
    over = "the mean over tasks" if line == MEAN else line
    words = f"{said}. Points: {over}, target test; bars: one standard deviation over seeds."
    known = row(of.parts["pairs"], line).drop([n for n in counts.index if is_twin(n)])
    if known.fillna(0).gt(0).any():
        words += f" In brackets the gain and its {interval_words(known)}."
    table = pd.DataFrame(
        {METHOD: order, of.metric: [texts[n] for n in order], "seeds": [counts[n] for n in order]}
    )
    return Panel("leaderboard", title, words, figure, table)


def heat_map(of: Benchmark) -> Panel:
    """Every cell of the table as a colour."""
    harm, cells = of.harm, plain_cells(of)
    figure = figures.heat_map(of.parts["mean"], cells, harm, of.metric, of.higher, of.percent, HARM)
    tasks = of.parts["mean"].drop(index=MEAN, errors="ignore").dropna(how="all")
    best = tasks.idxmax(axis=1) if of.higher else tasks.idxmin(axis=1)
    won = best.value_counts()
    count = "; ".join(f"{name} {n}" for name, n in won.head(5).items())
    words = (
        f"Lines won, of {len(tasks)}: {count}{'; …' if len(won) > 5 else ''}. The bluer the "
        f"better; {HARM} marks harm; the hover tells spread, gain and interval."
    )
    table = cells.rename_axis(TASK).reset_index()
    return Panel("heatmap", "Method by task", words, figure, table)


def gains(of: Scores, found: pd.DataFrame, looks: dict[str, int]) -> Panel:
    """Gains over the twin with their intervals: over all tasks as estimated, and of each task.

    Args:
        of: The finished runs.
        found: Of :func:`da_bench.results.significance.estimates`.
        looks: Each method's place.
    """
    title, unit = f"Gain over {TWIN}", unit_of(of.metric)
    known = {str(n): i for n, i in found[GAIN].items() if i is not None}
    if not known:
        return Panel("gains", title, f"No run of {TWIN} to compare with, so no gains.")
    lines = pd.DataFrame.from_dict(known, orient="index", columns=[GAIN, "low", "high"])
    lines = lines.sort_values(GAIN, ascending=False, kind="stable")
    counted = found.loc[lines.index, "tasks"]
    lines["harm"] = lines["high"] < 0
    tasks = task_gains(of, list(lines.index))
    tasks["text"] = [gain_text(one, unit) for one in tasks.to_dict("records")]
    tasks = tasks.rename(columns={NAME: METHOD})
    figure = figures.gains(lines, tasks, unit.scale == 100, looks)
    better = [str(name) for name in lines.index if lines.loc[name, "low"] > 0]
    words = (
        f"Better than {TWIN} over all tasks: {', '.join(better) or 'none'}. Harm ({HARM}): "
        f"{', '.join(map(str, lines.index[lines['harm']])) or 'none'}; of single tasks, drawn as "
        f"crosses, {int(tasks['harm'].sum())} of {len(tasks)}. Large: the mean over tasks, as in "
        f"the table, with the verdict's {interval_words(found['pairs'])}; small: each task."
    )
    table = pd.DataFrame(
        {METHOD: lines.index,
         "gain, 95 % interval": [gain_text(one, unit) for one in lines.to_dict("records")],
         "tasks": [str(n) for n in counted],
         "tasks harmed": [str(tasks.loc[tasks[METHOD] == n, "harm"].sum()) for n in lines.index],
         "seeds": [str(n) for n in found.loc[lines.index, "pairs"]]}
    )  # fmt: skip
    return Panel("gains", title, words, figure, table)


def gain_text(line: Mapping[Any, Any], unit: Unit) -> str:
    """A gain with its interval and mark, as in the table."""
    parts = [unit.difference(line[GAIN]), unit.interval(line["low"], line["high"])]
    return " ".join(filter(None, [*parts, HARM * bool(line["harm"])]))


def ranks(of: Scores, looks: dict[str, int]) -> Panel:
    """The critical-difference diagram."""
    title = "Critical differences"
    try:
        found = significance.ranking(of)
    except MissingExtra as error:
        return Panel("ranks", title, f"Not drawn: {error}.")
    if found is None:
        words = "Not made: ranks need at least 3 methods that finished the same 2 tasks."
        return Panel("ranks", title, words)
    alpha = significance.ALPHA
    figure = figures.rank_diagram(
        found.ranks, found.p_values, found.tasks, found.distance, alpha, looks
    )
    words = (
        f"{found.ranks.index[0]} has the best average rank, {found.ranks.iloc[0]:.2f}, over "
        f"{found.tasks} tasks. Grey bars join methods that Nemenyi's test does not tell apart at "
        f"{alpha:g}; the ruler is the critical difference, {found.distance:.2f}."
    )
    table = pd.DataFrame(
        {METHOD: found.ranks.index, "average rank": [f"{rank:.2f}" for rank in found.ranks]}
    )
    return Panel("ranks", title, words, figure, table)


def profile(of: Scores, looks: dict[str, int]) -> Panel:
    """Performance profiles."""
    title, percent = "Performance profile", of.metric in significance.PERCENT
    grid, shares = significance.profiles(of)
    if not shares:
        return Panel("profile", title, "No task was finished by every method: no profile.")
    figure = figures.profiles(grid, shares, of.metric, of.higher, percent, looks)
    scale, form = units(percent)
    at = [round(i * (len(grid) - 1) / 4) for i in range(5)]
    side = "above" if of.higher else "below"
    words = (
        f"Share of runs that score {side} each threshold τ, over the tasks that all methods "
        "finished; bands: 95 % of a bootstrap over seeds. A curve that is higher everywhere is "
        "the better."
    )
    table = pd.DataFrame(
        [[name, *(f"{own[0][i]:.0%}" for i in at)] for name, own in shares.items()],
        columns=[METHOD, *(f"{side} {grid[i] * scale:{form}}" for i in at)],
    )
    return Panel("profile", title, words, figure, table)
