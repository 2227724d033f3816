"""Methods by their mean over tasks, the best on top."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from .rows import beside, padded_range, places, rows
from .style import apply_style, colour, plain, symbol, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def leaderboard(
    means: pd.Series,
    spreads: pd.Series,
    metric: str = "accuracy",
    higher: bool = True,
    percent: bool = False,
    looks: Mapping[str, int] | None = None,
) -> "Figure":
    """A point a method with its standard deviation, sorted; a plotly figure.

    Args:
        means: By method; one that is NaN is left out.
        spreads: Standard deviations over seeds, by method; NaN where there is one seed.
        metric: Name of the figures, for the axis.
        higher: Whether higher is better.
        percent: Whether figures in ``[0, 1]`` are shown in per cent.
        looks: Each method's number of colour and symbol; its place by default.

    Raises:
        ValueError: No method has a mean.
    """
    sorted_means = means.dropna().sort_values(ascending=not higher, kind="stable")
    if sorted_means.empty:
        raise ValueError("no method to draw: expected at least one mean")
    import plotly.graph_objects as go

    scale, form = units(percent)
    number = places([str(name) for name in means.index], looks)
    deviations = spreads.reindex(sorted_means.index).fillna(0.0)
    reach = padded_range(
        [*((sorted_means - deviations) * scale), *((sorted_means + deviations) * scale)]
    )
    figure = go.Figure()
    for name, mean in sorted_means.items():
        spread = float(spreads.get(name, float("nan"))) * scale
        has_spread = spread == spread
        text = f"{mean * scale:{form}}" + (f" ±{spread:{form}}" if has_spread else "")
        figure.add_scatter(
            x=[float(mean) * scale],
            y=[plain(name)],
            error_x={"type": "data", "array": [spread if has_spread else 0], "thickness": 1.5},
            mode="markers+text",
            text=[text],
            textposition=beside(float(mean) * scale, reach),
            textfont={"size": 11},
            cliponaxis=False,
            marker={"color": colour(number[str(name)]), "symbol": symbol(number[str(name)]),
                    "size": 10},
            name=plain(name),
            meta={"method": str(name)},
            hovertemplate="%{y}<br>%{text}<extra></extra>",
        )  # fmt: skip
    unit = f"{metric}, %" if percent else metric
    rows(figure, [str(name) for name in sorted_means.index], plain(unit))
    figure.update_xaxes(range=reach)
    return apply_style(figure)
