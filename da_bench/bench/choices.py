"""What ``da-bench select`` shows, as Markdown or CSV."""

import csv
import io
import math
from collections.abc import Sequence

from .choose import ORACLE, Choice
from .trust import Spread, Trust


def chosen(found: Sequence[Choice], by: str, style: str) -> str:
    """The chosen setting of each method on each task; every oracle column says so."""
    head = ["benchmark", "task", "method", f"chosen by {by}", f"of settings ({by})",
            ORACLE, "oracle/best", "oracle/regret", "guard"]  # fmt: skip
    body = [
        [
            one.group[0],
            f"{one.group[1]} → {one.group[2]}",
            one.group[3],
            one.variant or "as it is",
            str(one.settings),
            figure(one.oracle),
            figure(one.best),
            figure(one.regret),
            one.guard,
        ]
        for one in found
    ]
    return written(head, body, style)


def trusted(found: Sequence[Trust], style: str) -> str:
    """Validators side by side: means and standard deviations."""
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
    return written(head, body, style)


def spread(value: Spread) -> str:
    """Mean, deviation."""
    if math.isnan(value.mean):
        return "–"
    around = "" if math.isnan(value.deviation) else f" ± {value.deviation:.3f}"
    return f"{value.mean:.3f}{around}"


def figure(value: float) -> str:
    """Three digits."""
    return f"{value:.3f}"


def written(head: Sequence[str], body: Sequence[Sequence[str]], style: str) -> str:
    """Rows as a Markdown table or as CSV."""
    if style == "csv":
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([head, *body])
        return text.getvalue().strip()
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
