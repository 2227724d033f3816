"""A list of runs as narrow as the screen: what all share is said once, long words are cut."""

import re
from collections.abc import Mapping, Sequence

from da_bench.results.row import (
    BENCHMARK,
    DIAGNOSIS,
    METHOD,
    SOURCE,
    STATUS,
    TARGET,
    VARIANT,
    WALL_S,
)

SHARED = (BENCHMARK, STATUS, SOURCE, TARGET)
"""Columns left out where all runs have the same there, in this order."""
SPARE = {WALL_S: 99, BENCHMARK: 12, DIAGNOSIS: 12}
"""Columns left out next, where words would else be cut below so many characters."""
WORDS = (VARIANT, DIAGNOSIS, METHOD, BENCHMARK, SOURCE, TARGET)
"""Columns that still say something where they are cut."""


def fitted(cells: Mapping[str, Sequence[str]], width: int) -> tuple[dict[str, list[str]], str]:
    """Columns that take at most ``width`` characters, two between them, as far as that goes.

    Args:
        cells: Of every run, by the column's name, which is its heading.
        width: Of the screen.

    Returns:
        The columns that are left, and in words what was left out: ``all with benchmark=moons``.
    """
    kept = {column: list(own) for column, own in cells.items()}
    shared = []
    for column in SHARED:
        if total(kept) > width and len(set(kept.get(column, ()))) == 1:
            shared.append(f"{column}={kept.pop(column)[0]}")
    if total(kept) > width and VARIANT in kept:  # optimizer.lr=0.1 is lr=0.1
        kept[VARIANT] = [re.sub(r"[\w.]+\.(\w+=)", r"\1", text) for text in kept[VARIANT]]
    lost = []
    for column, least in SPARE.items():
        short = {c: [t[:least] if c in WORDS else t for t in own] for c, own in kept.items()}
        if column in kept and total(short) > width:
            del kept[column]
            lost.append(column)
    widths, over = {c: wide(c, own) for c, own in kept.items()}, total(kept) - width
    while over > 0 and (long := [c for c in WORDS if c in kept and widths[c] > len(c)]):
        # What a sweep varied tells its runs apart: it stays twice as wide as the rest.
        widths[max(long, key=lambda c: widths[c] / (1 + (c == VARIANT)))] -= 1
        over -= 1
    for column, own in kept.items():
        most = widths[column]
        kept[column] = [text if len(text) <= most else f"{text[: most - 1]}…" for text in own]
    told = [f"all with {', '.join(shared)}"] * bool(shared)
    told += [f"without {', '.join(lost)} (see --columns)"] * bool(lost)
    return kept, "; ".join(told)


def wide(column: str, own: Sequence[str]) -> int:
    """Characters of a column."""
    return max(map(len, (column, *own)))


def total(cells: Mapping[str, Sequence[str]]) -> int:
    """Characters of a line."""
    return sum(wide(c, own) + 2 for c, own in cells.items()) - 2
