"""A list of runs fitted to the screen: shared values are named once, long words are cut."""

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


def fit_columns(cells: Mapping[str, Sequence[str]], width: int) -> tuple[dict[str, list[str]], str]:
    """Shortens and removes columns until they fit ``width`` characters, as far as possible.

    Args:
        cells: Texts of all runs by the column's name, which is its heading.
        width: Width of the screen in characters; two stand between columns.

    Returns:
        The columns that are left, and what was left out in words: ``all with benchmark=moons``.
    """
    columns = {column: list(texts) for column, texts in cells.items()}
    shared_values = []
    for column in SHARED:
        if line_width(columns) > width and len(set(columns.get(column, ()))) == 1:
            shared_values.append(f"{column}={columns.pop(column)[0]}")
    if line_width(columns) > width and VARIANT in columns:  # optimizer.lr=0.1 is lr=0.1
        columns[VARIANT] = [re.sub(r"[\w.]+\.(\w+=)", r"\1", text) for text in columns[VARIANT]]
    removed_columns = []
    for column, min_width in SPARE.items():
        short_columns = {
            name: [text[:min_width] if name in WORDS else text for text in texts]
            for name, texts in columns.items()
        }
        if column in columns and line_width(short_columns) > width:
            del columns[column]
            removed_columns.append(column)
    widths, excess = (
        {name: column_width(name, texts) for name, texts in columns.items()},
        line_width(columns) - width,
    )
    while excess > 0 and (
        long_columns := [name for name in WORDS if name in columns and widths[name] > len(name)]
    ):
        # What a sweep varied tells its runs apart: it stays twice as wide as the rest.
        widths[max(long_columns, key=lambda name: widths[name] / (1 + (name == VARIANT)))] -= 1
        excess -= 1
    for column, texts in columns.items():
        max_width = widths[column]
        columns[column] = [
            text if len(text) <= max_width else f"{text[: max_width - 1]}…" for text in texts
        ]
    notes = [f"all with {', '.join(shared_values)}"] * bool(shared_values)
    notes += [f"without {', '.join(removed_columns)} (see --columns)"] * bool(removed_columns)
    return columns, "; ".join(notes)


def column_width(column: str, texts: Sequence[str]) -> int:
    """Width of a column in characters."""
    return max(map(len, (column, *texts)))


def line_width(cells: Mapping[str, Sequence[str]]) -> int:
    """Width of a line of all columns in characters."""
    return sum(column_width(column, texts) + 2 for column, texts in cells.items()) - 2
