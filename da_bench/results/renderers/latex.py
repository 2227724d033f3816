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
    """Escapes the characters of a text that are special to LaTeX."""
    return "".join(SPECIAL.get(character, character) for character in visible(text))


def cell(entry: object) -> str:
    r"""Writes a :class:`Cell` as ``\textbf{76.3} {\scriptsize $\pm$0.4} (+0.2)``, or a text."""
    if not isinstance(entry, Cell):
        return minus(escape(entry))
    figure = minus(entry.unit.figure(entry.value))
    spread = rf"{{\scriptsize {escape(entry.spread_text)}}}" if entry.spread_text else ""
    figure = rf"\textbf{{{figure}}}" if entry.best else figure
    return " ".join(
        filter(None, [figure, spread, minus(escape(entry.gain_text)), escape(entry.marks)])
    )


def minus(text: str) -> str:
    """Replaces hyphens before numbers by minus signs, which LaTeX's text mode does not do."""
    return re.sub(r"(?:(?<=[(\[ ])|^)-(?=\d)", "$-$", text)


def latex(cells: pd.DataFrame, title: str, notes: str, footer_lines: int = 0) -> str:
    r"""Writes a ``table`` environment; the preamble needs ``\usepackage{booktabs}``.

    Args:
        cells: A table of :class:`Cell` or of texts, whose index heads its lines.
        title: Beginning of the caption.
        notes: End of the caption, such as the protocol.
        footer_lines: Number of last lines that are separated by a rule, such as means.
    """
    lines = [
        " & ".join([escape(task), *map(cell, row)]) + r" \\"
        for task, row in zip(cells.index, cells.to_numpy(), strict=True)
    ]
    if 0 < footer_lines < len(lines):
        lines.insert(len(lines) - footer_lines, r"\midrule")
    head = " & ".join([escape(cells.index.name or TASK), *map(escape, cells.columns)]) + r" \\"
    body = "\n".join(f"    {line}" for line in [r"\toprule", head, r"\midrule", *lines])
    return "\n".join(
        [
            r"\begin{table}",
            r"  \centering",
            rf"  \caption{{{escape(title)}. {escape(notes)}}}",
            rf"  \begin{{tabular}}{{l{'r' * len(cells.columns)}}}",
            body,
            r"    \bottomrule",
            r"  \end{tabular}",
            r"\end{table}",
        ]
    )
