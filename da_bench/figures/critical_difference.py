"""Average ranks on a line, what no test separates joined by a bar."""

from typing import TYPE_CHECKING

import pandas as pd

from da_bench.config.extras import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def critical_difference(
    ranks: pd.Series,
    p_values: pd.DataFrame,
    tasks: int,
    alpha: float = 0.05,
    distance: float | None = None,
    title: str = "",
) -> "Figure":
    """The critical-difference diagram: best rank at the left, bars over what is not told apart.

    Args:
        ranks: Average rank of each method, 1 the best.
        p_values: P-values of all pairs, (k, k), named as ``ranks``.
        tasks: How many the ranks are averaged over, for the heading.
        alpha: Pairs with a p-value of at least that are joined.
        distance: The critical difference, for the heading; none by default.
        title: Opens the heading.

    Raises:
        ValueError: Names of ranks and p-values differ.
        MissingExtra: scikit-posthocs or matplotlib is not installed.

    Reference:
        Demsar, JMLR 7, 2006, figure 1; drawn by scikit-posthocs.
    """
    if set(ranks.index) != set(p_values.index) or set(ranks.index) != set(p_values.columns):
        raise ValueError(
            f"ranks name {sorted(ranks.index)}, p-values {sorted(p_values.index)}: give the same"
        )
    figure_type = needs("matplotlib.figure", "statistics").Figure
    posthocs = needs("scikit_posthocs", "statistics")
    longest = max(len(str(name)) for name in ranks.index)
    size = (5 + 0.15 * longest, 1.4 + 0.16 * len(ranks))
    figure: Figure = figure_type(figsize=size, layout="constrained")
    axes = figure.add_subplot()
    posthocs.critical_difference_diagram(
        ranks,
        p_values.loc[ranks.index, ranks.index],
        alpha=alpha,
        ax=axes,
        label_fmt_left="{label} ({rank:.2f})",
        label_fmt_right="({rank:.2f}) {label}",
        marker_props={"marker": "o", "s": 14, "color": "black"},
        elbow_props={"color": "0.25", "linewidth": 0.8},
        crossbar_props={"color": "black", "linewidth": 2.5},
        text_h_margin=0.04,
    )
    heading = f"average rank over {tasks} tasks; bars join what is not told apart at {alpha:g}"
    if distance is not None:  # in words: the ruler that scikit-posthocs draws covers the scale
        heading += f"; CD = {distance:.2f}"
    axes.set_title(f"{title}\n{heading}" if title else heading, fontsize=9)
    return figure
