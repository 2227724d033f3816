"""Estimates over the runs of each method, as numbers and as lines of text, and what they mean."""

from collections.abc import Sequence

import pandas as pd

from da_bench.statistics.intervals import (
    Interval,
    hierarchical_mean,
    interquartile_mean,
    probability_of_improvement,
)
from da_bench.statistics.ranks import average_ranks
from da_bench.statistics.verdict import FEW

from .cell import HARM
from .negative_transfer import BOUNDS, gain_bounds, interval_words, over_tasks
from .protocol import PERCENT
from .row import GAIN, METHOD, NAME, TASK, TWIN
from .scores import Scores

ALPHA = 0.05


def estimates(of: Scores, seed: int = 0) -> pd.DataFrame:
    """A line a method: ``gain`` over the twin, ``iqm``, ``improvement``, ``tasks`` and ``pairs``.

    Gains are the table's: their mean over the tasks that every method finished, with Student's
    interval over its seeds, of which there are ``pairs``; where there is no such task, over those
    that the method and its twin did. ``bootstrap`` is the same mean with a bootstrap interval over
    seeds and tasks, which nothing shows unasked. Interquartile means and chances of improvement are
    over the tasks that all ranked methods finished.
    """
    common = list(of.means().dropna().index)
    sign = 1 if of.higher else -1
    twins, shared = of.groups(TWIN, common), of.shared()
    lines = {}
    for name in dict.fromkeys(of.runs.sort_values(NAME)[NAME]):
        runs = of.runs[of.runs[NAME] == name].dropna(subset=[GAIN])
        tasks = shared or list(runs[TASK].unique())
        gains, own = of.groups(name, tasks, GAIN), of.groups(name, common)
        verdict = over_tasks(runs, tasks).reindex([name]).iloc[0]
        ranked = name not in of.oracles and own
        better = name.partition("[")[0] != TWIN
        lines[name] = {
            GAIN: Interval(*map(float, verdict[[GAIN, *BOUNDS]]))
            if better and verdict["pairs"] > 0
            else None,
            "bootstrap": hierarchical_mean(gains, seed=seed) if gains and better else None,
            "pairs": int(verdict["pairs"]) if better and verdict["pairs"] > 0 else 0,
            "iqm": interquartile_mean(own, seed=seed) if ranked else None,
            "improvement": probability_of_improvement(
                [sign * g for g in own], [sign * g for g in twins], seed=seed
            )
            if ranked and better and twins
            else None,
            "tasks": len(gains),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def task_gains(of: Scores, names: Sequence[str]) -> pd.DataFrame:
    """By method and task its mean ``gain``, the limits ``low`` and ``high``, and ``harm``."""
    keys = [NAME, TASK]
    runs = of.runs[of.runs[NAME].isin(names)].dropna(subset=[GAIN])
    tasks = runs.groupby(keys)[GAIN].mean().reset_index()
    limits = gain_bounds(runs, keys).reindex(pd.MultiIndex.from_frame(tasks[keys]))
    low, high = (limits[bound].to_numpy() for bound in BOUNDS)
    return tasks.assign(low=low, high=high, harm=high < 0)


HEAD = (METHOD, f"gain over {TWIN}", "tasks", "interquartile mean", "P(better)", "rank")
BOOTSTRAP = "bootstrap over seeds and tasks"
"""Heading of the last column, where it is asked for."""


def head(bootstrap: bool = False) -> list[str]:
    """Headings of :func:`lines`."""
    return [*HEAD, *[BOOTSTRAP] * bootstrap]


def lines(
    of: Scores, found: pd.DataFrame | None = None, bootstrap: bool = False
) -> list[list[str]]:
    """A line of text a method, as :func:`head` says; ``found`` are its estimates, if known."""
    found = estimates(of) if found is None else found
    scale, digits = (100, 1) if of.metric in PERCENT else (1, 3)
    whole = of.means().dropna()
    ranks = average_ranks(whole * (1 if of.higher else -1)) if len(whole) else pd.Series()

    def text(value: Interval | None, *how: object) -> str:
        return "-" if value is None else value.shown(*how)  # type: ignore[arg-type]

    def harm(value: Interval | None) -> str:
        return f" {HARM}" if value is not None and value.high < 0 else ""

    return [
        [
            str(method),
            text(row[GAIN], scale, digits, "+") + harm(row[GAIN]),
            str(row["tasks"]),
            text(row["iqm"], scale, digits),
            text(row["improvement"], 1, 2),
            f"{ranks.loc[str(method)]:.2f}" if method in ranks.index else "-",
            *[text(row["bootstrap"], scale, digits, "+")] * bootstrap,
        ]
        for method, row in found.iterrows()
    ]


def told(of: Scores, found: pd.DataFrame | None = None, bootstrap: bool = False) -> str:
    """What the lines mean, and what speaks against them; ``found`` are their estimates, if known.

    Args:
        of: The finished runs.
        found: Of :func:`estimates`.
        bootstrap: Whether the gains' bootstrap intervals are shown.
    """
    means, found = of.means(), estimates(of) if found is None else found
    said = [
        f"Brackets of the gain, which are the verdict: {interval_words(found['pairs'])}; {HARM} "
        "marks harm, an interval wholly below zero. Other brackets: 95 % bootstrap intervals over "
        f"seeds (alpha {ALPHA:g})"
        + "; the last column's are over seeds and tasks, and speak of other tasks"
        * bootstrap
        + f". Interquartile mean, P(better than {TWIN}) and rank: over the "
        f"{len(means.dropna())} of {len(means)} tasks that all ranked methods finished."
    ]
    if len(means) < FEW:
        said.append(f"WARNING: {len(means)} tasks, fewer than {FEW}: too few to separate methods.")
    if (of.runs.groupby([NAME, TASK]).size() < 2).any():
        said.append(
            "WARNING: tasks with one seed: intervals over seeds are too narrow, or a point."
        )
    if of.oracles:
        said.append(f"Not ranked, as oracles: {', '.join(of.oracles)}.")
    return " ".join([*said, of.missing]).strip()
