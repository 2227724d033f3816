"""Tables in the terminal: cut into blocks of columns where the screen is narrow."""

import io
import shutil
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from da_bench.results.cell import HARM, OTHER, SUSPECT, Cell
from da_bench.results.row import TASK

COLOURS = {HARM: "red", SUSPECT: "yellow", OTHER: "yellow"}
"""Colours of the marks."""
STYLES = ("text", "screen")
"""Styles of a terminal: plain, or in bold and colour."""


def terminal_text(
    cells: Any, title: str, notes: str, style: str, facts: Sequence[tuple[str, str]] = ()
) -> str:
    """Writes a table as a terminal shows it.

    Args:
        cells: Tasks down, methods across.
        title: Title above the table.
        notes: Text below the table.
        style: One of ``STYLES``.
        facts: What the figures mean, as a list above the text: what each is about, and the fact.
    """
    width = shutil.get_terminal_size((100, 24)).columns
    # None: the environment may ask for colour, as it may of any program.
    console = Console(file=io.StringIO(), width=width, force_terminal=style == "screen" or None)
    show(cells, title, notes, console, facts)
    return console.file.getvalue().strip("\n")  # type: ignore[attr-defined]


def keys(cells: Any) -> dict[str, list[str]]:
    """Columns of a table's index by their headings: in most tables the task."""
    levels = enumerate(cells.index.names)
    return {
        str(name or TASK): list(map(str, cells.index.get_level_values(level)))
        for level, name in levels
    }


def width_of(name: str, entries: list[Any]) -> int:
    """Width of a column in characters, with the space around it."""
    return max(len(str(entry)) for entry in (name, *entries)) + 2


def fits(cells: Any, width: int) -> bool:
    """Whether a table fits a screen that is ``width`` characters wide."""
    columns = [width_of(str(column), list(cells[column])) for column in cells.columns]
    return sum(columns) + sum(width_of(*key) for key in keys(cells).items()) <= width


def show(
    cells: Any, title: str, notes: str, console: Console, facts: Sequence[tuple[str, str]] = ()
) -> None:
    """Prints a table, cut into blocks of columns where the screen is narrow.

    Args:
        cells: Tasks down, methods across.
        title: Title above the table; may be empty.
        notes: Text below the table; may be empty.
        console: Console to print to.
        facts: What the figures mean, as a list above the text: what each is about, and the fact.
    """
    if title:
        console.print(f"\n[bold]{escape(title)}[/]")
    key_columns = keys(cells)
    min_width = sum(width_of(*key) for key in key_columns.items()) + 20
    blocks: list[list[str]] = [[]]
    for column in cells.columns:
        if blocks[-1] and not fits(cells[[*blocks[-1], column]], max(console.width, min_width)):
            blocks.append([])
        blocks[-1].append(column)
    for block in blocks:
        table = Table(box=None, padding=(0, 1), header_style="bold")
        for name in key_columns:
            table.add_column(escape(name), no_wrap=True)
        for column in block:  # figures stand below each other's ends; what is wider folds
            has_words = any(
                character.isalpha() for entry in cells[column] for character in str(entry)
            )
            table.add_column(
                escape(str(column)), justify="left" if has_words else "right", overflow="fold"
            )
        for line, row in enumerate(cells[block].to_numpy()):
            names = [texts[line] for texts in key_columns.values()]
            style = "dim" if names[0] == "mean gain" else None
            table.add_row(*map(escape, names), *map(markup, row), style=style)
        console.print(table)
    if facts:
        grid = Table.grid(padding=(0, 2))
        for name, fact in facts:
            grid.add_row(f"[bold]{escape(name)}[/]", escape(fact), style="dim")
        console.print(grid)
    if notes:
        console.print(f"[dim]{escape(notes)}[/]")


def markup(entry: object) -> str:
    """Writes a cell in the markup of rich: the best in bold, marks in colour."""
    if not isinstance(entry, Cell):
        return escape(str(entry))
    figure = f"[bold]{entry.figure}[/]" if entry.best else entry.figure
    marks = " ".join(f"[{COLOURS[mark]}]{mark}[/]" for mark in entry.marks.split())
    return " ".join(filter(None, [figure, escape(entry.gain_text), marks]))
