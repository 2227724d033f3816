"""Features of both domains in two dimensions, before and after adaptation."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .panels import class_label, column, panels, place, table, with_legend
from .planar import AXES, By, pca, planar
from .style import colour, symbol

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

DOMAINS = ("source", "target")
Labels = NDArray[np.int64] | None


def feature_map(
    source_z: ArrayLike,
    target_z: ArrayLike,
    source_y: ArrayLike | None = None,
    target_y: ArrayLike | None = None,
    before: tuple[ArrayLike, ArrayLike] | None = None,
    by: By = "pca",
    names: Sequence[str] | None = None,
    predicted: bool = False,
    titles: tuple[str, str] = ("before adaptation", "after adaptation"),
    most: int = 400,
    seed: int = 0,
    stacked: bool = False,
    dark: bool = False,
) -> "Figure":
    """A point a sample: class by colour and shape, filled for the source, open for the target.

    Each panel's axes are fitted to both of its domains together; axes of two panels have nothing
    in common. Where no class is given, domains have a colour and a shape each.

    Args:
        source_z: Features ``(n, d)``.
        target_z: Features ``(m, d)``.
        source_y: Classes ``(n,)``; below 0 is not known.
        target_y: Classes ``(m,)``: labels, and then the heading says oracle; or see ``predicted``.
        before: The same samples' features of another model, ``(n, e), (m, e)``: a panel of its own.
        by: See :func:`da_bench.figures.planar.planar`.
        names: Names of the classes.
        predicted: ``target_y`` is what a model predicts, and no label.
        titles: Titles of the panels; where there is one, the second.
        most: Samples of a domain that are drawn; more are thinned at random.
        seed: Seed of the thinning, and of t-SNE and UMAP.
        stacked: One panel under another, for a phone.
        dark: Light letters on a dark ground.

    Raises:
        ValueError: Shapes that do not agree, features that are not finite, an unknown ``by``.
        MissingExtra: UMAP is not installed.
    """
    after_pair = _pair("", source_z, target_z)
    pairs = [after_pair] if before is None else [_pair("before: ", *before), after_pair]
    sizes = [len(part) for part in after_pair]
    if any([len(part) for part in pair] != sizes for pair in pairs):
        raise ValueError(
            f"before has {len(pairs[0][0])} and {len(pairs[0][1])} samples, after {sizes[0]} and "
            f"{sizes[1]}: give the same samples twice"
        )
    classes = [column("source_y", source_y, sizes[0]), column("target_y", target_y, sizes[1])]
    rng = np.random.default_rng(seed)
    indices = [np.sort(rng.permutation(size)[:most]) for size in sizes]
    thinned_classes = [
        None if y is None else y[rows] for y, rows in zip(classes, indices, strict=True)
    ]
    heading = _heading(thinned_classes, predicted)
    figure = panels(titles[-len(pairs) :], heading, stacked, dark)
    for number, pair in enumerate(pairs):
        parts = [part[rows] for part, rows in zip(pair, indices, strict=True)]
        z = np.concatenate(parts)
        halves = np.split(planar(z, by, seed), [len(parts[0])])
        for part, (points, y) in enumerate(zip(halves, thinned_classes, strict=True)):
            for trace in domain_points(
                points, y, part, names, all(k is None for k in thinned_classes)
            ):
                figure.add_trace(trace, **place(number, stacked))
        shares = pca(z)[1] if by == "pca" else None
        for axis, update in enumerate((figure.update_xaxes, figure.update_yaxes)):
            word = ("first", "second")[axis]
            text = f"{AXES[by]}, {word}" if shares is None else f"{word} axis ({shares[axis]:.0%})"
            update(title={"text": text}, showticklabels=by == "pca", **place(number, stacked))
    return with_legend(once(figure), stacked)


def _pair(word: str, source: ArrayLike, target: ArrayLike) -> tuple[NDArray[np.float64], ...]:
    first = table(f"{word}source_z", source)
    return first, table(f"{word}target_z", target, first.shape[1])


def _heading(classes: Sequence[Labels], predicted: bool) -> str:
    if all(y is None for y in classes):
        return "Features of source and target."
    words = "Features: source filled, target open"
    if classes[1] is None:
        return f"{words}, without its classes."
    if predicted:
        return f"{words}, by the class that is predicted for it."
    return f"oracle: {words.lower()}, by its true class."


def domain_points(
    points: NDArray[np.float64],
    y: Labels,
    part: int,
    names: Sequence[str] | None,
    by_domain: bool,
    first: int = 0,
) -> list[dict[str, Any]]:
    """Traces of one domain's points ``(n, 2)``, one a class: filled for part 0, open for 1.

    Without classes a domain looks like class ``first + part``.
    """
    domain, traces = DOMAINS[part], []
    y = np.full(len(points), -1) if y is None else y
    for k in np.unique(y):
        look = first + part if by_domain else k if k >= 0 else 6
        class_points = points[y == k]
        hides_classes = by_domain or len(set(y) | {-1}) == 1
        name = domain if hides_classes else class_label(int(k), names)
        traces.append(
            {
                "type": "scatter",
                "mode": "markers",
                "x": class_points[:, 0],
                "y": class_points[:, 1],
                "name": name,
                "legendgroup": name,
                "meta": {"domain": domain, "class": int(k)},
                "marker": {
                    "color": colour(int(look)),
                    "symbol": symbol(int(look)) + "-open" * part,
                    "size": 7,
                    "opacity": 0.75,
                    "line": {"width": 1.3 * part},
                },
                "hovertemplate": f"{domain}"
                + f", {name}" * (not hides_classes)
                + "<extra></extra>",
            }
        )
    return traces


def once(figure: "Figure") -> "Figure":
    """Leaves each name once in the legend: domains and panels share their classes."""
    known_names = set()
    for trace in figure.select_traces(selector={"type": "scatter"}):
        if trace.showlegend is not False and trace.name:
            trace.showlegend = trace.name not in known_names
            known_names.add(trace.name)
    return figure
