"""What the runs of a folder show beyond chance: estimates, tests and figures, in one report."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from .choices import written
from .grid import TWIN
from .harm import MARK
from .intervals import (
    Interval,
    hierarchical_mean,
    interquartile_mean,
    performance_profile,
    probability_of_improvement,
)
from .protocol import PERCENT
from .ranks import (
    average_ranks,
    critical_difference,
    friedman,
    nemenyi,
    nemenyi_verdict,
    wilcoxon_holm,
)
from .scores import Scores, scores
from .screen import STYLES
from .verdict import FEW, Verdict

ALPHA = 0.05


def estimates(of: Scores, seed: int = 0) -> pd.DataFrame:
    """A line a method: ``gain`` over the twin, ``iqm``, ``improvement`` and ``tasks`` of the gain.

    Interquartile means and chances of improvement are over the tasks that all ranked methods
    finished; gains, which are paired, over those that the method and its twin did.
    """
    common = list(of.means().dropna().index)
    sign = 1 if of.higher else -1
    twins = of.groups(TWIN, common)
    lines = {}
    for name in dict.fromkeys(of.runs.sort_values("name")["name"]):
        tasks = list(of.runs.loc[of.runs["name"] == name, "task"].unique())
        gains, own = of.groups(name, tasks, "gain"), of.groups(name, common)
        ranked = name not in of.oracles and own
        better = name.partition("[")[0] != TWIN
        lines[name] = {
            "gain": hierarchical_mean(gains, seed=seed) if gains and better else None,
            "iqm": interquartile_mean(own, seed=seed) if ranked else None,
            "improvement": probability_of_improvement(
                [sign * g for g in own], [sign * g for g in twins], seed=seed
            )
            if ranked and better and twins
            else None,
            "tasks": len(gains),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


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
    gains = of.means("gain")
    rivals = [name for name in gains.columns if str(name).partition("[")[0] != TWIN]
    return found + (wilcoxon_holm(gains[rivals], alpha, TWIN) if len(gains) >= 2 else [])


def report(table: pd.DataFrame, figures: Path | None = None, style: str = "markdown") -> str:
    """Estimates and verdicts of each benchmark, and of all that share a metric.

    Args:
        table: Of :func:`da_bench.bench.table.frame`.
        figures: Folder for the figures; none are drawn without.
        style: ``markdown``, ``text`` or ``screen``.
    """
    texts = []
    for name, own in [*single(table), *joint(table)]:
        of = scores(own)
        texts.append(section(name, of, style))
        if figures:
            texts[-1] += f"\n\n{draw(name, of, figures)}"
    return "\n\n".join(texts)


def single(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The runs of each benchmark of which some finished, by its name."""
    good = table[table["current"] & (table["status"] == "ok")]
    return [(str(b), table[table["benchmark"] == b]) for b in good["benchmark"].unique()]


def joint(table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    """The runs of all benchmarks that share a metric, where several do."""
    found, good = [], table[table["current"] & (table["status"] == "ok")]
    for metric, own in good.groupby("metric"):
        shared = list(own["benchmark"].unique())
        if len(shared) > 1:
            name = f"all benchmarks with {metric}"
            found.append((name, table[table["benchmark"].isin(shared)]))
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


HEAD = ("method", f"gain over {TWIN}", "tasks", "interquartile mean", "P(better)", "rank")


def lines(of: Scores, found: pd.DataFrame | None = None) -> list[list[str]]:
    """A line of text a method, as :data:`HEAD` says; ``found`` are its estimates, if known."""
    found = estimates(of) if found is None else found
    scale, digits = (100, 1) if of.metric in PERCENT else (1, 3)
    whole = of.means().dropna()
    ranks = average_ranks(whole * (1 if of.higher else -1)) if len(whole) else pd.Series()

    def text(value: Interval | None, *how: object) -> str:
        return "-" if value is None else value.shown(*how)  # type: ignore[arg-type]

    def harm(value: Interval | None) -> str:
        return f" {MARK}" if value is not None and value.high < 0 else ""

    return [
        [
            str(method),
            text(row["gain"], scale, digits, "+") + harm(row["gain"]),
            str(row["tasks"]),
            text(row["iqm"], scale, digits),
            text(row["improvement"], 1, 2),
            f"{ranks.loc[str(method)]:.2f}" if method in ranks.index else "-",
        ]
        for method, row in found.iterrows()
    ]


def told(of: Scores) -> str:
    """What the lines mean, and what speaks against them."""
    means = of.means()
    said = [
        f"Brackets: 95 % bootstrap intervals (alpha {ALPHA:g}); of the gain over seeds "
        f"and tasks, else over seeds; {MARK} marks harm, a gain's interval wholly below "
        "zero. "
        f"Interquartile mean, P(better than {TWIN}) and rank: over the {len(means.dropna())} of "
        f"{len(means)} tasks that all ranked methods finished."
    ]
    if len(means) < FEW:
        said.append(f"WARNING: {len(means)} tasks, fewer than {FEW}: too few to separate methods.")
    if (of.runs.groupby(["name", "task"]).size() < 2).any():
        said.append(
            "WARNING: tasks with one seed: intervals over seeds are too narrow, or a point."
        )
    if of.oracles:
        said.append(f"Not ranked, as oracles: {', '.join(of.oracles)}.")
    return " ".join([*said, of.missing]).strip()


def tested(of: Scores) -> list[str]:
    """The verdicts in words, and which tests were not made."""
    whole, said = of.means().dropna(), [str(verdict) for verdict in verdicts(of)]
    if whole.shape[1] < 3 or len(whole) < 2:
        said.insert(0, f"Friedman, Nemenyi: not made, {whole.shape[1]} methods on "
                       f"{len(whole)} whole tasks; they need 3 and 2.")  # fmt: skip
    return said


def section(name: str, of: Scores, style: str) -> str:
    """One report: a line a method, then the verdicts."""
    title, notes = f"Statistics: {name}", told(of)
    tests = "\n".join(f"- {said}" for said in tested(of))
    if style in STYLES:
        return written(HEAD, lines(of), style, title, f"{notes}\n{tests}")
    return f"{written(HEAD, lines(of), style, title, notes)}\n\n{tests}"


def draw(name: str, of: Scores, folder: Path) -> str:
    """Writes the figures as PNG and PDF; returns a line that names them."""
    from da_bench import figures

    folder.mkdir(parents=True, exist_ok=True)
    whole = of.means().dropna()
    few = f", fewer than {FEW}: too few to separate" if len(whole) < FEW else ""
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
        title = f"{name}: {len(whole)} tasks{few}; bands 95 % over seeds"
        made["profile"] = figures.performance_profile(grid, shares, of.metric, of.higher, title)
    stem = "".join(c if c.isalnum() else "_" for c in name)[:100]
    for kind, figure in made.items():
        for suffix in ("png", "pdf"):
            figure.savefig(folder / f"{stem}-{kind}.{suffix}", dpi=150)
    return "Figures: " + ", ".join(str(folder / f"{stem}-{kind}.png") for kind in made)
