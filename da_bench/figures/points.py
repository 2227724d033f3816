"""Points of many runs or methods in a plane: divergence against accuracy, cost against accuracy."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from .rows import places
from .style import apply_style, colour, plain, symbol, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def divergence_points(
    runs: pd.DataFrame,
    measure: str,
    metric: str = "accuracy",
    percent: bool = False,
    looks: Mapping[str, int] | None = None,
) -> "Figure":
    """A point a run: how far apart its features of both domains lie, and its score; by plotly.

    Args:
        runs: ``method``, ``task``, ``seed``, ``divergence`` and ``score``.
        measure: Name of the divergence, for the axis.
        metric: Name of the scores.
        percent: Whether scores in ``[0, 1]`` are shown in per cent.
        looks: Each method's number of colour and symbol; its place by default.

    Raises:
        ValueError: No run has both figures.
    """
    complete = runs.dropna(subset=["divergence", "score"])
    if complete.empty:
        raise ValueError(f"no run has both a score and {measure}")
    import plotly.graph_objects as go

    scale, form = units(percent)
    names = [str(name) for name in dict.fromkeys(complete["method"])]
    number, figure = places(names, looks), go.Figure()
    for name in names:
        method_runs = complete[complete["method"].astype(str) == name]
        figure.add_scatter(
            x=method_runs["divergence"].astype(float).tolist(),
            y=(method_runs["score"].astype(float) * scale).round(4).tolist(),
            mode="markers",
            marker={"color": colour(number[name]), "symbol": symbol(number[name]), "size": 7},
            name=plain(name),
            meta={"method": name},
            customdata=[
                f"{plain(task)}, seed {plain(seed)}"
                for task, seed in zip(method_runs["task"], method_runs["seed"], strict=True)
            ],
            hovertemplate="%{fullData.name}<br>%{customdata}<br>divergence %{x:.3g}, "
            f"score %{{y:{form}}}<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        height=400,
        margin={"t": 12},
        xaxis={"title": {"text": plain(measure)}},
        yaxis={"title": {"text": plain(f"{metric}, %" if percent else metric)}},
    )
    return apply_style(figure)


def pareto_front(costs: pd.Series, scores: pd.Series, higher: bool = True) -> list[str]:
    """Methods that no other beats in score at no more cost, the cheapest first."""
    sign, best_names = (1 if higher else -1), list[str]()
    best_score = float("-inf")
    order = pd.DataFrame({"cost": costs, "score": sign * scores}).dropna()
    order = order.sort_values(["cost", "score"], ascending=[True, False], kind="stable")
    for name, line in order.iterrows():
        if line["score"] > best_score:
            best_score = line["score"]
            best_names.append(str(name))
    return best_names


def cost_points(
    seconds: pd.Series,
    scores: pd.Series,
    metric: str = "accuracy",
    higher: bool = True,
    percent: bool = False,
    looks: Mapping[str, int] | None = None,
) -> "Figure":
    """A point a method, seconds of a run across; the Pareto front is a line; by plotly.

    Args:
        seconds: Seconds of a run, by method.
        scores: Mean over tasks, by method.
        metric: Name of the scores.
        higher: Whether higher is better.
        percent: Whether scores in ``[0, 1]`` are shown in per cent.
        looks: Each method's number of colour and symbol; its place by default.

    Raises:
        ValueError: No method has both figures.
    """
    best_names = pareto_front(seconds, scores, higher)
    if not best_names:
        raise ValueError("no method has both seconds and a score")
    import plotly.graph_objects as go

    scale, form = units(percent)
    names = [
        str(method_name)
        for method_name in scores.index
        if scores[method_name] == scores[method_name] and method_name in seconds.index
    ]
    number, figure = places(names, looks), go.Figure()
    figure.add_scatter(
        x=[float(seconds[name]) for name in best_names],
        y=[float(scores[name]) * scale for name in best_names],
        mode="lines",
        line={"shape": "hv", "dash": "dot", "width": 2, "color": colour(6)},
        name="Pareto front",
        hoverinfo="skip",
    )
    for name in names:
        figure.add_scatter(
            x=[float(seconds[name])],
            y=[float(scores[name]) * scale],
            mode="markers",
            marker={"color": colour(number[name]), "symbol": symbol(number[name]), "size": 11},
            name=plain(name),
            meta={"method": name},
            hovertemplate=f"%{{fullData.name}}<br>%{{x:.3g}} s a run, %{{y:{form}}}<extra></extra>",
        )
    spans_decades = max(seconds[name] for name in names) > 10 * min(seconds[name] for name in names)
    steps = (1, 2, 5) if spans_decades else (1, 1.5, 2, 3, 4, 5, 6, 7, 8)
    ticks = [factor * 10.0**power for power in range(-4, 8) for factor in steps]
    figure.update_layout(
        height=400,
        margin={"t": 12},
        xaxis={
            "title": {"text": "seconds of a run (wall)"},
            "type": "log",
            "tickvals": ticks,
            "ticktext": [f"{tick:g}" for tick in ticks],
        },
        yaxis={"title": {"text": plain(f"{metric}, %" if percent else metric)}},
    )
    return apply_style(figure)
