"""Which diagnoses the runs of each method got, and how many of them."""

from typing import TYPE_CHECKING

import pandas as pd

from .rows import rows
from .style import apply_style, colour, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

PATTERNS = ("", "/", "\\", "x", "-", "|", "+", ".")


def diagnosis_counts(counts: pd.DataFrame) -> "Figure":
    """Bars, a line a method, a colour and pattern a diagnosis; by plotly.

    Args:
        counts: Methods down, diagnoses across: runs.

    Raises:
        ValueError: No run was diagnosed with anything.
    """
    if counts.empty or not counts.to_numpy().any():
        raise ValueError("no diagnosis to draw: expected at least one count above 0")
    import plotly.graph_objects as go

    figure = go.Figure()
    for place, name in enumerate(counts.columns):
        runs = counts[name][counts[name] > 0]
        figure.add_bar(
            x=runs.astype(int).tolist(),
            y=[plain(method) for method in runs.index],
            orientation="h",
            name=plain(name),
            marker={"color": colour(place),
                    "pattern": {"shape": PATTERNS[place % len(PATTERNS)], "size": 6}},
            hovertemplate="%{y}<br>%{fullData.name}: %{x} runs<extra></extra>",
        )  # fmt: skip
    names = [str(name) for name in counts.index]
    rows(figure, names, "runs diagnosed")
    figure.update_layout(barmode="stack", showlegend=True, meta=None, bargap=0.35)
    return apply_style(figure)
