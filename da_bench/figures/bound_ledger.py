"""The terms of Ben-David's bound over a training, beside accuracy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .optional import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TERMS = {
    "bound/source_error": "source error",
    "bound/half_divergence": "half the divergence",
    "bound/visible": "their sum",
    "oracle/joint_error": "joint error (oracle)",
}
SCORES = {"val/source": "source, validation", "oracle/val_target": "target (oracle)"}


def bound_ledger(
    rows: Sequence[Mapping[str, float]], metric: str = "accuracy", title: str = ""
) -> "Figure":
    """Two panels over epochs: the bound's terms, and the scores that the run logged.

    Args:
        rows: ``BoundLedger.ledger``: a mapping with ``epoch`` and any of the terms and scores.
        metric: Name of the scores, for the axis.
        title: The heading.

    Raises:
        ValueError: No row, or a row without epoch or terms.
        MissingExtra: matplotlib is not installed.

    Reference:
        Ben-David et al., Machine Learning 2010, theorem 2.
    """
    if not rows:
        raise ValueError("no row to draw: expected what BoundLedger.ledger holds after a training")
    lacking = [i for i, row in enumerate(rows) if "epoch" not in row or not TERMS.keys() & row]
    if lacking:
        raise ValueError(
            f"row {lacking[0]} holds {sorted(rows[lacking[0]])}: expected epoch and at least one "
            f"of {', '.join(TERMS)}"
        )
    figure_type = needs("matplotlib.figure", "statistics").Figure
    figure: Figure = figure_type(figsize=(8.4, 3.4), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axes, names, word in ((left, TERMS, "term of the bound"), (right, SCORES, metric)):
        for name, label in names.items():
            points = [(row["epoch"], row[name]) for row in rows if name in row]
            if points:
                style = "--" if name.startswith("oracle/") else "-"
                axes.plot(*zip(*points, strict=True), style, marker="o", markersize=3, label=label)
        axes.set_xlabel("epoch")
        axes.set_ylabel(word)
        axes.grid(alpha=0.3)
        if axes.lines:
            axes.legend(fontsize=8, frameon=False)
    figure.suptitle(title, fontsize=9)
    return figure
