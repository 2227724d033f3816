"""Negative transfer: where adaptation did worse than none, beyond what seeds leave to chance."""

from collections.abc import Mapping, Sequence

import pandas as pd

from da_bench.statistics.intervals import ENOUGH, paired_mean

from .cell import HARM
from .row import GAIN, NAME, SEED, TASK, is_twin

BOUNDS = ("gain_low", "gain_high")
"""Parts of a summary that hold the limits of each gain's 95 % interval."""


def gain_bounds(runs: pd.DataFrame, keys: str | list[str]) -> pd.DataFrame:
    """Limits of the 95 % interval of each group's gains, NaN where its seeds allow none.

    Args:
        runs: Finished runs, with their ``gain`` over the twin of the same task and seed.
        keys: Column or columns that make a group, which become the index.
    """
    bounds = {}
    for key, gains in runs.groupby(keys)[GAIN]:
        interval = paired_mean(gains.dropna().to_numpy(float))
        bounds[key] = [interval.low, interval.high] if interval else [float("nan")] * 2
    return pd.DataFrame.from_dict(bounds, orient="index", columns=list(BOUNDS))


def over_tasks(runs: pd.DataFrame, tasks: Sequence[str]) -> pd.DataFrame:
    """Mean gain of each method over tasks, from the seeds that finished all of them.

    It is the verdict on a method in tables, figures and statistics.

    Args:
        runs: Finished runs, with ``name``, ``task``, ``seed`` and ``gain``.
        tasks: Tasks to average over.

    Returns:
        A line for each name: ``gain``, ``pairs`` (the number of those seeds) and the limits that
        :func:`gain_bounds` makes.
    """
    by_seed = runs[runs[TASK].isin(tasks)].groupby([NAME, SEED])[GAIN]
    complete_seeds = by_seed.mean()[by_seed.count() == len(tasks)].rename(GAIN).reset_index()
    gains = complete_seeds.groupby(NAME)[GAIN]
    verdicts = pd.DataFrame({GAIN: gains.mean(), "pairs": gains.count()})
    return verdicts.join(gain_bounds(complete_seeds, NAME))


def interval_words(pairs: pd.DataFrame | pd.Series) -> str:
    """Words for the interval of a gain: its level, its kind and its number of seeds.

    Args:
        pairs: Number of seeds of each gain.
    """
    seeds = span(pairs)
    return (
        f"95 % interval over {seeds} seed{'s' * (seeds != '1')} "
        "(Student's t of the paired differences)"
    )


def shows_harm(parts: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Whether each cell of a summary shows harm: the whole interval of its gain is below zero."""
    return parts["gain_high"].lt(0).reindex_like(parts["mean"]).fillna(False).astype(bool)


def harm_words(parts: Mapping[str, pd.DataFrame], has_brackets: bool = True) -> str:
    """Sentences on what brackets and marks of a table mean, and which gains allow no verdict.

    Args:
        parts: Tables of a summary by name.
        has_brackets: Whether the table shows the intervals, and not their marks alone.
    """
    rivals = [name for name in parts["mean"] if not is_twin(name)]
    gains, pairs = parts[GAIN][rivals], parts["pairs"][rivals]
    has_gain = gains.notna()
    if not has_gain.any(axis=None):
        return ""
    has_interval = parts["gain_high"][rivals].notna()
    has_few_seeds = has_gain & pairs.lt(ENOUGH)
    has_equal_seeds = has_gain & ~has_interval & ~has_few_seeds
    texts = []
    if has_interval.any(axis=None):
        count = int(shows_harm(parts)[rivals].to_numpy().sum())
        interval, harm = interval_words(pairs[has_interval]), cell_count(count)
        texts.append(
            f"In square brackets the gain's {interval}; {HARM} marks harm, an interval wholly "
            f"below zero: {harm}."
            if has_brackets
            else f"{HARM} marks harm, where the gain's {interval} is wholly below zero: {harm}."
        )
    if has_few_seeds.any(axis=None):
        number = int(has_few_seeds.to_numpy().sum())
        place = f" in {cell_count(number)}" if has_interval.any(axis=None) else ""
        texts.append(
            f"No verdict on the gain{place}: it needs at least {ENOUGH} seeds, and there are "
            f"{span(pairs[has_few_seeds])}."
        )
    if has_equal_seeds.any(axis=None):
        number = int(has_equal_seeds.to_numpy().sum())
        texts.append(f"Every seed gains the same in {cell_count(number)}: no interval.")
    return " ".join(texts)


def cell_count(number: int) -> str:
    """A number of cells in words: ``1 cell`` or ``5 cells``."""
    return f"{number} cell{'s' * (number != 1)}"


def span(counts: pd.DataFrame | pd.Series) -> str:
    """The range of positive counts as text: ``2`` or ``1 to 2``."""
    values = counts.to_numpy(float).ravel()
    values = values[values > 0]
    smallest_count, largest_count = (
        (int(values.min()), int(values.max())) if values.size else (0, 0)
    )
    return (
        f"{largest_count}"
        if smallest_count == largest_count
        else f"{smallest_count} to {largest_count}"
    )
