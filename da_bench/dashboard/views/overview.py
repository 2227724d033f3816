"""The first page: who leads, the table, and a figure of choice; every cell leads on."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from da_bench.dashboard import panels, panels_runs
from da_bench.dashboard.panels import Panel
from da_bench.dashboard.sections import ranked

from . import address, elements
from .here import Here

FIGURES: dict[str, tuple[str, Callable[[Here], list[Panel]]]] = {
    "heatmap": ("Heat map", lambda here: [panels.heat_map(here.of)]),
    "gains": ("Gains", lambda here: [panels.gains(here.of, here.looks)]),
    "ranks": ("Critical differences", lambda here: ranked(here.of.runs, here.looks)[:1]),
    "profile": ("Profile", lambda here: ranked(here.of.runs, here.looks)[-1:]),
    "cost": ("Cost", lambda here: [panels_runs.cost(here.of, here.looks)]),
    "divergence": ("Divergence", lambda here: panels_runs.divergences(here.of, here.looks)),
    "health": ("Health", lambda here: [panels_runs.diagnoses(here.of)]),
}
"""By its name in the address."""


def overview(here: Here) -> None:
    """Leaderboard, one figure, the table, and what is missing."""
    of = here.of
    elements.heading(of.title)
    if not of.parts:
        elements.words("No run finished.")
        failed(here)
        return
    for one in [here.made("leaderboard", lambda: panels.leaderboard(of, here.looks))]:
        elements.panel(one)
    name = address.chosen(
        st.segmented_control, "figure", "Figure", list(FIGURES), "heatmap",
        lambda key: FIGURES[key][0], required=True,
    )  # fmt: skip
    for one in here.made(("figure", name), lambda: FIGURES[name][1](here)):
        elements.panel(one)
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
