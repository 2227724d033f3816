"""Which finished runs were made by other code than what is installed now, and how tables say so."""

from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

from da_bench.config import used_code

from .cell import OTHER
from .row import (
    BENCHMARK,
    CLASSES,
    CODE,
    CONFIGURATION,
    LABELS,
    MAX_EPOCHS,
    NAME,
    OK,
    OTHER_CODE,
    SEED,
    STATUS,
    TASK,
)

if TYPE_CHECKING:
    import pandas as pd

MOST_CLASSES = 200
"""Import paths that a row may name; a run names fewer than twenty."""


def made_by_other_code(row: Mapping[str, Any]) -> bool:
    """Whether a finished run was made by other code than the same run would execute now.

    A row of the store that holds no digest of its code, from before this was stored, counts as
    made by other code; one that no store has read says nothing about it. Nor does one that names a
    module which is not here, such as of one's own where the table is made elsewhere.

    Args:
        row: A row as the store reads it.
    """
    if row.get(STATUS) != OK or row.get(CODE) is None:
        return False
    classes = tuple(row.get(CLASSES) or ())
    if len(classes) > MOST_CLASSES:
        return True
    return used_code.are_present(classes) and row[CODE] != _digest_now(classes)


@cache
def _digest_now(classes: tuple[str, ...]) -> str | None:
    """Digest of the code behind import paths as it is now; None where it can't be read."""
    try:
        return used_code.digest(classes) if classes else None
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def superseded(runs: "pd.DataFrame") -> "pd.Series":
    """Which runs of other code were run again, with the same settings, by what is installed now.

    Args:
        runs: Lines of :func:`da_bench.results.table.frame`.

    Returns:
        One boolean a line.
    """
    keys = [BENCHMARK, NAME, TASK, LABELS, SEED, CONFIGURATION]
    keys += [MAX_EPOCHS] if MAX_EPOCHS in runs else []
    other = runs[OTHER_CODE].astype(bool)
    is_new = (runs[STATUS] == OK) & ~other
    return other & is_new.groupby([runs[key] for key in keys], dropna=False).transform("any")


def other_code_words(good: "pd.DataFrame") -> str:
    """A sentence that counts the runs of other code, by method; empty where there are none.

    Args:
        good: Finished runs, lines of :func:`da_bench.results.table.frame`.
    """
    if OTHER_CODE not in good or not good[OTHER_CODE].any():
        return ""
    advice = "compare, sweep and reproduce run them again with --recompute"
    if good[OTHER_CODE].all():
        return f"All runs were made by other code than what is installed now: {advice}."
    counts = good.groupby(NAME, sort=False)[OTHER_CODE].agg(["sum", "count"])
    names = ", ".join(
        f"{name} {line['sum']} of {line['count']}"
        for name, line in counts[counts["sum"] > 0].iterrows()
    )
    return f"{OTHER} marks runs made by other code than what is installed now ({names}): {advice}."
