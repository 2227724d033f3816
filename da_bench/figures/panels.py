"""Panels of one figure: side by side, or one under another where the screen is narrow."""

from collections.abc import Sequence
from textwrap import wrap
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .style import apply_style, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

HEIGHT = 380
"""Pixels of a panel."""
LETTERS = 120, 46
"""Letters that a line of the heading holds on a wide and on a narrow screen."""
LINE, ABOVE, BELOW = 20, 34, 92
"""Pixels: a line of the heading, the panels' own titles, and the axis' title with the legend."""
BETWEEN = 92
"""Pixels between rows, for the upper's axis and the lower's title."""
ACROSS = 3
"""Panels of a row."""
LEGEND = 24
"""Pixels of a line of the legend."""


def panels(
    titles: Sequence[str],
    heading: str = "",
    stacked: bool = False,
    dark: bool = False,
    height: int = HEIGHT,
    across: int = ACROSS,
    **options: Any,
) -> "Figure":
    """A figure of empty panels with their titles.

    Args:
        titles: One a panel.
        heading: Heading of the whole, broken into lines.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.
        height: Pixels of a panel.
        across: Panels of a row, where they are not stacked.
        **options: What plotly's ``make_subplots`` takes.
    """
    from plotly.subplots import make_subplots

    count = len(titles)
    columns = 1 if stacked else min(across, count)
    rows = -(-count // columns)
    body = height * rows + BETWEEN * (rows - 1)
    spacing = {"vertical_spacing": BETWEEN / body} if rows > 1 else {}
    figure = make_subplots(
        rows, columns, subplot_titles=[plain(title) for title in titles], **{**spacing, **options}
    )
    lines = wrap(heading, LETTERS[stacked])
    # Plotly cuts the first of several lines at the very edge: they begin a line below it.
    lowered = LINE * (len(lines) > 1)
    top = LINE * len(lines) + ABOVE + lowered
    figure.update_layout(
        height=top + body + BELOW,
        margin={"t": top, "b": BELOW},
        title={
            "text": "<br>".join(map(plain, lines)),
            "font": {"size": 14},
            "x": 0,
            "xref": "container",
            "xanchor": "left",
            "pad": {"l": 12, "t": 8},
            "y": 1 - lowered / (top + body + BELOW),
            "yref": "container",
            "yanchor": "top",
        },
        # In pixels below the panels, whatever their height.
        legend={"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0,
                "itemsizing": "constant"},
    )  # fmt: skip
    figure.update_annotations(font={"size": 13})
    return apply_style(figure, dark)


def with_legend(figure: "Figure", stacked: bool = False) -> "Figure":
    """Makes room below for the legend's lines, once all traces are there."""
    names = [
        str(trace.name) for trace in figure.data if trace.showlegend is not False and trace.name
    ]
    widest = 50 + 7 * max(map(len, names), default=0)
    a_line = max(1, (300 if stacked else 840) // widest)
    extra_height = LEGEND * max(0, -(-len(names) // a_line) - 1)
    figure.update_layout(
        height=figure.layout.height + extra_height,
        margin={"b": figure.layout.margin.b + extra_height},
    )
    return figure


def place(number: int, stacked: bool = False, across: int = ACROSS) -> dict[str, int]:
    """Row and column of the number-th panel."""
    columns = 1 if stacked else across
    return {"row": 1 + number // columns, "col": 1 + number % columns}


def table(name: str, values: ArrayLike, width: int | None = None) -> NDArray[np.float64]:
    """Samples ``(n, d)`` in double precision.

    Raises:
        ValueError: Another shape or width, no sample, or a value that is not finite.
    """
    samples = np.asarray(values, dtype=np.float64)
    if samples.ndim != 2 or not len(samples) or width not in (None, samples.shape[1]):
        raise ValueError(
            f"{name} has shape {samples.shape}: expected samples in rows, (n, {width or 'd'}), at "
            "least one"
        )
    if not np.isfinite(samples).all():
        raise ValueError(f"{name} holds values that are not finite: the run diverged")
    return samples


def column(name: str, values: ArrayLike | None, size: int) -> NDArray[np.int64] | None:
    """Classes ``(size,)``; below 0 stands for one that is not known.

    Raises:
        ValueError: Another shape, or numbers that are not whole.
    """
    if values is None:
        return None
    classes = np.asarray(values)
    if classes.shape != (size,) or not np.equal(classes, np.floor(classes)).all():
        raise ValueError(f"{name} has shape {classes.shape}: expected whole numbers, ({size},)")
    return classes.astype(np.int64)


def class_label(number: int, names: Sequence[str] | None) -> str:
    """A class as it is shown."""
    if number < 0:
        return "no label"
    return plain(names[number]) if names is not None else f"class {number}"
