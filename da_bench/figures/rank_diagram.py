"""Average ranks, and which methods no test tells apart, for the screen."""

from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

import pandas as pd

from .rows import padded_range, places, rows
from .style import apply_style, colour, plain, symbol

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def groups(ranks: pd.Series, p_values: pd.DataFrame, alpha: float) -> list[tuple[int, int]]:
    """First and last place, best first, of each longest run of methods not told apart."""
    order = list(ranks.sort_values(kind="stable").index)
    spans: list[tuple[int, int]] = []
    for first in range(len(order)):
        last = first
        while last + 1 < len(order) and all(
            p_values.loc[a, b] >= alpha for a, b in combinations(order[first : last + 2], 2)
        ):
            last += 1
        if last > first and not (spans and spans[-1][1] >= last):
            spans.append((first, last))
    return spans


def rank_diagram(
    ranks: pd.Series,
    p_values: pd.DataFrame,
    tasks: int,
    distance: float,
    alpha: float = 0.05,
    looks: Mapping[str, int] | None = None,
) -> "Figure":
    """The critical-difference diagram, a line a method, best on top; bars join what is alike.

    Args:
        ranks: Average rank of each method, 1 the best.
        p_values: P-values of all pairs, (k, k), named as ``ranks``.
        tasks: How many the ranks are averaged over.
        distance: The critical difference, drawn as a ruler.
        alpha: Pairs with a p-value of at least that are joined.
        looks: Each method's number of colour and symbol; its place by default.

    Raises:
        ValueError: Names of ranks and p-values differ.

    Reference:
        Demsar, JMLR 7, 2006, figure 1, turned so that long names stay readable.
    """
    if set(ranks.index) != set(p_values.index) or set(ranks.index) != set(p_values.columns):
        raise ValueError(
            f"ranks name {sorted(ranks.index)}, p-values {sorted(p_values.index)}: give the same"
        )
    import plotly.graph_objects as go

    sorted_ranks = ranks.sort_values(kind="stable")
    names, figure = [str(name) for name in sorted_ranks.index], go.Figure()
    number = places(names, looks)
    for name, rank in sorted_ranks.items():
        figure.add_scatter(
            x=[float(rank)],
            y=[plain(name)],
            mode="markers+text",
            text=[f"{rank:.2f}"],
            textposition="top center",
            textfont={"size": 11},
            cliponaxis=False,
            marker={"color": colour(number[str(name)]), "symbol": symbol(number[str(name)]),
                    "size": 10},
            hovertemplate="%{y}<br>average rank %{text}<extra></extra>",
        )  # fmt: skip
    step, at = 0.07 * max(1.0, float(sorted_ranks.iloc[-1] - 1)), float("-inf")
    for first, end in groups(ranks, p_values, alpha):
        at = max(at + step / 2, float(sorted_ranks.iloc[end]) + step)  # right of its last, apart
        figure.add_scatter(
            x=[at] * (end - first + 1),
            y=[plain(name) for name in names[first : end + 1]],
            mode="lines+markers",
            line={"width": 4, "color": colour(6)},
            marker={"size": 8, "symbol": "line-ew-open"},
            hovertemplate=f"not told apart at {alpha:g}: %{{y}}<extra></extra>",
        )
    reach = max(1 + distance, float(sorted_ranks.iloc[-1]) + step, at)
    rows(figure, names, "average rank (1 is best)")
    figure.add_shape(type="line", xref="x", yref="paper", x0=1, x1=1 + distance, y0=1.02, y1=1.02,
                     line={"width": 3})  # fmt: skip
    ruler = f"CD = {distance:.2f}, {tasks} tasks"
    figure.add_annotation(x=1, y=1.02, xref="x", yref="paper", text=ruler, showarrow=False,
                          xanchor="left", yanchor="bottom")  # fmt: skip
    figure.update_layout(margin={"t": 40}, meta=None, xaxis={"range": padded_range([1.0, reach])})
    figure.update_layout(height=figure.layout.height + 28)
    return apply_style(figure)
