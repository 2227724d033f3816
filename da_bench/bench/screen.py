"""Tables in the terminal: cut into blocks of methods where the screen is narrow."""

from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from .harm import MARK
from .settled import MARK as SUSPECT


def fits(text: Any, width: int) -> bool:
    """Whether a table fits a screen of that many columns."""
    widths = [
        max(len(str(c).replace("**", "")) for c in [column, *text[column]])
        for column in text.columns
    ]
    return sum(w + 2 for w in widths) + max(map(len, text.index)) + 4 <= width


def show(text: Any, title: str, protocol: str, console: Console) -> None:
    """Prints a table, cut into blocks of methods where the screen is narrow."""
    console.print(f"\n[bold]{escape(title)}[/]")
    first = max(len(str(i)) for i in text.index) + 4
    blocks: list[list[str]] = [[]]
    for column in text.columns:
        if blocks[-1] and not fits(text[[*blocks[-1], column]], max(console.width, first + 20)):
            blocks.append([])
        blocks[-1].append(column)
    for block in blocks:
        table = Table(box=None, padding=(0, 1), header_style="bold")
        table.add_column("task", no_wrap=True)
        for column in block:
            table.add_column(escape(str(column)), justify="right", no_wrap=True)
        for task, row in zip(text.index, text[block].to_numpy(), strict=True):
            style = "dim" if task == "mean gain" else None
            table.add_row(
                escape(str(task)), *(bold(cell) for cell in row), style=style, end_section=False
            )
        console.print(table)
    console.print(f"[dim]{escape(protocol)}[/]")


def bold(cell: str) -> str:
    """A cell's ``**`` as the terminal's bold, its marks in colour."""
    coloured = str(cell).replace(MARK, f"[red]{MARK}[/]").replace(SUSPECT, f"[yellow]{SUSPECT}[/]")
    start, *rest = coloured.split("**")
    return f"[bold]{rest[0]}[/]{rest[1]}" if len(rest) == 2 else start
