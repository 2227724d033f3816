"""The first page: who leads, the table, and a figure of choice; every cell leads on."""

import pandas as pd
import streamlit as st

from da_bench.dashboard import panels

from . import address, elements
from .choice import FIGURES, draw
from .here import Here


def overview(here: Here) -> None:
    """Leaderboard, one figure, the table, and what is missing."""
    of = here.of
    elements.heading(of.title)
    if not of.parts:
        elements.words("No run finished.")
        failed(here)
        return
    elements.panel(here.made("leaderboard", lambda: panels.leaderboard(of, here.looks)))
    name = address.chosen(
        st.segmented_control, "figure", "Figure", list(FIGURES), "heatmap",
        lambda key: FIGURES[key][0], required=True,
    )  # fmt: skip
    draw(here, name)
    results_table(here)
    failed(here)


def results_table(here: Here) -> None:
    """The cells of ``da-bench table``, each a link to its seeds."""
    of = here.of
    elements.heading("Results", 3)
    elements.words(of.words, of.lacking, of.diagnosed)
    shown = of.cells.rename_axis("task").reset_index()
    links = {
        (i, j): address.link(view="cell", benchmark=of.name, method=str(method), task=str(task))
        for i, task in enumerate(shown["task"])
        for j, method in enumerate(shown.columns)
        if j and task in of.cells.index[: len(of.tasks)] and shown.iat[i, j] != "-"
    }
    elements.table(shown, f"{of.title}: each cell leads to its seeds", links)


def failed(here: Here) -> None:
    """Failed runs and their errors; nothing where there are none."""
    lost: pd.DataFrame = here.of.failures
    if len(lost):
        with st.expander(f"Failed runs: {len(lost)}"):
            elements.table(lost, "Failed runs", wide=False)
