"""Which source samples a reweighting trusts, which it leaves aside, and how many carry it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .images import bare, picture, pictures
from .panels import panels, place, with_legend
from .style import SEQUENTIAL, apply_style, colour, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def sample_weights(
    weights: ArrayLike,
    x: ArrayLike | None = None,
    target_x: ArrayLike | None = None,
    most: int = 8,
    captions: Sequence[str] | None = None,
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """The weights from largest to smallest; beside them the source, shaded by weight, where 2-D.

    Args:
        weights: Weights of the source's samples ``(n,)``, none negative, not all zero.
        x: Inputs ``(n, 2)`` of two features, drawn in their plane; None draws the weights alone.
            Images are a figure of their own: :func:`trusted_images`.
        target_x: Inputs ``(m, 2)`` of the target, behind them.
        most: Samples at each end that are named when pointed at.
        captions: What to call each sample ``(n,)``; by default its place.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: Weights that are none, or shapes that do not agree.
    """
    w, order = _weights_and_order(weights)
    names = [f"sample {i}" for i in range(len(w))] if captions is None else list(captions)
    if len(names) != len(w):
        raise ValueError(f"{len(names)} captions for {len(w)} weights: give one each")
    points = None if x is None else np.asarray(x, dtype=np.float64)
    if points is not None and points.shape != (len(w), 2):
        raise ValueError(f"x has shape {points.shape}: expected ({len(w)}, 2); draw images by "
                         "trusted_images")  # fmt: skip
    titles = ["weights by rank"] + ["the source, shaded by weight"] * (points is not None)
    figure = panels(titles, heading(w), stacked, dark, height=340)
    figure.add_scatter(
        x=np.arange(1, len(w) + 1),
        y=w[order],
        mode="lines",
        line={"color": colour(0), "width": 2},
        text=[plain(names[i]) for i in order],
        hovertemplate="%{text}: %{y:.3g}<extra></extra>",
        name="weight of a sample",
        **place(0, stacked),
    )
    ends = np.r_[np.arange(min(most, len(w))), np.arange(max(0, len(w) - most), len(w))]
    figure.add_scatter(
        x=ends + 1,
        y=w[order[ends]],
        mode="markers",
        marker={"color": colour(1), "symbol": "diamond", "size": 7},
        text=[plain(names[i]) for i in order[ends]],
        hovertemplate="%{text}: %{y:.3g}<extra></extra>",
        name=f"the {most} most and least trusted",
        **place(0, stacked),
    )
    figure.add_hline(
        float(w.mean()), line={"dash": "dot", "width": 1.5}, annotation_text="mean",
        annotation_position="top right", **place(0, stacked),
    )  # fmt: skip
    figure.update_xaxes(title={"text": "rank"}, **place(0, stacked))
    figure.update_yaxes(title={"text": "weight"}, rangemode="tozero", **place(0, stacked))
    if points is not None:
        if target_x is not None:
            target = np.asarray(target_x, dtype=np.float64)
            figure.add_scatter(
                x=target[:, 0], y=target[:, 1], mode="markers", name="target",
                marker={"color": colour(1), "symbol": "square-open", "size": 6, "opacity": 0.5},
                hoverinfo="skip", **place(1, stacked),
            )  # fmt: skip
        figure.add_scatter(
            x=points[:, 0],
            y=points[:, 1],
            mode="markers",
            name="source, larger by weight",
            # Area by weight: shade alone would not say it to every eye.
            marker={
                "color": w,
                "colorscale": SEQUENTIAL,
                "size": 4 + 14 * np.sqrt(w / w.max()),
                # A narrow screen has no room for it: size and pointing say the same.
                "showscale": not stacked,
                "colorbar": {"title": {"text": "weight"}, "thickness": 12, "outlinewidth": 0},
                "line": {"width": 0.5},
            },
            customdata=w,
            hovertemplate="weight %{customdata:.3g}<extra></extra>",
            **place(1, stacked),
        )
        figure.update_xaxes(title={"text": "first input"}, **place(1, stacked))
        figure.update_yaxes(title={"text": "second input"}, **place(1, stacked))
    return with_legend(figure, stacked)


def trusted_images(
    weights: ArrayLike,
    images: ArrayLike,
    captions: Sequence[str] | None = None,
    most: int = 8,
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """The source's images of most weight above, of least weight below, each with its weight.

    Args:
        weights: As :func:`sample_weights`.
        images: ``(n, ...)``, see :func:`da_bench.figures.images.pictures`.
        captions: Caption of each image, its class say.
        most: Images of each end.
        stacked: In rows of half as many, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: As many images as weights are needed.
    """
    from plotly.subplots import make_subplots

    w, order = _weights_and_order(weights)
    shades = pictures(images)
    if len(shades) != len(w) or (captions is not None and len(captions) != len(w)):
        raise ValueError(f"{len(w)} weights, {len(shades)} images: give one image and caption each")
    most = min(most, len(w))
    across = -(-most // 2) if stacked else most
    rows = -(-most // across)
    ends = [*order[:most], *order[::-1][:most]]
    blank = rows * across - most
    cells = [*ends[:most], *[None] * blank, *ends[most:], *[None] * blank]
    captioned = [
        "" if i is None else f"{plain(captions[i]) + ': ' if captions else ''}{w[i]:.2f}"
        for i in cells
    ]
    figure = make_subplots(2 * rows, across, subplot_titles=captioned, horizontal_spacing=0.01,
                           vertical_spacing=0.3 / (2 * rows))  # fmt: skip
    for cell, i in enumerate(cells):
        if i is not None:
            figure.add_trace(picture(shades[i]), row=1 + cell // across, col=1 + cell % across)
    bare(figure)
    words = f"{heading(w)} Most trusted first, then the least; beside each its weight."
    title = panels([""], words, stacked, dark).layout.title
    margin = {"t": 130 if stacked else 80, "l": 12, "r": 12, "b": 12}
    figure.update_annotations(font={"size": 12})
    figure.update_layout(title=title, height=90 + 300 * rows if stacked else 400, margin=margin)
    return apply_style(figure, dark)


def heading(weights: NDArray[np.float64]) -> str:
    """The effective sample size in words."""
    return f"Effective sample size {_size(weights):.1f} of {len(weights)} source samples."


def _weights_and_order(weights: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim != 1 or not len(w):
        raise ValueError(f"weights have shape {w.shape}: expected (n,), at least one")
    _size(w)  # which says what is wrong with them
    return w, np.argsort(-w, kind="stable")


def _size(weights: NDArray[np.float64]) -> float:
    import torch

    from da_bench.functional import effective_sample_size

    return float(effective_sample_size(torch.from_numpy(weights)))
