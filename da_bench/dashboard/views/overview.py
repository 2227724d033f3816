"""The first page: who leads, the table, and a figure of choice; every cell leads on."""

from itertools import count

import pandas as pd
import streamlit as st

from da_bench.dashboard import panels

from . import address, elements
from .choice import FIGURES, draw
from .here import Here


MANY, AFTER = 300, 0.4
"""Cells of a table from which on the rest of the page comes after the first figure, and seconds."""


def overview(here: Here) -> None:
    """Leaderboard, one figure, the table, and what is missing."""
    of = here.of
    elements.heading(of.title)
    if not of.parts:
        elements.words("No run finished.")
        failed(here)
        return
    elements.panel(leaders(here))
    if of.cells.size > MANY and not st.session_state.get("begun"):
        rest()
    name = address.chosen(
        st.segmented_control, "figure", "Figure", list(FIGURES), "heatmap",
        lambda key: FIGURES[key][0], required=True,
    )  # fmt: skip
    draw(here, name)
    results_table(here)
    failed(here)


def rest() -> None:
    """Ends a visitor's first page here, and has the browser ask for all of it soon after.

    It does by a clock that stands while it is busy. A browser that is sent all at once draws
    nothing before it has drawn everything.
    """
    st.session_state["begun"], looks = True, count()

    @st.fragment(run_every=AFTER)
    def ask() -> None:
        if next(looks):  # the first is part of this page
            st.rerun()

    ask()
    st.stop()


def leaders(here: Here) -> panels.Panel:
    """The first figure."""
    return here.made("leaderboard", lambda: panels.leaderboard(here.of, here.looks))


def results_table(here: Here) -> None:
    """The cells of ``da-bench table``, each a link to its seeds."""
    of = here.of
    elements.heading("Results", 3)
    elements.words(of.words, of.lacking, of.diagnosed)
    shown, tasks = of.cells.rename_axis("task").reset_index(), set(of.tasks)

    def linked() -> dict[tuple[int, int], str]:
        return {
            (i, j): address.link(view="cell", benchmark=of.name, method=str(method), task=str(task))
            for i, task in enumerate(shown["task"])
            for j, method in enumerate(shown.columns)
            if j and task in tasks and shown.iat[i, j] != "-"
        }

    links = here.made(("links", address.link()), linked)
    elements.table(shown, f"{of.title}: each cell leads to its seeds", links)


def failed(here: Here) -> None:
    """Failed runs and their errors; nothing where there are none."""
    lost: pd.DataFrame = here.of.failures
    if len(lost):
        with st.expander(f"Failed runs: {len(lost)}"):
            elements.table(lost, "Failed runs", wide=False)
