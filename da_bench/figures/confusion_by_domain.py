"""Which class is taken for which, in each domain."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .panels import panels, place
from .style import SEQUENTIAL, plain

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def confusion_by_domain(
    source_y: ArrayLike,
    source_predicted: ArrayLike,
    target_y: ArrayLike,
    target_predicted: ArrayLike,
    names: Sequence[str],
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """A row for each true class, a column for each predicted one: counts, shaded by row.

    An oracle: it reads the target's labels, and the heading says so. Samples without a label (a
    class below 0) are left out.

    Args:
        source_y: Classes ``(n,)`` of source samples that training did not see.
        source_predicted: Classes ``(n,)``.
        target_y: Classes ``(m,)`` of the target.
        target_predicted: Classes ``(m,)``.
        names: Names of the classes, ``(k,)``.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: Shapes that differ, a class beyond ``names``, or no labelled sample.
    """
    pairs = {
        "source": (source_y, source_predicted),
        "target (oracle)": (target_y, target_predicted),
    }
    counts = {title: count_pairs(title, *pair, len(names)) for title, pair in pairs.items()}
    titles = [
        f"{title}: {np.trace(n) / n.sum():.1%} of {n.sum()} right" for title, n in counts.items()
    ]
    heading = "oracle: confusion by domain, shaded by the share of each true class (0 to 1)."
    figure = panels(titles, heading, stacked, dark, height=max(320, 90 + 30 * len(names)))
    labels = [plain(name) for name in names]
    for number, n in enumerate(counts.values()):
        # Of a class that does not occur there is no share: its row is empty.
        total = n.sum(1, keepdims=True)
        share = np.where(total > 0, n / np.maximum(total, 1), np.nan)
        figure.add_heatmap(
            z=share,
            x=labels,
            y=labels,
            text=[[str(k) if k else "" for k in row] for row in n],
            texttemplate="%{text}",
            customdata=n,
            hovertemplate="true %{y}, predicted %{x}: %{customdata} (%{z:.1%})<extra></extra>",
            colorscale=SEQUENTIAL,
            zmin=0,
            zmax=1,
            showscale=False,
            xgap=1,
            ygap=1,
            **place(number, stacked),
        )
        # As categories: names that are numbers would be placed as numbers.
        figure.update_xaxes(title={"text": "predicted"}, type="category", **place(number, stacked))
        figure.update_yaxes(
            title={"text": "true"}, type="category", autorange="reversed", **place(number, stacked)
        )
    return figure


def count_pairs(title: str, y: ArrayLike, predicted: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Samples of each true and predicted class, ``(k, k)``.

    Raises:
        ValueError: As :func:`confusion_by_domain`.
    """
    true_classes, guess = np.asarray(y), np.asarray(predicted)
    if true_classes.ndim != 1 or true_classes.shape != guess.shape:
        raise ValueError(
            f"{title}: labels have shape {true_classes.shape}, predictions {guess.shape}: give "
            "both (n,)"
        )
    true_classes, guess = (
        true_classes[true_classes >= 0].astype(int),
        guess[true_classes >= 0].astype(int),
    )
    if not len(true_classes):
        raise ValueError(f"{title}: no sample has a label")
    largest_class = max(true_classes.max(), guess.max())
    if largest_class >= classes or guess.min() < 0:
        raise ValueError(
            f"{title}: classes go from {guess.min()} to {largest_class}, but {classes} are named"
        )
    counts = np.zeros((classes, classes), np.int64)
    np.add.at(counts, (true_classes, guess), 1)
    return counts
