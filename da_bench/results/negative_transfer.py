"""Negative transfer: where adaptation did worse than none, beyond what seeds leave to chance."""

from collections.abc import Mapping, Sequence

import pandas as pd

from da_bench.statistics.intervals import paired_mean

from .row import TWIN

MARK = "†"
"""Stands by a cell whose gain is harm."""
BOUNDS = ("gain_low", "gain_high")
"""Parts of a summary: the limits of each gain's 95 % interval."""


def gain_bounds(good: pd.DataFrame, keys: str | list[str]) -> pd.DataFrame:
    """Limits of the paired gains of each group, NaN where there are fewer than two seeds.

    Args:
        good: Finished rows, with their ``gain`` over the twin of the same task and seed.
        keys: The column or columns that make a group, and then the index.
    """
    lines = {}
    for key, gains in good.groupby(keys)["gain"]:
        found = paired_mean(gains.dropna().to_numpy(float))
        lines[key] = [found.low, found.high] if found else [float("nan")] * 2
    return pd.DataFrame.from_dict(lines, orient="index", columns=list(BOUNDS))


def over_tasks(good: pd.DataFrame, tasks: Sequence[str]) -> pd.DataFrame:
    """Each method's mean gain over the tasks, by the seeds that met all of them.

    It is the verdict on a method, wherever one stands: in tables, figures and statistics.

    Args:
        good: Finished rows, with ``name``, ``task``, ``seed`` and ``gain``.
        tasks: To average over.

    Returns:
        By name ``gain``, ``pairs`` (the number of those seeds) and the limits of
        :func:`gain_bounds`, NaN where there are fewer than two.
    """
    by_seed = good[good["task"].isin(tasks)].groupby(["name", "seed"])["gain"]
    met = by_seed.mean()[by_seed.count() == len(tasks)].rename("gain").reset_index()
    own = met.groupby("name")["gain"]
    found = pd.DataFrame({"gain": own.mean(), "pairs": own.count()})
    return found.join(gain_bounds(met, "name"))


def interval_words(pairs: pd.DataFrame | pd.Series) -> str:
    """What interval a verdict is, of what level, over what and over how many seeds.

    Args:
        pairs: How many seeds each gain is of.
    """
    counts = pairs.to_numpy(float).ravel()
    counts = counts[counts > 0]
    few, many = (int(counts.min()), int(counts.max())) if counts.size else (0, 0)
    seeds = f"{many} seed{'s' * (many != 1)}" if few == many else f"{few} to {many} seeds"
    return f"95 % interval over {seeds} (Student's t of the paired differences)"


def harmed(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Which cells of a summary show harm: the whole interval of the gain lies below zero."""
    return parts["gain_high"].lt(0).reindex_like(parts["mean"]).fillna(False).astype(bool)


def harm_words(parts: Mapping[str, pd.DataFrame]) -> str:
    """What the brackets and the mark mean, in words; what can't be told where seeds are few."""
    rivals = [name for name in parts["mean"] if str(name).partition("[")[0] != TWIN]
    if parts["gain"][rivals].isna().all(axis=None):
        return ""
    if parts["gain_high"][rivals].isna().all(axis=None):
        return "One seed a task: no interval of the gain, so harm can't be told from chance."
    count = int(harmed(parts)[rivals].to_numpy().sum())
    return (
        f"In square brackets the gain's {interval_words(parts['pairs'][rivals])}; {MARK} marks "
        f"harm, an interval wholly below zero: {count} cell{'s' * (count != 1)}."
    )
