"""Validators beside each other: what their choices lose, and how well they rank."""

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from da_bench.config.extras import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Pair = tuple[float, float]
"""A mean and its standard deviation; NaN for what is not known."""


def validators(
    scores: Mapping[str, tuple[Pair, Pair]], unit: str = "accuracy", title: str = ""
) -> "Figure":
    """Two panels of dots with their spread, a line a validator in the order given.

    Args:
        scores: For each validator regret (at least 0) and rank correlation (in ``[-1, 1]``), each
            a mean and a standard deviation.
        unit: Unit of the regret.
        title: The heading.

    Raises:
        ValueError: No validator.
        MissingExtra: matplotlib is not installed.

    Reference:
        After Musgrave et al., "Benchmarking validation methods for unsupervised domain
        adaptation", 2022.
    """
    if not scores:
        raise ValueError("no validator to draw: expected at least one")
    figure_type = needs("matplotlib.figure", "statistics").Figure
    figure: Figure = figure_type(figsize=(7.2, 0.9 + 0.26 * len(scores)), layout="constrained")
    panels = figure.subplots(1, 2, sharey=True)
    names = list(scores)
    labels = (f"regret to the oracle ({unit})", "rank correlation with the oracle")
    for number, (axes, label) in enumerate(zip(panels, labels, strict=True)):
        for height, name in enumerate(names):
            mean, deviation = scores[name][number]
            if math.isnan(mean):
                continue  # undefined: an empty line says so
            upper_deviation = 0.0 if math.isnan(deviation) else deviation
            lower_deviation = (
                upper_deviation if number else min(upper_deviation, mean)
            )  # no regret is below 0
            axes.errorbar(
                mean,
                height,
                xerr=[[lower_deviation], [upper_deviation]],
                fmt="o",
                color="C0",
                markersize=4,
                lw=1,
            )
        axes.axvline(0, color="0.7", linewidth=0.8)
        axes.set_xlabel(label)
    panels[0].set_yticks(range(len(names)), names)
    panels[0].invert_yaxis()
    if title:
        figure.suptitle(title, fontsize=9)
    return figure
