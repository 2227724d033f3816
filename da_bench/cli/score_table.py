"""Scores of a run on the terminal."""

from collections.abc import Mapping, Sequence

from da_bench.io.escape import visible


def show(scores: Sequence[Mapping[str, float]]) -> None:
    """Prints a table with each score once; ``scores`` has a mapping for each loader."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table("score", "value", box=None)
    for name, value in {key: entry for loader in scores for key, entry in loader.items()}.items():
        table.add_row(escape(visible(name)), f"{value:.4f}")
    Console().print(table)
