"""Tables in Markdown: the best of a line in bold."""

import pandas as pd

from da_bench.io.escape import markdown as escape
from da_bench.results.cell import Cell
from da_bench.results.row import TASK


def cell(entry: object) -> str:
    """Writes a :class:`Cell` as ``**76.3 ±0.4** (+0.2 [-0.1, +0.5]) †``; a text as it is."""
    if not isinstance(entry, Cell):
        return str(entry)
    figure = f"**{entry.figure}**" if entry.best else entry.figure
    return " ".join(filter(None, [figure, entry.gain_text, entry.marks]))


def table(cells: pd.DataFrame) -> str:
    """Writes a table, whose index heads its lines."""
    head = [str(cells.index.name or TASK), *map(escape, cells.columns)]
    rows = [
        [escape(line), *map(cell, entries)]
        for line, entries in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    return "\n".join([row(head), "|---" * len(head) + "|", *map(row, rows)])


def row(texts: list[str]) -> str:
    """Writes one line of a table."""
    return f"| {' | '.join(texts)} |"
