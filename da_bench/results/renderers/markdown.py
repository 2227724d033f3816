"""Tables in Markdown: the best of a line in bold."""

import pandas as pd

from da_bench.io.escape import markdown as escape
from da_bench.results.cell import Cell
from da_bench.results.row import TASK


def cell(entry: object) -> str:
    """``**76.3 ±0.4** (+0.2 [-0.1, +0.5]) †``, of a :class:`Cell`; of a text, the text."""
    if not isinstance(entry, Cell):
        return str(entry)
    figure = f"**{entry.figure}**" if entry.best else entry.figure
    return " ".join(filter(None, [figure, entry.gain_text, entry.marks]))


def table(cells: pd.DataFrame) -> str:
    """A table, its lines headed by the index."""
    head = [str(cells.index.name or TASK), *map(escape, cells.columns)]
    rows = [
        [escape(line), *map(cell, entries)]
        for line, entries in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return "\n".join([row(head), "|---" * len(head) + "|", *map(row, rows)])


def row(texts: list[str]) -> str:
    """One line of a table."""
    return f"| {' | '.join(texts)} |"
