"""Statistics of the runs of a folder: estimates, tests and figures, in one report."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from da_bench.io import escape
from da_bench.io.files import open_whole
from da_bench.statistics.intervals import performance_profile
from da_bench.statistics.ranks import (
    average_ranks,
    critical_difference,
    friedman,
    nemenyi,
    nemenyi_verdict,
    wilcoxon_holm,
)
from da_bench.statistics.verdict import FEW, Verdict

from .estimates import ALPHA, BOOTSTRAP, HEAD, estimates, explanation, head, lines
from .protocol import PERCENT
from .renderers.choice_table import table_text
from .renderers.terminal import STYLES
from .row import BENCHMARK, CURRENT, GAIN, METRIC, OK, STATUS, TWIN
from .scores import Scores, scores

__all__ = ["ALPHA", "BOOTSTRAP", "HEAD", "PERCENT", "Ranking", "draw", "estimates", "explanation",
           "head", "joint", "lines", "profiles", "ranking", "report", "section", "single",
           "verdict_lines", "verdicts"]  # fmt: skip


def verdicts(scores: Scores, alpha: float = ALPHA) -> list[Verdict]:
    """Tests of Friedman and Nemenyi over the ranked methods, and each method against its twin.

    Tests for which there are too few methods or tasks are left out; :func:`report` names them.

    Args:
        scores: Finished runs that share a metric.
        alpha: Level of the tests.
    """
    means, verdict_list = scores.means() * (1 if scores.higher else -1), []
    complete_means = means.dropna()
    left_out = [str(task) for task in means.index.difference(complete_means.index, sort=False)]
    note = f"Left out, as some method is missing: {', '.join(left_out)}" if left_out else ""
    if complete_means.shape[1] >= 3 and len(complete_means) >= 2:
        overall = friedman(complete_means, alpha, note)
        verdict_list += [overall]
        caveat = "" if overall.significant else "Friedman shows no difference: separates nothing"
        verdict_list += [nemenyi_verdict(complete_means, nemenyi(complete_means), alpha, caveat)]
    gains = scores.means(GAIN)
    rivals = [name for name in gains.columns if str(name).partition("[")[0] != TWIN]
    return verdict_list + (wilcoxon_holm(gains[rivals], alpha, TWIN) if len(gains) >= 2 else [])


def report(
    table: pd.DataFrame,
    figures: Path | None = None,
    style: str = "markdown",
    bootstrap: bool = False,
) -> str:
    """Estimates and verdicts of each benchmark, and of all that share a metric, as text.

    Args:
        table: Lines of :func:`da_bench.results.table.frame`.
        figures: Folder for the figures; none are drawn where None.
        style: ``markdown``, ``text`` or ``screen``.
        bootstrap: Whether to show the gains' bootstrap intervals, too.
    """
    texts = []
    for name, benchmark_runs in [*single(table), *joint(table)]:
        benchmark_scores = scores(benchmark_runs)
        texts.append(section(name, benchmark_scores, style, bootstrap))
        if figures:
            texts[-1] += f"\n\n{draw(name, benchmark_scores, figures)}"
    return "\n\n".join(texts)


def single(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Name and runs of each benchmark with a finished run."""
    good = table[table[CURRENT] & (table[STATUS] == OK)]
    return [(str(name), table[table[BENCHMARK] == name]) for name in good[BENCHMARK].unique()]


