"""Negative transfer: where adaptation did worse than none, beyond what seeds leave to chance."""

from collections.abc import Mapping, Sequence

import pandas as pd

from da_bench.statistics.intervals import ENOUGH, paired_mean

from .cell import HARM
from .row import GAIN, NAME, SEED, TASK, is_twin

BOUNDS = ("gain_low", "gain_high")
"""Parts of a summary: the limits of each gain's 95 % interval."""


def gain_bounds(good: pd.DataFrame, keys: str | list[str]) -> pd.DataFrame:
    """Limits of the paired gains of each group, NaN where its seeds allow no interval.

    Args:
        good: Finished rows, with their ``gain`` over the twin of the same task and seed.
        keys: The column or columns that make a group, and then the index.
    """
    lines = {}
    for key, gains in good.groupby(keys)[GAIN]:
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
        :func:`gain_bounds`.
    """
    by_seed = good[good[TASK].isin(tasks)].groupby([NAME, SEED])[GAIN]
    met = by_seed.mean()[by_seed.count() == len(tasks)].rename(GAIN).reset_index()
    own = met.groupby(NAME)[GAIN]
    found = pd.DataFrame({GAIN: own.mean(), "pairs": own.count()})
    return found.join(gain_bounds(met, NAME))


def interval_words(pairs: pd.DataFrame | pd.Series) -> str:
    """What interval a verdict is, of what level, over what and over how many seeds.

    Args:
        pairs: How many seeds each gain is of.
    """
    seeds = span(pairs)
    return (
        f"95 % interval over {seeds} seed{'s' * (seeds != '1')} "
        "(Student's t of the paired differences)"
    )


def harmed(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Which cells of a summary show harm: the whole interval of the gain lies below zero."""
    return parts["gain_high"].lt(0).reindex_like(parts["mean"]).fillna(False).astype(bool)


def harm_words(parts: Mapping[str, pd.DataFrame]) -> str:
    """What the brackets and the mark mean, and which gains allow no verdict, in sentences."""
    rivals = [name for name in parts["mean"] if not is_twin(name)]
    gains, pairs = parts[GAIN][rivals], parts["pairs"][rivals]
    known = gains.notna()
    if not known.any(axis=None):
        return ""
    bounded = parts["gain_high"][rivals].notna()
    few = known & pairs.lt(ENOUGH)
    equal = known & ~bounded & ~few
    texts = []
    if bounded.any(axis=None):
        count = int(harmed(parts)[rivals].to_numpy().sum())
        texts.append(
            f"In square brackets the gain's {interval_words(pairs[bounded])}; {HARM} marks harm, "
            f"an interval wholly below zero: {cell_count(count)}."
        )
    if few.any(axis=None):
        number = int(few.to_numpy().sum())
        where = f" in {cell_count(number)}" if bounded.any(axis=None) else ""
        texts.append(
            f"No verdict on the gain{where}: it needs at least {ENOUGH} seeds, and there are "
            f"{span(pairs[few])}."
        )
    if equal.any(axis=None):
        number = int(equal.to_numpy().sum())
        texts.append(f"Every seed gains the same in {cell_count(number)}: no interval.")
    return " ".join(texts)


def cell_count(number: int) -> str:
    """``1 cell`` or ``5 cells``."""
    return f"{number} cell{'s' * (number != 1)}"


def span(counts: pd.DataFrame | pd.Series) -> str:
    """Positive numbers as ``2`` or ``1 to 2``."""
    values = counts.to_numpy(float).ravel()
    values = values[values > 0]
    few, many = (int(values.min()), int(values.max())) if values.size else (0, 0)
    return f"{many}" if few == many else f"{few} to {many}"
