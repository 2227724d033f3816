"""Features of one run in two dimensions, from the outputs that it stored."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from da_bench.results.store import StoreError

from . import address, elements
from .here import Here

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WAYS = {"pca": "PCA", "tsne": "t-SNE"}


def features(here: Here, folder: str) -> None:
    """By domain and class; the target's classes are those predicted."""
    from da_bench.selection.outputs import OUTPUTS_FILE, MissingOutputs

    elements.heading("Features", 3)
    try:
        path = here.results.path(folder, OUTPUTS_FILE)
    except StoreError as error:
        elements.words(f"Not read: {error}")
        return
    if not path.is_file():
        elements.words("No features: this run stored no outputs.npz.")
        return
    by = address.chosen(
        st.segmented_control, "by", "In two dimensions by", list(WAYS), "pca",
        lambda key: WAYS[key], required=True,
    )  # fmt: skip
    try:
        drawn = here.made(("features", folder, by), lambda: mapped(path.parent, by))
    except (MissingOutputs, ValueError) as error:
        elements.words(f"Not drawn: {error}")
        return
    said = (
        f"The run's features by {WAYS[by]}, source filled and target open, a colour and a "
        "shape for each class: of the source its labels, of the target what it predicts."
    )
    elements.words(said)
    elements.drawn(drawn, "features", said)


def mapped(folder: Path, by: str) -> "Figure":
    """The figure of a run's outputs.

    Raises:
        MissingOutputs: They can't be read.
    """
    from da_bench.figures.feature_map import feature_map
    from da_bench.selection.outputs import check_defined, read

    held = read(folder)
    figure = feature_map(
        check_defined(held.source_z).numpy(),
        check_defined(held.target_z).numpy(),
        source_y=held.source_y.numpy(),
        target_y=held.target_logits.argmax(1).numpy(),
        by="tsne" if by == "tsne" else "pca",
        predicted=True,
        titles=("", WAYS[by]),
    )
    return figure.update_layout(title=None)  # the page has a heading, which breaks where narrow
