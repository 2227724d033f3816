"""Which pixels, or words, two models' predictions of the same samples rest on."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from .images import bare, picture, pictures
from .panels import panels, place, with_legend
from .style import DIVERGING, apply_style, colour, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROWS = ("input", "before", "after")


def attributed_images(
    images: ArrayLike,
    before: ArrayLike,
    after: ArrayLike,
    captions: Sequence[str],
    heading: str = "",
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """A column a sample: the image, and what speaks for each model's prediction, pixel by pixel.

    Blue speaks for the class that this model predicts, red against it; each picture has its own
    scale. Shade alone carries the sign for no one who can't tell red from blue, so that pointing
    at a pixel tells its value.

    Args:
        images: ``(n, ...)``, see :func:`da_bench.figures.images.pictures`.
        before: Attributions of one model, as ``images``; channels are summed.
        after: Attributions of the other model.
        captions: Caption of each sample, the two predictions say.
        heading: Heading of the whole.
        stacked: A row a sample, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: No sample, or lengths that differ.
    """
    from plotly.subplots import make_subplots

    shades = pictures(images)
    maps = [
        _sum_channels(name, part, shades) for name, part in (("before", before), ("after", after))
    ]
    count = len(shades)
    if len(captions) != count:
        raise ValueError(f"{len(captions)} captions for {count} images: give one each")
    titles = [plain(caption) for caption in captions]
    if stacked:
        cells = [(i + 1, row + 1) for i in range(count) for row in range(3)]
        words = [word for title in titles for word in ("", title, "")]
        figure = make_subplots(count, 3, subplot_titles=words, horizontal_spacing=0.02,
                               vertical_spacing=0.3 / count, column_titles=None)  # fmt: skip
    else:
        cells = [(row + 1, i + 1) for i in range(count) for row in range(3)]
        figure = make_subplots(3, count, subplot_titles=titles, row_titles=ROWS,
                               horizontal_spacing=0.02, vertical_spacing=0.03)  # fmt: skip
    for i in range(count):
        traces = [picture(shades[i])]
        for attributions in maps:
            largest_value = float(np.abs(attributions[i]).max()) or 1.0
            traces.append({"type": "heatmap", "z": attributions[i], "colorscale": DIVERGING,
                           "zmin": -largest_value, "zmax": largest_value, "showscale": False,
                           "hovertemplate": "%{z:.3g}<extra></extra>"})  # fmt: skip
        for trace, (row, col) in zip(traces, cells[3 * i : 3 * i + 3], strict=True):
            figure.add_trace(trace, row=row, col=col)
    bare(figure)
    words_ = f"{heading} Blue speaks for the class predicted, red against it."
    if stacked:
        words_ += " From the left: input, before, after."
    title = panels([""], words_.strip(), stacked, dark).layout.title
    top = 150 if stacked else 84
    figure.update_layout(title=title, margin={"t": top, "l": 12, "r": 28, "b": 12},
                         height=top + (150 * count if stacked else 420))  # fmt: skip
    figure.update_annotations(font={"size": 12})
    return apply_style(figure, dark)


def attributed_words(
    words: Sequence[str],
    before: ArrayLike,
    after: ArrayLike,
    captions: Sequence[str],
    most: int = 10,
    heading: str = "",
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """A panel a sample: the words that count most, a bar for each of the two models.

    To the right a word speaks for the class that the model predicts, to the left against it.

    Args:
        words: Words of the vocabulary ``(d,)``.
        before: Attributions of one model ``(n, d)``.
        after: Attributions of the other model, ``(n, d)``.
        captions: Caption of each sample.
        most: Words of a panel.
        heading: Heading of the whole.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: No sample, or shapes that differ.
    """
    first, second = np.asarray(before, np.float64), np.asarray(after, np.float64)
    expected = (len(captions), len(words))
    if first.shape != expected or second.shape != expected or not len(captions):
        raise ValueError(f"attributions have shapes {first.shape} and {second.shape}: expected "
                         f"{expected}, a row a caption and a column a word")  # fmt: skip
    full_heading = f"{heading} To the right: for the class predicted; to the left: against it."
    figure = panels(captions, full_heading.strip(), stacked, dark, height=60 + 30 * most)
    for number, pair in enumerate(zip(first, second, strict=True)):
        order = np.argsort(-np.maximum(*np.abs(pair)), kind="stable")[:most][::-1]
        order = order[(pair[0][order] != 0) | (pair[1][order] != 0)]
        for model, (name, values) in enumerate(zip(ROWS[1:], pair, strict=True)):
            figure.add_bar(
                x=values[order],
                y=[plain(words[i]) for i in order],
                orientation="h",
                name=name,
                legendgroup=name,
                showlegend=number == 0,
                # Stripes beside colour: not every eye tells the two.
                marker={"color": colour(model), "pattern": {"shape": ("/", "")[model]}},
                hovertemplate="%{y}: %{x:.3g}<extra></extra>",
                **place(number, stacked),
            )
        figure.update_xaxes(title={"text": "share of the logit"}, zeroline=True,
                            **place(number, stacked))  # fmt: skip
        figure.update_yaxes(type="category", **place(number, stacked))
    return with_legend(figure, stacked)


def _sum_channels(name: str, values: ArrayLike, images: np.ndarray) -> np.ndarray:
    """Attributions ``(n, height, width)``."""
    total = np.asarray(values, dtype=np.float64)
    if not len(images) or len(total) != len(images):
        raise ValueError(f"{name}: {len(total)} attributions for {len(images)} images: expected "
                         "one each, at least one")  # fmt: skip
    if total.ndim == 4:
        total = total.sum(1)
    if total[0].size != images.shape[1] * images.shape[2]:
        raise ValueError(
            f"{name} has shape {total.shape}: expected that of the images, {images.shape[:3]}"
        )
    return total.reshape(images.shape[:3])
