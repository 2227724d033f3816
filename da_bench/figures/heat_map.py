"""Methods across, tasks down: which method wins where."""

from typing import TYPE_CHECKING

import pandas as pd

from .style import INK, SEQUENTIAL, apply_style, plain, units, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

CELL, LINE = 62, 26
"""Pixels of a cell: its least width, and its height."""


def heat_map(
    means: pd.DataFrame,
    texts: pd.DataFrame,
    harm: pd.DataFrame,
    metric: str = "accuracy",
    higher: bool = True,
    percent: bool = False,
    mark: str = "†",
) -> "Figure":
    """The value in each cell, what else is known of it in the hover, harm marked; by plotly.

    Args:
        means: Tasks down and methods across; NaN where nothing finished.
        texts: What the hover says of each cell.
        harm: True where adaptation did worse than none.
        metric: Name of the figures, for the bar of colours.
        higher: Whether higher is better: the better is the bluer.
        percent: Whether figures in ``[0, 1]`` are shown in per cent.
        mark: Mark of harm.

    Raises:
        ValueError: No cell, or tables of different shapes.
    """
    if means.empty or means.shape != texts.shape or means.shape != harm.shape:
        raise ValueError(
            f"means {means.shape}, texts {texts.shape}, harm {harm.shape}: expected one shape and "
            "at least one cell"
        )
    import plotly.graph_objects as go

    scale, form = units(percent)
    values = means.to_numpy(float) * scale
    marks = harm.to_numpy(bool)
    cell_texts = [
        [
            "" if value != value else f"{value:{form}}" + f" {mark}" * bool(method)
            for value, method in zip(*line, strict=True)
        ]
        for line in zip(values, marks, strict=True)
    ]
    methods, tasks = [str(method) for method in means.columns], [str(task) for task in means.index]
    x, y = [plain(method) for method in methods], [plain(task) for task in tasks]
    figure = go.Figure(
        go.Heatmap(
            z=[[None if value != value else float(value) for value in line] for line in values],
            x=x,
            y=y,
            text=cell_texts,
            texttemplate="%{text}",
            textfont={"size": 12, "color": INK},
            customdata=[[plain(text) for text in line] for line in texts.to_numpy()],
            hovertemplate="%{x}<br>%{y}<br>%{customdata}<extra></extra>",
            hoverongaps=False,
            colorscale=[list(stop) for stop in SEQUENTIAL],
            reversescale=not higher,
            xgap=1,
            ygap=1,
            colorbar={"title": {"text": plain(f"{metric}, %" if percent else metric),
                                "side": "right"}, "thickness": 12, "outlinewidth": 0,
                      "len": 1, "lenmode": "fraction"},
            meta={"columns": methods, "lines": tasks},
        )
    )  # fmt: skip
    deep = 2 if max(map(len, methods)) > 12 else 1
    height = 70 + 16 * deep + LINE * len(tasks) + 70
    figure.update_layout(
        height=max(220, height),
        margin={"t": 12, "b": 12, "r": 8},
        meta={"least": 170 + CELL * len(methods), "column": CELL, "lines": LINE,
              "columns": methods},
        xaxis={"type": "category", "side": "top", "tickmode": "array", "tickvals": x,
               "ticktext": [wrap(method, 18, 3) for method in methods], "showgrid": False,
               "tickangle": 0 if len(methods) <= 6 else -50, "tickfont": {"size": 12}},
        yaxis={"type": "category", "autorange": "reversed", "tickmode": "array", "tickvals": y,
               "ticktext": [wrap(task, 30, 1) for task in tasks], "showgrid": False,
               "tickfont": {"size": 12}},
    )  # fmt: skip
    return apply_style(figure)
