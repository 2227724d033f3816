"""One palette and one layout for every plotly figure, in light and in dark.

Hues after Okabe and Ito, "Color universal design", 2008, told apart with any colour vision; each
has contrast of at least 3:1 with both backgrounds (WCAG 2.2, 1.4.11), for which orange and sky
blue are darker than theirs and yellow is left out. Text has at least 4.5:1.
"""

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from plotly.graph_objects import Figure
    from plotly.graph_objects.layout import Template

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#B36293", "#A87400", "#3388C4", "#7A7F87")
"""Blue, vermillion, green, purple, orange, sky blue, grey."""
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star",
           "pentagon", "hexagram", "bowtie")  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
"""Lengths without a common divisor: a combination comes again after 385."""
SEQUENTIAL = ((0.0, "#fdf3d8"), (0.35, "#cfe3e4"), (0.7, "#86bcdc"), (1.0, "#4a98c9"))
"""Colours of amounts: cream to blue, ever darker, so that it is read without colours; :data:`INK`
on any of it has contrast of more than 5:1."""
INK = "#0b0f14"
DIVERGING = "RdBu"
"""Colour scale of amounts around zero; red is below."""

LIGHT = {"paper": "#ffffff", "text": "#1b1f24", "muted": "#4a515a", "grid": "#d9dde2",
         "line": "#737b85", "card": "#f5f6f8"}  # fmt: skip
DARK = {"paper": "#14171c", "text": "#e8eaed", "muted": "#b9c0c9", "grid": "#363d47",
        "line": "#8b939e", "card": "#1e2229"}  # fmt: skip


def colour(index: int) -> str:
    """The colour of the number-th of things drawn together; never alone, see :func:`symbol`."""
    return COLOURS[index % len(COLOURS)]


def symbol(index: int) -> str:
    """The marker that goes with it."""
    return SYMBOLS[index % len(SYMBOLS)]


def dash(index: int) -> str:
    """The stroke that goes with it."""
    return DASHES[index % len(DASHES)]


def faint(index: int, alpha: float = 0.18) -> str:
    """The colour of :func:`colour`, transparent, for a band behind a line."""
    red, green, blue = (int(colour(index)[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:g})"


def template(dark: bool = False) -> "Template":
    """The layout: fonts, backgrounds, axes, legend and hover."""
    from plotly.graph_objects import layout as parts

    colours = DARK if dark else LIGHT
    axis = {
        "gridcolor": colours["grid"],
        "linecolor": colours["line"],
        "zerolinecolor": colours["line"],
        "tickfont": {"color": colours["muted"]},
        "title": {"font": {"color": colours["text"]}, "standoff": 8},
        "automargin": True,
        "zeroline": False,
    }
    layout: dict[str, Any] = {
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": colours["text"]},
        "title": {"font": {"size": 15}, "x": 0, "xanchor": "left", "xref": "paper"},
        "paper_bgcolor": colours["paper"],
        "plot_bgcolor": colours["paper"],
        "colorway": list(COLOURS),
        "xaxis": axis,
        "yaxis": axis,
        "margin": {"l": 48, "r": 16, "t": 40, "b": 48},
        "legend": {"font": {"color": colours["text"]}, "bgcolor": "rgba(0,0,0,0)"},
        "hoverlabel": {
            "bgcolor": colours["card"],
            "bordercolor": colours["line"],
            "font": {"color": colours["text"]},
            "align": "left",
        },
        "modebar": {
            "bgcolor": "rgba(0,0,0,0)",
            "color": colours["muted"],
            "activecolor": colours["text"],
        },
        "colorscale": {"sequential": [list(stop) for stop in SEQUENTIAL], "diverging": DIVERGING},
        "coloraxis": {"colorbar": {"outlinewidth": 0}},
        "annotationdefaults": {"font": {"color": colours["text"]}},
        "shapedefaults": {"line": {"color": colours["line"]}},
    }
    return parts.Template(layout=layout)


def apply_style(figure: "Figure", dark: bool = False) -> "Figure":
    """The figure in this layout, and nothing of plotly's own."""
    figure.update_layout(template=template(dark))
    return figure


def plain(text: object) -> str:
    """A name as plotly shows it letter by letter: it reads a little markup in any text."""
    return str(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def units(percent: bool) -> tuple[float, str]:
    """What figures in ``[0, 1]`` are multiplied by, and how many digits are shown."""
    return (100, ".1f") if percent else (1, ".3f")


def wrap(name: object, width: int = 24, lines: int = 2) -> str:
    """A long name broken into a few lines, for the side of an axis; hover says the whole."""
    text = str(name).replace("[", " [", 1)  # a variant begins on the next line
    parts = textwrap.wrap(text, width, max_lines=lines, placeholder=" …")
    return "<br>".join(map(plain, parts)) or " "
