"""How a model of two inputs divides their plane, as in Ganin et al., JMLR 2016, figure 2."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .feature_map import domain_points, once
from .panels import column, panels, place, table, with_legend
from .planar import pca
from .style import DIVERGING, colour

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

Predict = Callable[[NDArray[np.float64]], ArrayLike]
GRID = 101
"""Points of a side at which a model is asked."""
MARGIN = 0.15
"""Share of the samples' extent that is drawn around them."""


def decision_boundary(
    predict: Predict | Mapping[str, Predict],
    source_x: ArrayLike,
    source_y: ArrayLike,
    target_x: ArrayLike,
    target_y: ArrayLike | None = None,
    features: Predict | None = None,
    domain: Predict | None = None,
    neurons: tuple[ArrayLike, ArrayLike] | None = None,
    names: Sequence[str] | None = None,
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """A panel a model: class probabilities as a shade, the boundary as a line, both domains on it.

    Further panels, as in the paper's figure: the features in their two main directions, what the
    domain classifier says, and the lines at which the first layer's neurons turn on.

    Args:
        predict: Maps inputs ``(g, 2)`` to probabilities ``(g, k)``; or several, by title.
        source_x: Inputs ``(n, 2)``.
        source_y: Classes ``(n,)``.
        target_x: Inputs ``(m, 2)``.
        target_y: Classes ``(m,)``: labels, which make it an oracle; or None.
        features: Maps inputs to ``(g, d)``, for a panel of their PCA.
        domain: Maps inputs to the probability of the source ``(g,)``, for a panel of it.
        neurons: Weights ``(h, 2)`` and biases ``(h,)`` of the first layer, for a panel of lines.
        names: Names of the classes.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: Inputs are not of two columns, or a function returns another shape.
    """
    source, target = table("source_x", source_x, 2), table("target_x", target_x, 2)
    parts = (
        (source, column("source_y", source_y, len(source))),
        (target, column("target_y", target_y, len(target))),
    )
    models = predict if isinstance(predict, Mapping) else {"classes": predict}
    extra = {
        "features, main directions": features,
        "domain: diamonds source, triangles target": domain,
        "first layer": neurons,
    }
    titles = [*models, *(title for title, part in extra.items() if part is not None)]
    words = "Decision boundary: source filled, target open"
    words = f"{words}." if target_y is None else f"oracle: {words.lower()}, by its true class."
    across = len(titles) if len(titles) <= 3 else 2
    figure = panels(titles, words, stacked, dark, across=across)
    axes = _axes(np.concatenate((source, target)))
    grid = np.stack(np.meshgrid(*axes), -1).reshape(-1, 2)

    for number, (title, model) in enumerate(models.items()):
        cell = place(number, stacked, across)
        p = np.asarray(model(grid), dtype=np.float64)
        if p.ndim != 2 or len(p) != len(grid) or p.shape[1] < 2:
            raise ValueError(f"{title}: predict returned shape {p.shape} for {len(grid)} inputs: "
                             f"expected ({len(grid)}, k), probabilities of k classes")  # fmt: skip
        if p.shape[1] == 2:
            _shade(figure, axes, p[:, 1], cell)
        # Where a class is as likely as the likeliest other.
        for k in range(1 if p.shape[1] == 2 else 0, p.shape[1]):
            _line(figure, axes, p[:, k] - np.delete(p, k, 1).max(1), cell)
        _points(figure, parts, names, cell)
    number = len(models)
    if features is not None:
        z = table("features", features(np.concatenate((source, target))))
        halves = np.split(pca(z)[0], [len(source)])
        labelled_halves = tuple((points, y) for points, (_, y) in zip(halves, parts, strict=True))
        _points(figure, labelled_halves, names, place(number, stacked, across))
        number += 1
    if domain is not None:
        cell = place(number, stacked, across)
        share = np.asarray(domain(grid), dtype=np.float64)
        if share.shape != (len(grid),):
            raise ValueError(f"domain returned shape {share.shape}: expected ({len(grid)},)")
        _shade(figure, axes, share, cell)
        _line(figure, axes, share - 0.5, cell)
        _points(figure, tuple((x, None) for x, _ in parts), None, cell)
        number += 1
    if neurons is not None:
        cell = place(number, stacked, across)
        x, y = _hyperplanes(*neurons, axes)
        figure.add_scatter(x=x, y=y, mode="lines", line={"color": colour(6), "width": 1},
                           hoverinfo="skip", showlegend=False, **cell)  # fmt: skip
        _points(figure, parts, names, cell)
        figure.update_xaxes(range=[axes[0][0], axes[0][-1]], **cell)
        figure.update_yaxes(range=[axes[1][0], axes[1][-1]], **cell)
    return with_legend(once(figure), stacked)


def _axes(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    low, high = x.min(0), x.max(0)
    margins = MARGIN * np.maximum(high - low, 1e-6)
    first, second = (
        np.linspace(a, b, GRID) for a, b in zip(low - margins, high + margins, strict=True)
    )
    return first, second


def _shade(figure: "Figure", axes: tuple, share: NDArray[np.float64], cell: dict[str, int]) -> None:
    figure.add_heatmap(x=axes[0], y=axes[1], z=share.reshape(GRID, GRID), zmin=0, zmax=1,
                       colorscale=DIVERGING, reversescale=True, opacity=0.35, showscale=False,
                       hovertemplate="%{z:.2f}<extra></extra>", **cell)  # fmt: skip


def _line(figure: "Figure", axes: tuple, level: NDArray[np.float64], cell: dict[str, int]) -> None:
    figure.add_contour(x=axes[0], y=axes[1], z=level.reshape(GRID, GRID), showscale=False,
                       contours={"type": "constraint", "operation": "=", "value": 0},
                       line={"color": colour(6), "width": 2.5}, hoverinfo="skip",
                       showlegend=False, **cell)  # fmt: skip


def _points(
    figure: "Figure", parts: tuple, names: Sequence[str] | None, cell: dict[str, int]
) -> None:
    by_domain = all(y is None for _, y in parts)
    for part, (points, y) in enumerate(parts):
        # Domains look like no class of the other panels.
        for trace in domain_points(points, y, part, names, by_domain, first=2):
            figure.add_trace(trace | {"showlegend": not by_domain}, **cell)


def _hyperplanes(
    weight: ArrayLike, bias: ArrayLike, axes: tuple
) -> tuple[list[float | None], list[float | None]]:
    """The lines ``w x + b = 0`` within the box, each ended by None."""
    w, b = np.asarray(weight, np.float64), np.asarray(bias, np.float64)
    if w.ndim != 2 or w.shape[1] != 2 or b.shape != (len(w),):
        raise ValueError(f"neurons have shapes {w.shape} and {b.shape}: expected (h, 2) and (h,)")
    reach = float(np.ptp(axes[0]) + np.ptp(axes[1]))
    middle = np.array([axes[0].mean(), axes[1].mean()])
    x: list[float | None] = []
    y: list[float | None] = []
    for normal, shift in zip(w, b, strict=True):
        length = float(np.linalg.norm(normal))
        if length == 0:
            continue  # a dead neuron divides nothing
        foot = middle - normal * (normal @ middle + shift) / length**2  # nearest to the middle
        along = np.array([-normal[1], normal[0]]) / length * reach
        x += [foot[0] - along[0], foot[0] + along[0], None]
        y += [foot[1] - along[1], foot[1] + along[1], None]
    return x, y
