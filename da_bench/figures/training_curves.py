"""What runs logged over their epochs: a line a method, with a band over its seeds."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from .rows import places
from .style import apply_style, colour, dash, faint, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def training_curves(
    curves: pd.DataFrame, title: str = "", looks: Mapping[str, int] | None = None
) -> "Figure":
    """Means over seeds and bands of a standard deviation on each side; by plotly.

    Args:
        curves: ``method``, ``task``, ``name`` (of what was logged), ``epoch``, ``mean`` and
            ``spread`` (NaN where there is one seed). With several tasks or names a page is to
            show one at a time: each trace's ``meta`` says which it is.
        title: Title of the vertical axis.
        looks: Each method's number of colour and dash; its place by default.

    Raises:
        ValueError: No line.
    """
    if curves.empty:
        raise ValueError("no curve to draw: expected what runs keep in their curves.csv")
    import plotly.graph_objects as go

    methods = [str(name) for name in dict.fromkeys(curves["method"])]
    number, traces = places(methods, looks), list[dict[str, object]]()
    for key, curve in curves.groupby(["method", "task", "name"], sort=False):
        method, task, name = map(str, key)  # type: ignore[arg-type]
        meta = {"method": method, "task": task, "scalar": name}
        place = number[method]
        x, mean = curve["epoch"].tolist(), curve["mean"].astype(float)
        if curve["spread"].notna().any():
            deviations = curve["spread"].fillna(0.0).astype(float)
            high, low = (mean + deviations).tolist(), (mean - deviations).tolist()
            traces.append(
                {"type": "scatter", "x": x + x[::-1], "y": rounded(high + low[::-1]),
                 "fill": "toself", "mode": "none", "fillcolor": faint(place), "hoverinfo": "skip",
                 "showlegend": False, "legendgroup": plain(method), "meta": meta}
            )  # fmt: skip
        traces.append(
            {"type": "scatter", "x": x, "y": rounded(mean.tolist()), "mode": "lines",
             "line": {"color": colour(place), "dash": dash(place), "width": 2},
             "name": plain(method), "legendgroup": plain(method), "meta": meta,
             "hovertemplate": "%{fullData.name}<br>epoch %{x}: %{y:.4g}<extra></extra>"}
        )  # fmt: skip
    figure = go.Figure(layout={"height": 400, "margin": {"t": 12}})
    figure.add_traces(traces)  # type: ignore[arg-type]
    figure.update_layout(
        xaxis={"title": {"text": "epoch"}}, yaxis={"title": {"text": plain(title)}}
    )
    return apply_style(figure)


def rounded(values: list[float]) -> list[float]:
    """Five digits: more than a screen shows, and half the page."""
    return [float(f"{value:.5g}") for value in values]
