"""A table's cells as LaTeX, for booktabs."""

import re

import pandas as pd

from da_bench.io.escape import visible

SPECIAL = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "{": r"\{", "}": r"\}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
    "±": r"$\pm$", "→": r"$\to$", "<": r"\textless{}", ">": r"\textgreater{}",
    "↑": r"$\uparrow$", "↓": r"$\downarrow$", "†": r"$\dagger$", "‡": r"$\ddagger$", "–": "--",
}  # fmt: skip


def escape(text: object) -> str:
    """``text`` with what LaTeX would read as commands made harmless."""
    return "".join(SPECIAL.get(c, c) for c in visible(text))


def cell(text: str) -> str:
    r"""``**76.3 ±0.4** (+0.2)`` as ``\textbf{76.3} {\scriptsize $\pm$0.4} (+0.2)``."""
    found = re.fullmatch(r"(\*\*)?(-?[\d.]+)( ± ?[\d.]+)?(?:\*\*)?( \(.*\))?((?: †| ‡)*)", text)
    if not found:
        return escape(text)
    bold, figure, spread, gain, harm = found.groups(default="")
    # A hyphen in text mode is not a minus.
    figure = f"$-${figure[1:]}" if figure.startswith("-") else figure
    written = rf"\textbf{{{figure}}}" if bold else figure
    if spread:
        written += rf" {{\scriptsize $\pm${spread[2:].strip()}}}"
    return written + re.sub(r"(?<=[(\[ ])-(?=\d)", "$-$", escape(gain)) + escape(harm)


def latex(text: pd.DataFrame, title: str, notes: str, last: int = 0) -> str:
    r"""A ``table`` environment; its preamble needs ``\usepackage{booktabs}``.

    Args:
        text: Cells, of :func:`da_bench.results.table.cells`.
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
    head = " & ".join([escape(text.index.name or "task"), *map(escape, text.columns)]) + r" \\"
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
