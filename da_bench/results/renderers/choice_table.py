"""Tables of choices and of validators, as Markdown, LaTeX, CSV or text."""

import csv
import io
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from da_bench.io import escape
from da_bench.results.choice.choosing import Choice
from da_bench.results.choice.regret import Spread, Trust
from da_bench.results.row import BENCHMARK, METHOD, SCORE, TASK

from .rounding import readable
from .terminal import STYLES, terminal_text

WORDS = (
    "Regret: what the run that a validator chooses loses to the best, by the target's test score "
    "(oracle/target, in its own unit), within each method's settings or across methods too; rank: "
    "Spearman's correlation of the two over runs, likewise. Means ±standard deviation over tasks "
    "and seeds (of ranks: over tasks). Collapsed: share of choices across methods that the guard "
    "suspects. Undefined: runs that a validator says nothing of. Columns oracle/... read target "
    "labels, after every choice; equal scores count as choosing among them at random."
)
"""Meaning of the columns of :func:`validator_comparison`."""


def choices_table(choices: Sequence[Choice], validator: str, style: str, title: str = "") -> str:
    """A table of the chosen setting of each method on each task.

    Args:
        choices: Choices of one or more benchmarks.
        validator: Name of the validator that chose.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``.
        title: Title that names the benchmark; without one there is a column of benchmarks.
    """
    if style in STYLES and not title:  # a column less, where a screen has few
        choices_of: dict[str, list[Choice]] = {}
        for choice in choices:
            choices_of.setdefault(choice.group[0], []).append(choice)
        tables = [
            choices_table(group, validator, style, f"Chosen by {validator}: {name}")
            for name, group in choices_of.items()
        ]
        return "\n\n".join(tables)
    head = [BENCHMARK, TASK, METHOD, f"chosen by {validator}", f"of settings ({validator})",
            SCORE, "oracle/best", "oracle/regret", "guard"]  # fmt: skip
    first_column = 1 if title else 0
    if title:
        head[4] = "of"
    body = [
        [
            choice.group[0],
            f"{choice.group[1]} → {choice.group[2]}",
            choice.group[3],
            (choice.variant if style == "csv" else readable(choice.variant)) or "as it is",
            str(choice.settings),
            figure(choice.oracle),
            figure(choice.best),
            figure(choice.regret),
            choice.guard,
        ]
        for choice in choices
    ]
    if style != "csv" and all(
        math.isnan(choice.best) for choice in choices
    ):  # no target label anywhere
        head, body = head[:5] + head[8:], [line[:5] + line[8:] for line in body]
    body = [line[first_column:] for line in body]
    return table_text(head[first_column:], body, style, title, keys=3 - first_column)


def validator_comparison(records: Sequence[Trust], style: str, title: str = "") -> str:
    """A table of validators with the means and standard deviations of regret and rank.

    Args:
        records: A record for each validator.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``.
        title: Title of the table; without one it has no explanation either.
    """
    return table_text(*comparison_lines(records, style), style, title, WORDS)


def comparisons_csv(records_of: Mapping[str, Sequence[Trust]]) -> str:
    """Validators of several benchmarks as one CSV, with a column of benchmarks."""
    parts = {name: comparison_lines(records, "csv") for name, records in records_of.items()}
    head = next((head for head, _ in parts.values()), [])
    body = [[name, *line] for name, (_, lines) in parts.items() for line in lines]
    return table_text([BENCHMARK, *head], body, "csv")


def comparison_lines(records: Sequence[Trust], style: str) -> tuple[list[str], list[list[str]]]:
    """Headings and lines of a table of validators; a CSV has mean, deviation and count apart."""
    head = ["validator", "oracle/regret", "oracle/regret across", "oracle/rank",
            "oracle/rank across", "collapsed", "undefined"]  # fmt: skip
    if style == "csv":
        parts = [f"{name}{part}" for name in head[1:5] for part in ("", " sd", " n")]
        head = [*head[:1], *parts, *head[5:]]
    body = []
    for record in records:
        spreads = (record.regret, record.regret_across, record.rank, record.rank_across)
        cells = (
            [str(part) for spread_value in spreads for part in spread_value]
            if style == "csv"
            else [spread(spread_value) for spread_value in spreads]
        )
        share = "–" if math.isnan(record.collapsed) else f"{record.collapsed:.0%}"
        body.append([record.validator, *cells, share, str(record.undefined)])
    return head, body


def spread(value: Spread) -> str:
    """Mean and deviation as text; a dash where they are not known."""
    if math.isnan(value.mean):
        return "–"
    deviation = "" if math.isnan(value.deviation) else f" ± {value.deviation:.3f}"
    return f"{value.mean:.3f}{deviation}"


def figure(value: float) -> str:
    """A number with three decimals as text; a dash where it is NaN."""
    return "–" if math.isnan(value) else f"{value:.3f}"


def table_text(
    head: Sequence[str],
    body: Sequence[Sequence[str]],
    style: str,
    title: str = "",
    notes: str = "",
    keys: int = 1,
) -> str:
    """Writes a table of texts in one of five styles.

    Args:
        head: Headings of the columns.
        body: Lines of the table.
        style: ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``.
        title: Title above the table; Markdown without one has no notes either.
        notes: Explanation of the table.
        keys: Number of first columns that are repeated where a narrow screen splits the table.
    """
    if style == "csv":
        buffer = io.StringIO()
        csv.writer(buffer, lineterminator="\n").writerows(
            [[escape.csv(cell) for cell in line] for line in (head, *body)]
        )
        return buffer.getvalue().strip()
    if style == "latex":
        from .latex import latex

        return latex(pd.DataFrame(body, columns=list(head)).set_index(head[0]), title, notes)
    if style in STYLES:
        frame = pd.DataFrame(body, columns=list(head)).set_index(list(head[:keys]))
        return terminal_text(frame, title, notes, style)
    cells = [[escape.markdown(cell) for cell in line] for line in (head, *body)]
    lines = [cells[0], ["---"] * len(head), *cells[1:]]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    # Without a title the table stands alone, as a script or a README takes it.
    title, notes = escape.sentences(title), escape.sentences(notes)
    return "\n\n".join([f"### {title}", *filter(None, [notes]), table]) if title else table
