"""The first page: leaderboard, a figure of choice, and the table, whose cells are links."""

import pandas as pd
import streamlit as st

from da_bench.dashboard import panels
from da_bench.results.row import TASK

from . import address, elements
from .choice import FIGURES, draw
from .page_state import PageState

MANY = 300
"""Number of cells above which a visitor's first page waits for its first figure."""
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
"""Script that reports when a figure is drawn, or after 10 seconds without one."""


def overview(state: PageState) -> None:
    """Shows the leaderboard, one figure, the table, and failed runs."""
    benchmark = state.benchmark
    elements.heading(benchmark.title)
    if len(benchmark.without_labels.runs):
        elements.words(benchmark.unlabelled_words)
        elements.table(benchmark.unlabelled_cells.reset_index(), benchmark.unlabelled_title)
    if not benchmark.parts:
        verdict = "" if len(benchmark.without_labels.runs) else "No run finished."
        elements.words(verdict, benchmark.missing_words, benchmark.diagnosis_words)
        failed(state)
        return
    leader = leaders(state)
    elements.panel(leader)
    if (
        leader.figure is not None
        and benchmark.cells.size > MANY
        and "begun" not in st.session_state
    ):
        rest()
    name = address.choose(
        st.segmented_control, "figure", "Figure", list(FIGURES), "heatmap",
        lambda key: FIGURES[key][0], required=True,
    )  # fmt: skip
    draw(state, name)
    results_table(state)
    failed(state)


def rest() -> None:
    """Stops a visitor's first page here until the browser reports that the first figure is drawn.

    A browser that gets everything at once shows nothing before it has drawn everything.
    """
    st.session_state["begun"] = True
    st.components.v2.component("first-figure", js=DRAWN)(on_drawn_change=lambda: None)
    st.stop()


def leaders(state: PageState) -> panels.Panel:
    """The leaderboard's panel."""
    return state.cached("leaderboard", lambda: panels.leaderboard(state.benchmark, state.looks))


def results_table(state: PageState) -> None:
    """Shows the cells of ``da-bench table``, each a link to its seeds."""
    benchmark = state.benchmark
    elements.heading("Results", 3)
    elements.words(benchmark.words, benchmark.missing_words, benchmark.diagnosis_words)
    table, tasks = benchmark.cells.rename_axis(TASK).reset_index(), set(benchmark.tasks)

    def make_links() -> dict[tuple[int, int], str]:
        return {
            (row, column): address.link(
                view="cell", benchmark=benchmark.name, method=str(method), task=str(task)
            )
            for row, task in enumerate(table[TASK])
            for column, method in enumerate(table.columns)
            if column and task in tasks and table.iat[row, column] != "-"
        }

    links = state.cached(("links", address.link()), make_links)
    elements.table(table, f"{benchmark.title}: each cell leads to its seeds", links)


def failed(state: PageState) -> None:
    """Shows failed runs and their errors; nothing where there is none."""
    failures: pd.DataFrame = state.benchmark.failures
    if len(failures):
        with st.expander(f"Failed runs: {len(failures)}"):
            elements.table(failures, "Failed runs", scrolls=False)
