"""Page of all runs that meet the filters, to be sorted, searched and saved."""

import streamlit as st

from da_bench.results.row import (
    BENCHMARK,
    DIAGNOSIS,
    ERROR,
    FOLDER,
    GAIN,
    NAME,
    SCORE,
    SEED,
    SELECTION,
    STATUS,
    TASK,
    VAL_SOURCE,
    WALL_S,
)

from . import address, elements
from .page_state import PageState

FIRST = (BENCHMARK, NAME, TASK, SEED, STATUS, SCORE, GAIN, VAL_SOURCE,
         WALL_S, DIAGNOSIS, ERROR)  # fmt: skip


def run_table(state: PageState) -> None:
    """Shows the runs' frame; a click on a line opens its run."""
    runs = state.results.runs.dropna(axis=1, how="all")
    columns = [
        *(column for column in FIRST if column in runs),
        *(column for column in runs if column not in FIRST),
    ]
    elements.words(f"{len(runs):,} runs. A click on a head sorts; a chosen line opens its run.")

    def open_run() -> None:
        rows = st.session_state["listed"][SELECTION]["rows"]
        if rows:
            address.put("run", str(runs[FOLDER].iloc[rows[0]]))
            address.put("view", "run")

    st.dataframe(
        runs[columns], hide_index=True, height=560, key="listed", on_select=open_run,
        selection_mode="single-row", alt="All runs that meet the filters, a line each",
    )  # fmt: skip
