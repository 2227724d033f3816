"""What each validator's choices lose to the oracle's, for the screen."""

from typing import TYPE_CHECKING

import pandas as pd

from .rows import beside, padded_range, rows
from .style import apply_style, colour, plain, symbol, units

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def validator_regret(
    regrets: pd.DataFrame, unit: str = "accuracy", percent: bool = False
) -> "Figure":
    """A line a validator in the order given: mean regret and its deviation; by plotly.

    Args:
        regrets: By validator ``mean``, ``deviation`` (NaN for one choice) and ``rank``, its rank
            correlation with the oracle.
        unit: Unit of the regret.
        percent: Whether it is shown in points of per cent.

    Raises:
        ValueError: No validator chose anything.
    """
    defined = regrets[regrets["mean"].notna()]
    if defined.empty:
        raise ValueError("no validator to draw: none had two settings to choose from")
    import plotly.graph_objects as go

    scale, form = units(percent)
    reach = padded_range([0.0, *((defined["mean"] + defined["deviation"].fillna(0.0)) * scale)])
    figure, names = go.Figure(), [str(name) for name in defined.index]
    for name, line in zip(names, defined.to_dict("records"), strict=True):
        mean, deviation, rank = (float(line[part]) for part in ("mean", "deviation", "rank"))
        mean, deviation = mean * scale, 0.0 if deviation != deviation else deviation * scale
        rank_text = "unknown" if rank != rank else f"{rank:.3f}"
        figure.add_scatter(
            x=[mean],
            y=[plain(name)],
            # No regret is below 0.
            error_x={"type": "data", "symmetric": False, "array": [deviation],
                     "arrayminus": [min(deviation, mean)], "thickness": 1.5},
            mode="markers+text",
            text=[f"{mean:{form}}"],
            textposition=beside(mean, reach),
            textfont={"size": 11},
            cliponaxis=False,
            marker={"color": colour(0), "symbol": symbol(0), "size": 10},
            customdata=[f"± {deviation:{form}}; rank correlation {rank_text}"],
            hovertemplate="%{y}<br>regret %{text} %{customdata}<extra></extra>",
        )  # fmt: skip
    rows(figure, names, plain(f"oracle/regret, {unit}" + (" in points of %" if percent else "")))
    figure.update_layout(meta=None, xaxis={"range": reach})
    return apply_style(figure)
