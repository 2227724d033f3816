"""Where one of two methods does better: paired differences with their intervals, a line a task."""

from typing import TYPE_CHECKING

import pandas as pd

from .rows import rows
from .style import apply_style, colour, plain, symbol, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def paired(
    tasks: pd.DataFrame,
    runs: pd.DataFrame,
    first: str,
    second: str,
    percent: bool = False,
    number: int = 0,
) -> "Figure":
    """Each task's mean difference with its interval, and each seed's; by plotly.

    Args:
        tasks: By task ``difference``, ``low`` and ``high`` (NaN where there is no interval).
        runs: ``task``, ``seed`` and ``difference``, a line a pair.
        first: Name of the method that is better where differences are positive.
        second: Name of the other.
        percent: Whether figures in ``[0, 1]`` are shown in points of per cent.
        number: Number of the colour and the symbol.

    Raises:
        ValueError: No task.
    """
    if tasks.empty:
        raise ValueError(f"{first} and {second} share no task and seed: nothing to draw")
    import plotly.graph_objects as go

    scale, form = units(percent)
    figure, names = go.Figure(), [str(task) for task in tasks.index]
    figure.add_scatter(
        x=(runs["difference"].to_numpy(float) * scale).tolist(),
        y=[plain(task) for task in runs["task"]],
        mode="markers",
        marker={"symbol": "line-ns", "size": 9, "line": {"width": 1.5, "color": colour(number)}},
        opacity=0.7,
        customdata=[str(seed) for seed in runs["seed"]],
        hovertemplate=f"%{{y}}, seed %{{customdata}}: %{{x:+{form}}}<extra></extra>",
    )
    mean = tasks["difference"].to_numpy(float) * scale
    low, high = (tasks[end].to_numpy(float) * scale for end in ("low", "high"))
    figure.add_scatter(
        x=mean.tolist(),
        y=[plain(name) for name in names],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                0.0 if high_value != high_value else float(high_value - mean_value)
                for mean_value, high_value in zip(mean, high, strict=True)
            ],
            "arrayminus": [
                0.0 if low_value != low_value else float(mean_value - low_value)
                for mean_value, low_value in zip(mean, low, strict=True)
            ],
            "thickness": 2,
        },
        mode="markers",
        marker={"color": colour(number), "symbol": symbol(number), "size": 10},
        customdata=[
            f"{mean_value:+{form}}"
            + ("" if low_value != low_value else f" [{low_value:+{form}}, {high_value:+{form}}]")
            for mean_value, low_value, high_value in zip(mean, low, high, strict=True)
        ],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
    )
    unit = f"{first} less {second}" + (", points of %" if percent else "")
    rows(figure, names, plain(unit))
    figure.add_vline(x=0, line={"width": 1.5, "dash": "dot"})
    return apply_style(figure)
