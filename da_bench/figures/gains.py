"""What adaptation brought over no adaptation, with its interval; harm is marked."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from .rows import beside, padded_range, places, rows
from .style import apply_style, colour, plain, symbol, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def gains(
    overall: pd.DataFrame,
    tasks: pd.DataFrame,
    percent: bool = False,
    looks: Mapping[str, int] | None = None,
    mark: str = "†",
) -> "Figure":
    """A line a method: its gain over all tasks with its interval, and each task's; by plotly.

    Args:
        overall: By method ``gain``, ``low`` and ``high`` (NaN where there is no interval) and
            ``harm``; in the order of the lines.
        tasks: ``method``, ``task``, ``gain``, ``harm`` and ``text``, what the hover says.
        percent: Whether figures in ``[0, 1]`` are shown in points of per cent.
        looks: Each method's number of colour and symbol; its place by default.
        mark: Mark of harm.

    Raises:
        ValueError: No method.
    """
    if overall.empty:
        raise ValueError("no gain to draw: expected at least one method beside the twin")
    import plotly.graph_objects as go

    scale, form = units(percent)
    names = [str(name) for name in overall.index]
    columns = [overall["gain"], overall["low"], overall["high"], tasks["gain"]]
    reach = padded_range([0.0, *(pd.concat(columns).astype(float) * scale)])
    number, figure = places(names, looks), go.Figure()
    for name, line in zip(names, overall.to_dict("records"), strict=True):
        gain, low, high = (float(line[part]) for part in ("gain", "low", "high"))
        method_tasks = tasks[(tasks["method"].astype(str) == name) & tasks["gain"].notna()]
        line_style = {"color": colour(number[name])}
        for harmed, part in method_tasks.groupby(method_tasks["harm"].astype(bool)):
            figure.add_scatter(
                x=(part["gain"].to_numpy(float) * scale).tolist(),
                y=[plain(name)] * len(part),
                mode="markers",
                marker=line_style | {"symbol": "x-thin" if harmed else "circle-open", "size": 7,
                                     "line": {"width": 1.5, "color": line_style["color"]}},
                opacity=0.75,
                customdata=[f"{plain(task)}<br>{plain(hover)}"
                            for task, hover in zip(part["task"], part["text"], strict=True)],
                hovertemplate="%{y}<br>%{customdata}<extra></extra>",
                meta={"method": name},
            )  # fmt: skip
        if gain != gain:
            continue
        has_interval = low == low
        text = f"{gain * scale:+{form}}"
        if has_interval:
            text += f" [{low * scale:+{form}}, {high * scale:+{form}}]"
        text += f" {mark}" * bool(line["harm"])
        figure.add_scatter(
            x=[gain * scale],
            y=[plain(name)],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": [(high - gain) * scale if has_interval else 0],
                "arrayminus": [(gain - low) * scale if has_interval else 0],
                "thickness": 2,
            },
            mode="markers+text",
            text=[text],
            textposition=beside(gain * scale, reach),
            textfont={"size": 11},
            cliponaxis=False,
            marker=line_style | {"symbol": symbol(number[name]), "size": 11},
            hovertemplate="%{y}<br>all tasks: %{text}<extra></extra>",
            meta={"method": name},
        )
    unit = "gain" + (", points of %" if percent else "")
    rows(figure, names, unit)
    figure.update_xaxes(range=reach)
    figure.add_vline(x=0, line={"width": 1.5, "dash": "dot"})
    return apply_style(figure)
