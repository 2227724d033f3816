"""A table's cells as LaTeX, for booktabs."""

import re

import pandas as pd

from da_bench.io.escape import visible
from da_bench.results.cell import Cell
from da_bench.results.row import TASK

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "→": r"$\to$", "<": r"\textless{}", ">": r"\textgreater{}",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "†": r"$\dagger$", "‡": r"$\ddagger$",
    "§": r"\S{}", "–": "--",
}  # fmt: skip


def escape(text: object) -> str:
    """``text`` with what LaTeX would read as commands made harmless."""
    return "".join(SPECIAL.get(c, c) for c in visible(text))


def cell(entry: object) -> str:
    r"""``\textbf{76.3} {\scriptsize $\pm$0.4} (+0.2)`` of a :class:`Cell`; a text as a text."""
    if not isinstance(entry, Cell):
        return minus(escape(entry))
    figure = minus(entry.unit.figure(entry.value))
    spread = rf"{{\scriptsize {escape(entry.spread_text)}}}" if entry.spread_text else ""
    figure = rf"\textbf{{{figure}}}" if entry.best else figure
    return " ".join(
        filter(None, [figure, spread, minus(escape(entry.gain_text)), escape(entry.marks)])
    )


def minus(text: str) -> str:
    """A hyphen before a figure as a minus sign, which it is not in LaTeX's text."""
    return re.sub(r"(?:(?<=[(\[ ])|^)-(?=\d)", "$-$", text)


def latex(text: pd.DataFrame, title: str, notes: str, last: int = 0) -> str:
    r"""A ``table`` environment; its preamble needs ``\usepackage{booktabs}``.

    Args:
        text: A table of :class:`Cell` or of texts, its lines headed by the index.
        title: Opens the caption.
        notes: The protocol, which closes it.
        last: So many of the last lines are set off by a rule, as means are.
    """
    lines = [
        " & ".join([escape(task), *map(cell, row)]) + r" \\"
        for task, row in zip(text.index, text.to_numpy(), strict=True)
    ]
    if 0 < last < len(lines):
        lines.insert(len(lines) - last, r"\midrule")
    head = " & ".join([escape(text.index.name or TASK), *map(escape, text.columns)]) + r" \\"
    body = "\n".join(f"    {line}" for line in [r"\toprule", head, r"\midrule", *lines])
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{escape(title)}. {escape(notes)}}}",
            rf"  \begin{{tabular}}{{l{'r' * len(text.columns)}}}",
            body,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )
