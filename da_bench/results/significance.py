"""What the runs of a folder show beyond chance: estimates, tests and figures, in one report."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from da_bench.io import escape
from da_bench.io.files import whole
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

from .estimates import ALPHA, BOOTSTRAP, HEAD, estimates, head, lines, told
from .protocol import PERCENT
from .renderers.choice_table import written
from .renderers.terminal import STYLES
from .row import BENCHMARK, CURRENT, GAIN, METRIC, OK, STATUS, TWIN
from .scores import Scores, scores

__all__ = ["ALPHA", "BOOTSTRAP", "HEAD", "PERCENT", "Ranking", "draw", "estimates", "head", "joint",
           "lines", "profiles", "ranking", "report", "section", "single", "tested", "told",
           "verdicts"]  # fmt: skip


def verdicts(of: Scores, alpha: float = ALPHA) -> list[Verdict]:
    """Friedman and Nemenyi over the ranked methods, and each method against its twin.

    Tests that the data can't carry are left out; :func:`report` says which and why.
    """
    means, found = of.means() * (1 if of.higher else -1), []
    whole = means.dropna()
    left = [str(task) for task in means.index.difference(whole.index, sort=False)]
    note = f"Left out, as some method is missing: {', '.join(left)}" if left else ""
    if whole.shape[1] >= 3 and len(whole) >= 2:
        overall = friedman(whole, alpha, note)
        found += [overall]
        after = "" if overall.significant else "Friedman shows no difference: separates nothing"
        found += [nemenyi_verdict(whole, nemenyi(whole), alpha, after)]
    gains = of.means(GAIN)
    rivals = [name for name in gains.columns if str(name).partition("[")[0] != TWIN]
    return found + (wilcoxon_holm(gains[rivals], alpha, TWIN) if len(gains) >= 2 else [])


def report(
    table: pd.DataFrame,
    figures: Path | None = None,
    style: str = "markdown",
    bootstrap: bool = False,
) -> str:
    """Estimates and verdicts of each benchmark, and of all that share a metric.

    Args:
        table: Of :func:`da_bench.results.table.frame`.
        figures: Folder for the figures; none are drawn without.
        style: ``markdown``, ``text`` or ``screen``.
        bootstrap: Show the gains' bootstrap intervals beside the verdict's.
    """
    texts = []
    for name, own in [*single(table), *joint(table)]:
        of = scores(own)
        texts.append(section(name, of, style, bootstrap))
        if figures:
            texts[-1] += f"\n\n{draw(name, of, figures)}"
    return "\n\n".join(texts)


def single(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The runs of each benchmark of which some finished, by its name."""
    good = table[table[CURRENT] & (table[STATUS] == OK)]
    return [(str(b), table[table[BENCHMARK] == b]) for b in good[BENCHMARK].unique()]


def joint(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The runs of all benchmarks that share a metric, where several do."""
    found, good = [], table[table[CURRENT] & (table[STATUS] == OK)]
    for metric, own in good.groupby(METRIC):
        shared = list(own[BENCHMARK].unique())
        if len(shared) > 1:
            name = f"all benchmarks with {metric}"
            found.append((name, table[table[BENCHMARK].isin(shared)]))
    return found


class Ranking(NamedTuple):
    """Average ranks over the tasks that all ranked methods finished, and what tells them apart."""

    ranks: pd.Series
    p_values: pd.DataFrame
    distance: float
    """The critical difference of ranks."""
    tasks: int


def ranking(of: Scores) -> Ranking | None:
    """By Nemenyi's test; None for fewer than three methods or two whole tasks.

    Raises:
        MissingExtra: scikit-posthocs is not installed.
    """
    ranked = of.means().dropna() * (1 if of.higher else -1)
    if ranked.shape[1] < 3 or len(ranked) < 2:
        return None
    distance = critical_difference(ranked.shape[1], len(ranked), ALPHA)
    return Ranking(average_ranks(ranked), nemenyi(ranked), distance, len(ranked))


def profiles(of: Scores) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Thresholds (k,), and each ranked method's share beyond them with its band, (3, k).

    Over the tasks that all finished, best mean first; no method where there is none.
    """
    whole = of.means().dropna()
    if whole.empty:
        return np.empty(0), {}
    values = of.runs["score"]
    grid = np.linspace(values.min(), values.max(), 200)
    order = whole.mean().sort_values(ascending=not of.higher).index
    tasks = list(whole.index)
    return grid, {
        str(name): performance_profile(of.groups(str(name), tasks), grid, of.higher)
        for name in order
    }


def tested(of: Scores) -> list[str]:
    """The verdicts in words, and which tests were not made."""
    whole, said = of.means().dropna(), [str(verdict) for verdict in verdicts(of)]
    if whole.shape[1] < 3 or len(whole) < 2:
        said.insert(0, f"Friedman, Nemenyi: not made, {whole.shape[1]} methods on "
                       f"{len(whole)} whole tasks; they need 3 and 2.")  # fmt: skip
    return said


def section(name: str, of: Scores, style: str, bootstrap: bool = False) -> str:
    """One report: a line a method, then the verdicts."""
    found = estimates(of)
    title, notes = f"Statistics: {name}", told(of, found, bootstrap)
    top, body = head(bootstrap), lines(of, found, bootstrap)
    tests = "\n".join(f"- {said}" for said in tested(of))
    if style in STYLES:
        return written(top, body, style, title, f"{notes}\n{tests}")
    return f"{written(top, body, style, title, notes)}\n\n{escape.sentences(tests)}"


def draw(name: str, of: Scores, folder: Path) -> str:
    """Writes the figures as PNG and PDF; returns a line that names them."""
    from da_bench import figures

    folder.mkdir(parents=True, exist_ok=True)
    tasks = len(of.means().dropna())
    few = f", fewer than {FEW}: too few to separate" if tasks < FEW else ""
    made = {}
    if found := ranking(of):
        made["ranks"] = figures.critical_difference(
            found.ranks,
            found.p_values,
            found.tasks,
            ALPHA,
            found.distance,
            f"{name}, Nemenyi{few}",
        )
    grid, shares = profiles(of)
    if shares:
        title = f"{name}: {tasks} tasks{few}; bands 95 %, bootstrap over seeds"
        made["profile"] = figures.performance_profile(grid, shares, of.metric, of.higher, title)
    stem = "".join(c if c.isalnum() else "_" for c in name)[:100]
    for kind, figure in made.items():
        for suffix in ("png", "pdf"):
            with whole(folder / f"{stem}-{kind}.{suffix}") as partial:
                figure.savefig(partial, dpi=150, format=suffix)
    return "Figures: " + ", ".join(str(folder / f"{stem}-{kind}.png") for kind in made)
