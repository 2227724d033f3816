"""Features of one run in two dimensions, from the outputs that it stored."""

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from da_bench.results.store import StoreError

from . import address, elements
from .page_state import PageState

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

WAYS = {"pca": "PCA", "tsne": "t-SNE"}


def features(state: PageState, folder: str) -> None:
    """Shows the features of a run by domain and class; the target's classes are predictions.

    Args:
        state: The visitor's choices.
        folder: Folder of the run, as rows name it.
    """
    from da_bench.selection.outputs import OUTPUTS_FILE, MissingOutputs

    elements.heading("Features", 3)
    try:
        path = state.results.path(folder, OUTPUTS_FILE)
    except StoreError as error:
        elements.words(f"Not read: {error}")
        return
    if not path.is_file():
        elements.words("No features: this run stored no outputs.npz.")
        return
    projection = address.choose(
        st.segmented_control, "by", "In two dimensions by", list(WAYS), "pca",
        lambda key: WAYS[key], required=True,
    )  # fmt: skip
    try:
        figure = state.cached(
            ("features", folder, projection), lambda: draw_features(path.parent, projection)
        )
    except (MissingOutputs, ValueError) as error:
        elements.words(f"Not drawn: {error}")
        return
    sentence = (
        f"The run's features by {WAYS[projection]}, source filled and target open, a colour and a "
        "shape for each class: of the source its labels, of the target what it predicts."
    )
    elements.words(sentence)
    elements.draw(figure, "features", sentence)


def draw_features(folder: Path, projection: str) -> "Figure":
    """Draws the features that a run stored.

    Args:
        folder: Folder of the run.
        projection: ``pca`` or ``tsne``.

    Raises:
        MissingOutputs: The stored outputs can't be read.
    """
    from da_bench.figures.feature_map import feature_map
    from da_bench.selection.outputs import check_defined, read

    outputs = read(folder)
    figure = feature_map(
        check_defined(outputs.source_z).numpy(),
        check_defined(outputs.target_z).numpy(),
        source_y=outputs.source_y.numpy(),
        target_y=outputs.target_logits.argmax(1).numpy(),
        by="tsne" if projection == "tsne" else "pca",
        predicted=True,
        titles=("", WAYS[projection]),
    )
    return figure.update_layout(title=None)  # the page has a heading, which breaks where narrow
