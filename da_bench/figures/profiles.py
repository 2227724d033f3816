"""Share of runs that beat each score, for the screen."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .rows import places
from .style import apply_style, colour, dash, faint, plain, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def profiles(
    thresholds: NDArray[np.float64],
    shares: Mapping[str, NDArray[np.float64]],
    metric: str = "score",
    higher: bool = True,
    percent: bool = False,
    looks: Mapping[str, int] | None = None,
) -> "Figure":
    """Performance profiles with their bands; the curve that is higher everywhere is the better.

    Args:
        thresholds: Scores, (k,).
        shares: For each method the share of runs beyond each threshold and its band, (3, k).
        metric: Name of the scores, for the axis.
        higher: Whether higher is better.
        percent: Whether scores in ``[0, 1]`` are shown in per cent.
        looks: Each method's number of colour and dash; its place by default.

    Raises:
        ValueError: No method, or a profile of another shape.

    Reference:
        Agarwal et al., NeurIPS 2021, figure 4.
    """
    if not shares:
        raise ValueError("no method to draw: expected at least one profile")
    for name, profile in shares.items():
        if np.shape(profile) != (3, len(thresholds)):
            raise ValueError(
                f"profile of {name!r} has shape {np.shape(profile)}, expected "
                f"(3, {len(thresholds)}): share, lower and upper limit at each threshold"
            )
    import plotly.graph_objects as go

    number, figure = places(list(shares), looks), go.Figure()
    x = np.round(np.asarray(thresholds) * units(percent)[0], 4).tolist()
    for name, profile in shares.items():
        share, low, high = (np.round(line, 4).tolist() for line in profile)
        figure.add_scatter(x=x + x[::-1], y=high + low[::-1], fill="toself", mode="none",
                           fillcolor=faint(number[name]), hoverinfo="skip", showlegend=False,
                           legendgroup=plain(name), meta={"method": name})  # fmt: skip
        figure.add_scatter(
            x=x,
            y=share,
            mode="lines",
            line={"color": colour(number[name]), "dash": dash(number[name]), "width": 2},
            name=plain(name),
            legendgroup=plain(name),
            meta={"method": name},
            hovertemplate="%{fullData.name}<br>τ %{x}: %{y:.0%} of runs<extra></extra>",
        )
    unit = plain(f"{metric}, %" if percent else metric)
    figure.update_layout(
        height=400,
        margin={"t": 12},
        xaxis={"title": {"text": f"{unit} τ"}},
        yaxis={"title": {"text": f"share of runs {'above' if higher else 'below'} τ"},
               "range": [0, 1.02], "tickformat": ".0%"},
    )  # fmt: skip
    return apply_style(figure)