def joint(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """Name and runs of each group of several benchmarks that share a metric."""
    groups, good = [], table[table[CURRENT] & (table[STATUS] == OK)]
    for metric, metric_runs in good.groupby(METRIC):
        names = list(metric_runs[BENCHMARK].unique())
        if len(names) > 1:
            name = f"all benchmarks with {metric}"
            groups.append((name, table[table[BENCHMARK].isin(names)]))
    return groups


class Ranking(NamedTuple):
    """Average ranks over the tasks that all ranked methods finished, with Nemenyi's test."""

    ranks: pd.Series
    """Average rank by method, 1 for the best."""
    p_values: pd.DataFrame
    """P-value of each pair of methods."""
    distance: float
    """Critical difference of ranks."""
    tasks: int
    """Number of tasks."""


def ranking(scores: Scores) -> Ranking | None:
    """Ranks the methods; None for fewer than three methods or two tasks that all finished.

    Args:
        scores: Finished runs that share a metric.

    Raises:
        MissingExtra: scikit-posthocs is not installed.
    """
    complete_means = scores.means().dropna() * (1 if scores.higher else -1)
    if complete_means.shape[1] < 3 or len(complete_means) < 2:
        return None
    distance = critical_difference(complete_means.shape[1], len(complete_means), ALPHA)
    return Ranking(
        average_ranks(complete_means), nemenyi(complete_means), distance, len(complete_means)
    )


def profiles(scores: Scores) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Performance profiles over the tasks that all ranked methods finished.

    Args:
        scores: Finished runs that share a metric.

    Returns:
        Thresholds of the score, of shape (k,), and by method, the best mean first, its share of
        runs beyond them with the band's limits, of shape (3, k). Empty where there is no such task.
    """
    complete_means = scores.means().dropna()
    if complete_means.empty:
        return np.empty(0), {}
    values = scores.runs["score"]
    grid = np.linspace(values.min(), values.max(), 200)
    order = complete_means.mean().sort_values(ascending=not scores.higher).index
    tasks = list(complete_means.index)
    return grid, {
        str(name): performance_profile(scores.groups(str(name), tasks), grid, scores.higher)
        for name in order
    }


def verdict_lines(scores: Scores) -> list[str]:
    """Verdicts of all tests in sentences, with one on tests that could not be made."""
    complete_means, sentences = (
        scores.means().dropna(),
        [str(verdict) for verdict in verdicts(scores)],
    )
    if complete_means.shape[1] < 3 or len(complete_means) < 2:
        sentences.insert(0, f"Friedman, Nemenyi: not made, {complete_means.shape[1]} methods on "
                       f"{len(complete_means)} whole tasks; they need 3 and 2.")  # fmt: skip
    return sentences


def section(name: str, scores: Scores, style: str, bootstrap: bool = False) -> str:
    """Statistics of one benchmark as text: a line for each method, then the verdicts.

    Args:
        name: Name of the benchmark, for the title.
        scores: Finished runs of the benchmark.
        style: ``markdown``, ``text`` or ``screen``.
        bootstrap: Whether to show the gains' bootstrap intervals, too.
    """
    estimate_table = estimates(scores)
    title, notes = f"Statistics: {name}", explanation(scores, estimate_table, bootstrap)
    heading, body = head(bootstrap), lines(scores, estimate_table, bootstrap)
    tests = "\n".join(f"- {sentence}" for sentence in verdict_lines(scores))
    if style in STYLES:
        return table_text(heading, body, style, title, f"{notes}\n{tests}")
    return f"{table_text(heading, body, style, title, notes)}\n\n{escape.sentences(tests)}"


def draw(name: str, scores: Scores, folder: Path) -> str:
    """Writes figures of the ranks and the performance profiles as PNG and PDF.

    Args:
        name: Name of the benchmark, for titles and file names.
        scores: Finished runs of the benchmark.
        folder: Folder for the figures; made where it does not exist.

    Returns:
        A line that names the files.
    """
    from da_bench import figures

    folder.mkdir(parents=True, exist_ok=True)
    tasks = len(scores.means().dropna())
    warning = f", fewer than {FEW}: too few to separate" if tasks < FEW else ""
    drawings = {}
    if ranks := ranking(scores):
        drawings["ranks"] = figures.critical_difference(
            ranks.ranks,
            ranks.p_values,
            ranks.tasks,
            ALPHA,
            ranks.distance,
            f"{name}, Nemenyi{warning}",
        )
    grid, shares = profiles(scores)
    if shares:
        title = f"{name}: {tasks} tasks{warning}; bands 95 %, bootstrap over seeds"
        drawings["profile"] = figures.performance_profile(
            grid, shares, scores.metric, scores.higher, title
        )
    stem = "".join(character if character.isalnum() else "_" for character in name)[:100]
    for kind, figure in drawings.items():
        for suffix in ("png", "pdf"):
            with open_whole(folder / f"{stem}-{kind}.{suffix}") as file:
                figure.savefig(file, dpi=150, format=suffix)
    return "Figures: " + ", ".join(str(folder / f"{stem}-{kind}.png") for kind in drawings)
