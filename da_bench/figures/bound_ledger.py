"""The terms of Ben-David's bound over a training, beside accuracy."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .panels import panels, place, with_legend
from .style import colour, dash, plain, symbol

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

TERMS = {
    "bound/source_error": "source error",
    "bound/half_divergence": "half the divergence",
    "bound/visible": "their sum",
    "oracle/joint_error": "joint error (oracle)",
}
SCORES = {"val/source": "source, validation", "oracle/val_target": "target (oracle)"}


def bound_ledger(
    rows: Sequence[Mapping[str, float]],
    metric: str = "accuracy",
    title: str = "",
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """Two panels over epochs: the bound's terms, and the scores that the run logged.

    Args:
        rows: ``BoundLedger.ledger``, or a run's curves: a mapping with ``epoch`` and any of the
            terms and scores.
        metric: Name of the scores, for the axis.
        title: The heading; it begins with oracle where a line reads target labels.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: No row, or a row without epoch or terms.

    Reference:
        Ben-David et al., Machine Learning 2010, theorem 2.
    """
    if not rows:
        raise ValueError("no row to draw: expected what BoundLedger.ledger holds after a training")
    incomplete_rows = [
        i for i, row in enumerate(rows) if "epoch" not in row or not TERMS.keys() & row
    ]
    if incomplete_rows:
        raise ValueError(
            f"row {incomplete_rows[0]} holds {sorted(rows[incomplete_rows[0]])}: expected epoch "
            "and at least one "
            f"of {', '.join(TERMS)}"
        )
    oracle = any(name.startswith("oracle/") for row in rows for name in row)
    words = title or "Terms of the bound on the target's error, and the scores."
    figure = panels(
        ["terms of the bound", metric], "oracle: " * oracle + words, stacked, dark, height=340
    )
    number = 0
    for panel, names in enumerate((TERMS, SCORES)):
        for name, label in names.items():
            points = [(row["epoch"], row[name]) for row in rows if name in row]
            if points:
                x, y = zip(*points, strict=True)
                figure.add_scatter(
                    x=x,
                    y=y,
                    mode="lines+markers",
                    name=plain(label),
                    line={"color": colour(number), "dash": dash(number), "width": 2},
                    marker={"symbol": symbol(number), "size": 7},
                    hovertemplate=f"{plain(label)}<br>epoch %{{x}}: %{{y:.4g}}<extra></extra>",
                    **place(panel, stacked),
                )
            number += 1
        figure.update_xaxes(title={"text": "epoch"}, **place(panel, stacked))
    figure.update_yaxes(title={"text": "term"}, **place(0, stacked))
    figure.update_yaxes(title={"text": plain(metric)}, **place(1, stacked))
    return with_legend(figure, stacked)
