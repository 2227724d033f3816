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


def estimates(scores: Scores, seed: int = 0) -> pd.DataFrame:
    """Estimates of each method: ``gain``, ``iqm``, ``improvement``, ``tasks`` and ``pairs``.

    Gains are the table's: their mean over the tasks that every method finished, with Student's
    interval over its seeds, of which there are ``pairs``; where there is no such task, over those
    that the method and its twin did. ``bootstrap`` is the same mean with a bootstrap interval over
    seeds and tasks, which is shown only on request. Interquartile means and chances of improvement
    are over the tasks that all ranked methods finished.

    Args:
        scores: Finished runs of one or more benchmarks that share a metric.
        seed: Seed of the bootstrap.

    Returns:
        A line for each method.
    """
    common_tasks = list(scores.means().dropna().index)
    sign = 1 if scores.higher else -1
    twin_scores, shared_tasks = scores.groups(TWIN, common_tasks), scores.shared_tasks()
    lines = {}
    for name in dict.fromkeys(scores.runs.sort_values(NAME)[NAME]):
        runs = scores.runs[scores.runs[NAME] == name].dropna(subset=[GAIN])
        tasks = shared_tasks or list(runs[TASK].unique())
        gains, method_scores = scores.groups(name, tasks, GAIN), scores.groups(name, common_tasks)
        verdict = over_tasks(runs, tasks).reindex([name]).iloc[0]
        is_ranked = name not in scores.oracles and method_scores
        is_rival = name.partition("[")[0] != TWIN
        lines[name] = {
            GAIN: Interval(*map(float, verdict[[GAIN, *BOUNDS]]))
            if is_rival and verdict["pairs"] > 0
            else None,
            "bootstrap": hierarchical_mean(gains, seed=seed) if gains and is_rival else None,
            "pairs": int(verdict["pairs"]) if is_rival and verdict["pairs"] > 0 else 0,
            "iqm": interquartile_mean(method_scores, seed=seed) if is_ranked else None,
            "improvement": probability_of_improvement(
                [sign * group for group in method_scores],
                [sign * group for group in twin_scores],
                seed=seed,
            )
            if is_ranked and is_rival and twin_scores
            else None,
            "tasks": len(gains),
        }
    return pd.DataFrame.from_dict(lines, orient="index")


def task_gains(scores: Scores, names: Sequence[str]) -> pd.DataFrame:
    """Mean ``gain`` by method and task, its limits ``low`` and ``high``, and ``harm``.

    Args:
        scores: Finished runs.
        names: Names of methods.
    """
    keys = [NAME, TASK]
    runs = scores.runs[scores.runs[NAME].isin(names)].dropna(subset=[GAIN])
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
    scores: Scores, estimate_table: pd.DataFrame | None = None, bootstrap: bool = False
) -> list[list[str]]:
    """Estimates as texts, a line for each method, in the columns of :func:`head`.

    Args:
        scores: Finished runs.
        estimate_table: What :func:`estimates` made of them; computed here where None.
        bootstrap: Whether there is a column of the gains' bootstrap intervals.
    """
    estimate_table = estimates(scores) if estimate_table is None else estimate_table
    scale, digits = (100, 1) if scores.metric in PERCENT else (1, 3)
    complete_means = scores.means().dropna()
    ranks = (
        average_ranks(complete_means * (1 if scores.higher else -1))
        if len(complete_means)
        else pd.Series()
    )

    def text(value: Interval | None, *options: object) -> str:
        return "-" if value is None else value.text(*options)  # type: ignore[arg-type]

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
        for method, row in estimate_table.iterrows()
    ]


def explanation(
    scores: Scores, estimate_table: pd.DataFrame | None = None, bootstrap: bool = False
) -> str:
    """Sentences on what the estimates mean, and what speaks against them.

    Args:
        scores: Finished runs.
        estimate_table: What :func:`estimates` made of them; computed here where None.
        bootstrap: Whether the gains' bootstrap intervals are shown.
    """
    means, estimate_table = (
        scores.means(),
        estimates(scores) if estimate_table is None else estimate_table,
    )
    parts = [
        f"Brackets of the gain, which are the verdict: {interval_words(estimate_table['pairs'])}; "
        f"{HARM} marks harm, an interval wholly below zero. Other brackets: 95 % bootstrap "
        f"intervals over seeds (alpha {ALPHA:g})"
        + "; the last column's are over seeds and tasks, and speak of other tasks"
        * bootstrap
        + f". Interquartile mean, P(better than {TWIN}) and rank: over the "
        f"{len(means.dropna())} of {len(means)} tasks that all ranked methods finished."
    ]
    if len(means) < FEW:
        parts.append(f"WARNING: {len(means)} tasks, fewer than {FEW}: too few to separate methods.")
    if (scores.runs.groupby([NAME, TASK]).size() < 2).any():
        parts.append(
            "WARNING: tasks with one seed: intervals over seeds are too narrow, or a point."
        )
    if scores.oracles:
        parts.append(f"Not ranked, as oracles: {', '.join(scores.oracles)}.")
    return " ".join([*parts, scores.missing]).strip()
