"""Choices and validators side by side, as Markdown, LaTeX, CSV or text."""

import csv
import io
import math
from collections.abc import Mapping, Sequence

import pandas as pd

from da_bench.io import escape
from da_bench.results.choosing import Choice
from da_bench.results.regret import Spread, Trust
from da_bench.results.row import BENCHMARK, METHOD, SCORE, TASK

from .rounding import readable
from .terminal import STYLES, shown

WORDS = (
    "Regret: what the run that a validator chooses loses to the best, by the target's test score "
    "(oracle/target, in its own unit), within each method's settings or across methods too; rank: "
    "Spearman's correlation of the two over runs, likewise. Means ±standard deviation over tasks "
    "and seeds (of ranks: over tasks). Collapsed: share of choices across methods that the guard "
    "suspects. Undefined: runs that a validator says nothing of. Columns oracle/... read target "
    "labels, after every choice; equal scores count as choosing among them at random."
)
"""What the columns of :func:`trusted` mean."""


def chosen(found: Sequence[Choice], by: str, style: str, title: str = "") -> str:
    """The chosen setting of each method on each task; every oracle column says so.

    With a title, which names the benchmark, there is no column of benchmarks.
    """
    if style in STYLES and not title:  # a column less, where a screen has few
        own = {one.group[0]: [c for c in found if c.group[0] == one.group[0]] for one in found}
        each = [chosen(c, by, style, f"Chosen by {by}: {name}") for name, c in own.items()]
        return "\n\n".join(each)
    head = [BENCHMARK, TASK, METHOD, f"chosen by {by}", f"of settings ({by})",
            SCORE, "oracle/best", "oracle/regret", "guard"]  # fmt: skip
    first = 1 if title else 0
    if title:
        head[4] = "of"
    body = [
        [
            one.group[0],
            f"{one.group[1]} → {one.group[2]}",
            one.group[3],
            (one.variant if style == "csv" else readable(one.variant)) or "as it is",
            str(one.settings),
            figure(one.oracle),
            figure(one.best),
            figure(one.regret),
            one.guard,
        ]
        for one in found
    ]
    if style != "csv" and all(math.isnan(one.best) for one in found):  # no target label anywhere
        head, body = head[:5] + head[8:], [line[:5] + line[8:] for line in body]
    body = [line[first:] for line in body]
    return written(head[first:], body, style, title, keys=3 - first)


def trusted(found: Sequence[Trust], style: str, title: str = "") -> str:
    """Validators side by side: means and standard deviations."""
    return written(*told(found, style), style, title, WORDS)


def by_benchmark(found: Mapping[str, Sequence[Trust]]) -> str:
    """The same of several benchmarks, as one CSV."""
    parts = {name: told(own, "csv") for name, own in found.items()}
    head = next((head for head, _ in parts.values()), [])
    body = [[name, *line] for name, (_, lines) in parts.items() for line in lines]
    return written([BENCHMARK, *head], body, "csv")


def told(found: Sequence[Trust], style: str) -> tuple[list[str], list[list[str]]]:
    """Head and lines of validators side by side; in a CSV mean, deviation and count apart."""
    head = ["validator", "oracle/regret", "oracle/regret across", "oracle/rank",
            "oracle/rank across", "collapsed", "undefined"]  # fmt: skip
    if style == "csv":
        parts = [f"{name}{part}" for name in head[1:5] for part in ("", " sd", " n")]
        head = [*head[:1], *parts, *head[5:]]
    body = []
    for one in found:
        spreads = (one.regret, one.regret_across, one.rank, one.rank_across)
        cells = (
            [str(part) for s in spreads for part in s]
            if style == "csv"
            else [spread(s) for s in spreads]
        )
        share = "–" if math.isnan(one.collapsed) else f"{one.collapsed:.0%}"
        body.append([one.validator, *cells, share, str(one.undefined)])
    return head, body


def spread(value: Spread) -> str:
    """Mean, deviation."""
    if math.isnan(value.mean):
        return "–"
    around = "" if math.isnan(value.deviation) else f" ± {value.deviation:.3f}"
    return f"{value.mean:.3f}{around}"


def figure(value: float) -> str:
    """Three digits; a dash for what is not known."""
    return "–" if math.isnan(value) else f"{value:.3f}"


def written(
    head: Sequence[str],
    body: Sequence[Sequence[str]],
    style: str,
    title: str = "",
    notes: str = "",
    keys: int = 1,
) -> str:
    """Rows as ``markdown``, ``latex``, ``csv``, ``text`` or ``screen``.

    With title and notes, where given; of the last two each block has the first ``keys`` columns.
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
        return shown(frame, title, notes, style)
    cells = [[escape.markdown(cell) for cell in line] for line in (head, *body)]
    lines = [cells[0], ["---"] * len(head), *cells[1:]]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    # Without a title the table stands alone, as a script or a README takes it.
    title, notes = escape.sentences(title), escape.sentences(notes)
    return "\n\n".join([f"### {title}", *filter(None, [notes]), table]) if title else table
