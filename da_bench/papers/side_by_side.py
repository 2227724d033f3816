"""Published tables beside ours, for a screen and for a file."""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Column as Heading
from rich.table import Table

from da_bench.io.escape import csv as safe
from da_bench.io.files import write_whole
from da_bench.results.cell import OTHER
from da_bench.results.row import OTHER_CODE

from .judge import MEAN, JudgedCell, tally
from .published import SELECTIONS, TAGS, Column, Paper, PaperTable

STYLES = {"inside": "green", "outside": "red", "not judged": "dim", "missing": "yellow"}
SHORT = {"last": "last", "source validation": "source", "validator": "valid.", "oracle": "oracle"}
HEADINGS = ("row", "published", "ours", "diff", "verdict", *SHORT.values())


def list_papers(papers: Iterable[Paper]) -> int:
    """Prints the papers at hand and their tables."""
    table = Table("paper", "table", "what", "rows", "columns", box=None)
    for paper in papers:
        for number, paper_table in paper.tables.items():
            table.add_row(paper.name, number, escape(paper_table.title), str(len(paper_table.rows)),
                          " ".join(paper_table.columns))  # fmt: skip
    console = Console()
    console.print(table)
    console.print("[dim]da-bench reproduce PAPER --explain says where our protocol differs[/]")
    return 0


def explain(paper: Paper, tables: Sequence[PaperTable]) -> int:
    """Prints what is compared, from where the numbers are, and where our protocol differs."""
    console = Console()
    for table in tables:
        console.print(f"\n[bold]{escape(paper.reference)}, table {table.number}[/]: "
                      f"{escape(table.title)}", highlight=False)  # fmt: skip
        for line in explanation(table):
            console.print(escape(line), highlight=False, soft_wrap=False)
    return 0


def explanation(table: PaperTable) -> list[str]:
    """Lines of Markdown: the protocol, how it differs, and where each column's numbers are from."""
    lines = [" ".join(table.protocol.split()), *(f"- differs: {line}" for line in table.differs)]
    for column in table.columns.values():
        tags = sorted({cell.tag for cell in column.cells.values()})
        meaning = "; ".join(f"[{tag}] {TAGS[tag]}" for tag in tags)
        benchmark_words = f" on {column.benchmark}" if column.benchmark else ""
        lines.append(f"{column.name} ({column.title}): our {column.method}{benchmark_words}. "
                     f"{meaning}: {column.source}")  # fmt: skip
        if column.unjudged:
            lines.append(f"  - not judged: {column.unjudged}")
        lines += [f"  - differs: {line}" for line in column.differs]
    return [line for line in lines if line]


def cell_texts(cell: JudgedCell, table: PaperTable) -> tuple[str, ...]:
    """A line of the table: row, published, ours, difference, verdict, four selections."""
    digits, published = table.digits, cell.published
    printed = "-" if published is None else f"{published.value:.{digits}f} [{published.tag}]"
    our_text = "-" if cell.ours is None else f"{cell.ours:.{digits}f}"
    our_text += "" if cell.spread is None else f" ±{cell.spread:.{digits}f}"
    our_text += f" {OTHER}" if cell.other_code else ""
    # Adding zero after rounding: no "-0.0".
    rounded_difference = None if cell.difference is None else round(cell.difference, digits) + 0.0
    difference = "-" if rounded_difference is None else f"{rounded_difference:+.{digits}f}"
    by_selection = (
        f"{cell.selections[selection]:.{digits}f}" if selection in cell.selections else "-"
        for selection in SELECTIONS
    )
    name = cell.row if cell.row == MEAN else table.rows[cell.row].title
    return name, printed, our_text, difference, cell.verdict, *by_selection


def notes(cells: Sequence[JudgedCell]) -> list[str]:
    """Why cells could not be judged, each reason once, and which runs are of other code."""
    number = sum(cell.other_code for cell in cells if cell.row != MEAN)
    other = [f"{OTHER} marks cells with runs made by other code than what is installed now: "
             f"{number}. --recompute runs them again."] * bool(number)  # fmt: skip
    reasons = dict.fromkeys(cell.why for cell in cells if cell.why)
    return [*(f"not judged: {reason}" for reason in reasons), *other]


def show(table: PaperTable, judged: Mapping[str, Sequence[JudgedCell]], console: Console) -> None:
    """Prints a block for each column, then one line for each: at most 80 characters wide."""
    for column in table.columns.values():
        heads = (Heading(head, no_wrap=True) for head in HEADINGS)
        block = Table(*heads, box=None, padding=(0, 1), title_justify="left",
                      title=f"[bold]{escape(column.name)}[/]: {escape(column.title)}")  # fmt: skip
        for cell in judged[column.name]:
            style = STYLES[cell.verdict] if cell.published else "dim"
            block.add_row(*(escape(text) for text in cell_texts(cell, table)), style=style)
        console.print(block)
        for line in notes(judged[column.name]):
            console.print(line, highlight=False)
    summary = Table("column", "inside", "outside", "not judged", "missing", "mean diff", box=None)
    for column in table.columns.values():
        cells = judged[column.name]
        counts = tally(cells)
        differences = [
            judged_cell.difference
            for judged_cell in cells
            if judged_cell.difference is not None and judged_cell.row != MEAN
        ]
        mean = f"{sum(differences) / len(differences):+.{table.digits}f}" if differences else "-"
        style = "red" if counts["outside"] else "yellow" if counts["missing"] else ""
        summary.add_row(
            escape(column.name), *(str(count) for count in counts.values()), mean, style=style
        )
    console.print(summary)


def write(
    paper: Paper, table: PaperTable, judged: Mapping[str, Sequence[JudgedCell]], out: Path
) -> list[Path]:
    """``reproduce-PAPER-N.md`` and ``.csv``, each whole, then renamed."""
    lines = [f"# {paper.reference}, table {table.number}", "", table.title, ""]
    for column in table.columns.values():
        lines += [f"## {column.name}: {column.title}", "", "| " + " | ".join(HEADINGS) + " |",
                  "|" + "---|" * len(HEADINGS)]  # fmt: skip
        lines += [
            "| " + " | ".join(cell_texts(judged_cell, table)) + " |"
            for judged_cell in judged[column.name]
        ] + [""]
        lines += [part for line in notes(judged[column.name]) for part in (line, "")]
    lines += ["## Protocol", "", *explanation(table), ""]
    path_stem = out / f"reproduce-{paper.name}-{table.number}"
    paths = [path_stem.with_name(f"{path_stem.name}{suffix}") for suffix in (".md", ".csv")]
    write_whole(paths[0], "\n".join(lines))
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(["column", "row", "published", "tag", "band", "ours", "spread", "seeds",
                     "difference", "verdict", OTHER_CODE, *SELECTIONS])  # fmt: skip
    for column in table.columns.values():
        writer.writerows(map(safe, record(column, cell)) for cell in judged[column.name])
    write_whole(paths[1], file.getvalue())
    return paths


def record(column: Column, cell: JudgedCell) -> list[object]:
    """A cell's line in the CSV, unrounded."""
    published = cell.published
    band = published.band if published and math.isfinite(published.band) else None
    value_and_tag = (published.value, published.tag) if published else (None, None)
    return [column.name, cell.row, *value_and_tag, band, cell.ours, cell.spread, cell.seeds,
            cell.difference, cell.verdict, cell.other_code,
            *(cell.selections.get(selection) for selection in SELECTIONS)]  # fmt: skip
