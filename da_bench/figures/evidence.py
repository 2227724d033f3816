"""Statistics that one sentence rests on: each on its own scale, with interval and threshold."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from .style import apply_style, colour, plain, symbol

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW, WORDS = 40, 90
"""Pixels of height of each plot, and between two of them, for words and ticks."""


class Evidence(NamedTuple):
    """One statistic as it is drawn."""

    name: str
    value: float
    low: float
    """Lower end of its interval; NaN where it has none."""
    high: float
    p_value: float
    """NaN where it tests nothing."""
    least: float
    """The left end of its scale."""
    most: float
    """The right end."""
    mark: float
    """Where a dashed line stands; NaN for none."""
    meaning: str
    """Meaning of that line, or of the statistic where there is none, in a few words."""


def evidence(statistics: Sequence[Evidence], title: str = "", dark: bool = False) -> "Figure":
    """A line for each statistic: its value, its interval, and the threshold it is held against.

    Args:
        statistics: In order; each has a scale of its own, which grows where its interval leaves it.
        title: The heading, of one line.
        dark: Light on dark.

    Returns:
        A figure about 130 pixels high for each statistic, as wide as its place.

    Raises:
        ValueError: No statistic, or one whose value is not finite.
    """
    if not statistics:
        raise ValueError("no statistic to draw: expected at least one")
    for statistic in statistics:
        if not math.isfinite(statistic.value):
            raise ValueError(f"{statistic.name} is {statistic.value}: expected a finite value")
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    rows = len(statistics)
    inner_height = ROW * rows + WORDS * (rows - 1)
    figure = make_subplots(rows, 1, vertical_spacing=WORDS / inner_height if rows > 1 else 0)
    for row, statistic in enumerate(statistics, 1):
        ends = [
            v
            for v in (statistic.low, statistic.high, statistic.value, statistic.mark)
            if math.isfinite(v)
        ]
        lower_end, upper_end = min(statistic.least, *ends), max(statistic.most, *ends)
        room = 0.03 * (upper_end - lower_end or 1.0)
        has_interval = math.isfinite(statistic.low) and math.isfinite(statistic.high)
        bars = {"type": "data", "symmetric": False, "thickness": 2, "width": 6}
        around = bars | {
            "array": [statistic.high - statistic.value],
            "arrayminus": [statistic.value - statistic.low],
        }
        figure.add_trace(
            go.Scatter(
                x=[statistic.value],
                y=[""],
                mode="markers",
                marker={"color": colour(0), "symbol": symbol(0), "size": 11},
                error_x=around if has_interval else None,
                hovertemplate=f"{plain(statistic.name)} {plain(said(statistic))}<extra></extra>",
                showlegend=False,
            ),
            row,
            1,
        )
        if math.isfinite(statistic.mark):
            figure.add_vline(
                statistic.mark, row=row, col=1, line={"dash": "dash", "color": colour(1)}
            )
        figure.update_xaxes(range=[lower_end - room, upper_end + room], row=row, col=1)
        axis = row if row > 1 else ""
        meaning = (
            f"dashed: {statistic.meaning}" if math.isfinite(statistic.mark) else statistic.meaning
        )
        figure.add_annotation(
            text=f"<b>{plain(statistic.name)}</b><br>{plain(said(statistic))}<br>{plain(meaning)}",
            x=0, xref=f"x{axis} domain", y=1, yref=f"y{axis} domain", yshift=2, yanchor="bottom",
            xanchor="left", showarrow=False, align="left", font={"size": 12},
        )  # fmt: skip
    figure.update_yaxes(showticklabels=False, showgrid=False, range=[-0.6, 0.6])
    top = 62 + (24 if title else 0)
    figure.update_layout(
        height=top + 28 + inner_height,
        margin={"l": 16, "r": 16, "t": top, "b": 28},
        title={"text": plain(title), "y": 1, "yref": "container", "yanchor": "top",
               "pad": {"t": 10}},
    )  # fmt: skip
    return apply_style(figure, dark)


def said(statistic: Evidence) -> str:
    """A statistic's value, as ``0.31 [0.2, 0.42], p 0.001``."""
    text = f"{statistic.value:.3g}"
    if math.isfinite(statistic.low) and math.isfinite(statistic.high):
        text += f" [{statistic.low:.3g}, {statistic.high:.3g}]"
    return text if math.isnan(statistic.p_value) else f"{text}, p {statistic.p_value:.2g}"
