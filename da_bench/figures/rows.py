"""Figures with a line for each of many names, which read well on a narrow screen too."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .style import plain, wrap

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

ROW, BASE = 34, 92
"""Pixels of a line, and of all that stands above and below."""


def rows(figure: "Figure", names: Sequence[str], title: str) -> "Figure":
    """Gives the figure a line for each name, the first on top, and no legend.

    ``layout.meta`` holds the names as they are and the heights, by which a page can leave some out.

    Args:
        figure: Whose traces have ``plain(name)`` as ``y``.
        names: Names of the lines.
        title: Title of the horizontal axis.
    """
    labels = [plain(name) for name in names]
    figure.update_layout(
        height=BASE + ROW * max(1, len(names)),
        margin={"t": 12, "b": 56},
        showlegend=False,
        meta={"rows": list(names), "row": ROW, "base": BASE},
        xaxis={"title": {"text": title}},
        yaxis={
            "type": "category",
            "categoryorder": "array",
            "categoryarray": labels,
            "tickmode": "array",
            "tickvals": labels,
            "ticktext": [wrap(name) for name in names],
            "tickfont": {"size": 12},
            "range": [len(names) - 0.5, -0.5],
        },
    )
    return figure


def places(names: Sequence[str], looks: Mapping[str, int] | None) -> dict[str, int]:
    """Each name's number of colour, symbol and dash: as given, or after those as it stands."""
    known_places = looks or {}
    first = max(known_places.values(), default=-1) + 1
    return {name: known_places.get(name, first + number) for number, name in enumerate(names)}


def padded_range(values: Sequence[float]) -> list[float]:
    """A range with room at both ends for texts above the outermost points."""
    finite = [value for value in values if value == value]
    low, high = min(finite), max(finite)
    room = 0.16 * (high - low) or max(1e-3, 0.05 * abs(high))
    return [low - room, high + room]


def beside(value: float, reach: Sequence[float]) -> str:
    """Where a text stands above its point: near an end of the range, on the inner side."""
    place = (value - reach[0]) / (reach[1] - reach[0])
    return "top right" if place < 0.3 else "top left" if place > 0.75 else "top center"
