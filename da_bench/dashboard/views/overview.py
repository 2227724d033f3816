"""The first page: who leads, the table, and a figure of choice; every cell leads on."""

import pandas as pd
import streamlit as st

from da_bench.dashboard import panels
from da_bench.results.row import TASK

from . import address, elements
from .choice import FIGURES, draw
from .here import Here

MANY = 300
"""Cells of a table above which the rest of a visitor's first page comes after its first figure."""
DRAWN = """export default ({ setTriggerValue }) => {
  const started = performance.now();
  const look = setInterval(() => {
    const stands = document.querySelector(".js-plotly-plot .main-svg");
    if (!stands && performance.now() - started < 10_000) return;
    clearInterval(look);
    setTriggerValue("drawn", true);
  }, 100);
  return () => clearInterval(look);
};"""
"""Tells that a figure stands, or that none came."""


def overview(here: Here) -> None:
    """Leaderboard, one figure, the table, and what is missing."""
    of = here.of
    elements.heading(of.title)
    if len(of.without_labels.runs):
        elements.words(of.unlabelled_words)
        elements.table(of.unlabelled_cells.reset_index(), of.unlabelled_title)
    if not of.parts:
        verdict = "" if len(of.without_labels.runs) else "No run finished."
        elements.words(verdict, of.missing_words, of.diagnosis_words)
        failed(here)
        return
    leader = leaders(here)
    elements.panel(leader)
    if leader.figure is not None and of.cells.size > MANY and "begun" not in st.session_state:
        rest()
    name = address.chosen(
        st.segmented_control, "figure", "Figure", list(FIGURES), "heatmap",
        lambda key: FIGURES[key][0], required=True,
    )  # fmt: skip
    draw(here, name)
    results_table(here)
    failed(here)


def rest() -> None:
    """Ends a visitor's first page here, until its browser tells that the first figure stands.

    A browser that is sent all at once draws nothing before it has drawn everything.
    """
    st.session_state["begun"] = True
    st.components.v2.component("first-figure", js=DRAWN)(on_drawn_change=lambda: None)
    st.stop()


def leaders(here: Here) -> panels.Panel:
    """The first figure."""
    return here.made("leaderboard", lambda: panels.leaderboard(here.of, here.looks))


def results_table(here: Here) -> None:
    """The cells of ``da-bench table``, each a link to its seeds."""
    of = here.of
    elements.heading("Results", 3)
    elements.words(of.words, of.missing_words, of.diagnosis_words)
    shown, tasks = of.cells.rename_axis(TASK).reset_index(), set(of.tasks)

    def linked() -> dict[tuple[int, int], str]:
        return {
            (i, j): address.link(view="cell", benchmark=of.name, method=str(method), task=str(task))
            for i, task in enumerate(shown[TASK])
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
