"""What a kernel's bandwidth does: distances, kernels at the bandwidths used, and the MMD."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .panels import panels, place, table, with_legend
from .style import colour, dash, symbol

if TYPE_CHECKING:
    import torch
    from plotly.graph_objects import Figure

FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Factors of the variance in ``multi_rbf``, DAN's family of kernels."""
SPAN, STEPS = 32.0, 41
"""The MMD is drawn from the median over SPAN to SPAN times the median."""


def kernel_bandwidth(
    source: ArrayLike,
    target: ArrayLike,
    factors: Sequence[float] = FACTORS,
    bandwidth: float | None = None,
    most: int = 400,
    seed: int = 0,
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    r"""Three panels: pairwise distances, Gaussian kernels over them, :math:`MMD^2` by bandwidth.

    A kernel far narrower than the distances sees every sample alone, one far wider sees none
    domain_distances: the MMD is nothing at both ends, and so is its gradient.

    Args:
        source: Samples ``(n, d)``, at least 2.
        target: Samples ``(m, d)``, at least 2.
        factors: Factors of the variance :math:`b^2`, one a kernel.
        bandwidth: :math:`b`; None takes the median rule's.
        most: Samples of a domain that are looked at; more are thinned at random.
        seed: Seed of the thinning.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: Shapes that do not agree, fewer than two samples, factors or bandwidth not
            above 0.

    Reference:
        Gretton et al., JMLR 2012, section 8 (the median rule); Long et al., ICML 2015, section 4.1.
    """
    import torch

    from da_bench.functional.kernels import median_distance, rbf, squared_distance

    x, y = _few(table("source", source), most, seed), table("target", target)
    y = _few(table("target", y, x.shape[1]), most, seed)
    if min(len(x), len(y)) < 2:
        raise ValueError(f"{len(x)} and {len(y)} samples: a distance needs at least 2 of each")
    if not factors or min(factors) <= 0 or (bandwidth is not None and bandwidth <= 0):
        raise ValueError(f"factors={factors}, bandwidth={bandwidth}: expected numbers above 0")
    a, b = torch.from_numpy(x), torch.from_numpy(y)
    median = float(median_distance(a, b))
    base = median if bandwidth is None else float(bandwidth)
    words = (
        f"Distances, Gaussian kernels and the MMD they give; the median distance is {median:.3g}"
    )
    words += "." if bandwidth is None else f", the bandwidth {base:.3g}."
    titles = ["distances between samples", "kernel by distance", "MMD² by bandwidth"]
    figure = panels(titles, words, stacked, dark, height=320)

    domain_distances = {
        "within source": _upper(a),
        "within target": _upper(b),
        "across": squared_distance(a, b).sqrt().flatten().numpy(),
    }
    longest = max(float(d.max()) for d in domain_distances.values()) or 1.0
    edges = np.linspace(0, longest, 41)
    for number, (name, distances) in enumerate(domain_distances.items()):
        share, _ = np.histogram(distances, edges)
        figure.add_scatter(
            x=(edges[:-1] + edges[1:]) / 2,
            y=share / max(share.sum(), 1),
            mode="lines",
            line={"color": colour(number), "dash": dash(number), "shape": "hvh", "width": 2},
            name=f"distances {name}",
            **place(0, stacked),
        )
    widths = [base * factor**0.5 for factor in factors]
    reach = np.linspace(0, longest, 121)
    line = torch.from_numpy(reach)[:, None]
    for number, (factor, width) in enumerate(zip(factors, widths, strict=True)):
        figure.add_scatter(
            x=reach,
            y=rbf(line, torch.zeros(1, 1, dtype=torch.float64), width)[:, 0].numpy(),
            mode="lines",
            line={"color": colour(number), "dash": dash(number), "width": 2},
            name=f"kernel, {factor:g} of the variance",
            **place(1, stacked),
        )
    grid = median * np.geomspace(1 / SPAN, SPAN, STEPS)
    figure.add_scatter(
        x=grid,
        y=[_mmd2(a, b, width) for width in grid],
        mode="lines",
        line={"color": colour(6), "width": 2},
        name="MMD² of one kernel",
        **place(2, stacked),
    )
    figure.add_scatter(
        x=widths,
        y=[_mmd2(a, b, width) for width in widths],
        mode="markers",
        marker={
            "size": 10,
            "color": [colour(k) for k in range(len(widths))],
            "symbol": [symbol(k) for k in range(len(widths))],
        },
        text=[f"{factor:g} of the variance" for factor in factors],
        hovertemplate="%{text}<br>bandwidth %{x:.3g}: %{y:.3g}<extra></extra>",
        name="at the bandwidths used",
        **place(2, stacked),
    )
    for number, word in enumerate(("distance", "distance", "bandwidth")):
        cell = place(number, stacked)
        figure.add_vline(median, line={"dash": "dot", "width": 1.5}, **cell)
        # An annotation on a logarithmic axis stands at the logarithm.
        figure.add_annotation(x=np.log10(median) if number == 2 else median, y=1, yref="y domain",
                              text="median", showarrow=False, xanchor="left", yanchor="top",
                              **cell)  # fmt: skip
        figure.update_xaxes(title={"text": word}, **place(number, stacked))
    figure.update_xaxes(type="log", dtick=1, **place(2, stacked))
    for number, word in enumerate(("share of pairs", "kernel", "MMD²")):
        figure.update_yaxes(title={"text": word}, rangemode="tozero", **place(number, stacked))
    return with_legend(figure, stacked)


def _few(x: np.ndarray, most: int, seed: int) -> np.ndarray:
    return x[np.sort(np.random.default_rng(seed).permutation(len(x))[:most])]


def _upper(x: "torch.Tensor") -> np.ndarray:
    from torch.nn.functional import pdist

    return pdist(x).numpy()


def _mmd2(x: "torch.Tensor", y: "torch.Tensor", width: float) -> float:
    from da_bench.functional import mmd2
    from da_bench.functional.kernels import rbf

    return float(mmd2(x, y, kernel=rbf, bandwidth=float(width)))
