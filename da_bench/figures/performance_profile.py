"""Share of runs that beat each score, a line a method."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from da_bench.config.extras import needs

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLES = ("-", "--", "-.", ":")


def performance_profile(
    thresholds: NDArray[np.float64],
    profiles: Mapping[str, NDArray[np.float64]],
    metric: str = "score",
    higher: bool = True,
    title: str = "",
) -> "Figure":
    """Performance profiles with their bands; the curve that is higher everywhere is the better.

    Args:
        thresholds: Scores, (k,).
        profiles: For each method the share of runs beyond each threshold and its band, (3, k).
        metric: Name of the scores, for the axis.
        higher: Whether higher is better.
        title: The heading.

    Raises:
        ValueError: No method, or a profile of another shape.
        MissingExtra: matplotlib is not installed.

    Reference:
        Agarwal et al., NeurIPS 2021, figure 4.
    """
    if not profiles:
        raise ValueError("no method to draw: expected at least one profile")
    for name, profile in profiles.items():
        if np.shape(profile) != (3, len(thresholds)):
            raise ValueError(
                f"profile of {name!r} has shape {np.shape(profile)}, expected "
                f"(3, {len(thresholds)}): share, lower and upper limit at each threshold"
            )
    figure_type = needs("matplotlib.figure", "statistics").Figure
    colors = needs("matplotlib", "statistics").colormaps["tab10"].colors
    figure: Figure = figure_type(figsize=(6.4, 3.6), layout="constrained")
    axes = figure.add_subplot()
    for number, (name, (share, low, high)) in enumerate(profiles.items()):
        color = colors[number % len(colors)]
        # Beyond ten methods colours come again, with another stroke.
        style = STYLES[number // len(colors) % len(STYLES)]
        axes.plot(thresholds, share, color=color, linestyle=style, label=name)
        axes.fill_between(thresholds, low, high, color=color, alpha=0.15, linewidth=0)
    axes.set_xlabel(f"{metric} τ")
    axes.set_ylabel(f"share of runs {'above' if higher else 'below'} τ")
    axes.set_ylim(0, 1.02)
    axes.set_xlim(float(thresholds[0]), float(thresholds[-1]))
    axes.grid(alpha=0.3)
    axes.set_title(title, fontsize=9)
    figure.legend(*axes.get_legend_handles_labels(), loc="outside right upper", fontsize=8,
                  frameon=False)  # fmt: skip
    return figure
