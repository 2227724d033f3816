"""Tables in the terminal: cut into blocks of columns where the screen is narrow."""

import io
import shutil
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from da_bench.results.cell import HARM, OTHER, SUSPECT, Cell
from da_bench.results.row import TASK

COLOURS = {HARM: "red", SUSPECT: "yellow", OTHER: "yellow"}
"""Of the marks."""
STYLES = ("text", "screen")
"""What a terminal shows: plain, or in bold and colour."""


def shown(text: Any, title: str, below: str, style: str) -> str:
    """A table as a terminal shows it, in one of ``STYLES``."""
    width = shutil.get_terminal_size((100, 24)).columns
    # None: the environment may ask for colour, as it may of any program.
    console = Console(file=io.StringIO(), width=width, force_terminal=style == "screen" or None)
    show(text, title, below, console)
    return console.file.getvalue().strip("\n")  # type: ignore[attr-defined]


def keys(text: Any) -> dict[str, list[str]]:
    """The columns of what a line stands for, its task in most tables, by their headings."""
    levels = enumerate(text.index.names)
    return {str(n or TASK): list(map(str, text.index.get_level_values(i))) for i, n in levels}


def width_of(name: str, entries: list[Any]) -> int:
    """Characters of a column, with the space around it."""
    return max(len(str(entry)) for entry in (name, *entries)) + 2


def fits(text: Any, width: int) -> bool:
    """Whether a table fits a screen of that many columns."""
    columns = [width_of(str(c), list(text[c])) for c in text.columns]
    return sum(columns) + sum(width_of(*key) for key in keys(text).items()) <= width


def show(text: Any, title: str, below: str, console: Console) -> None:
    """Prints a table, cut into blocks of columns where the screen is narrow."""
    if title:
        console.print(f"\n[bold]{escape(title)}[/]")
    first = keys(text)
    least = sum(width_of(*key) for key in first.items()) + 20
    blocks: list[list[str]] = [[]]
    for column in text.columns:
        if blocks[-1] and not fits(text[[*blocks[-1], column]], max(console.width, least)):
            blocks.append([])
        blocks[-1].append(column)
    for block in blocks:
        table = Table(box=None, padding=(0, 1), header_style="bold")
        for name in first:
            table.add_column(escape(name), no_wrap=True)
        for column in block:  # figures stand below each other's ends; what is wider folds
            words = any(c.isalpha() for entry in text[column] for c in str(entry))
            table.add_column(
                escape(str(column)), justify="left" if words else "right", overflow="fold"
            )
        for number, row in enumerate(text[block].to_numpy()):
            names = [own[number] for own in first.values()]
            style = "dim" if names[0] == "mean gain" else None
            table.add_row(*map(escape, names), *map(coloured, row), style=style)
        console.print(table)
    if below:
        console.print(f"[dim]{escape(below)}[/]")


def coloured(entry: object) -> str:
    """A cell as rich's markup: the best in bold, marks in colour."""
    if not isinstance(entry, Cell):
        return escape(str(entry))
    figure = f"[bold]{entry.figure}[/]" if entry.best else entry.figure
    marks = " ".join(f"[{COLOURS[mark]}]{mark}[/]" for mark in entry.marks.split())
    return " ".join(filter(None, [figure, escape(entry.gain_text), marks]))
