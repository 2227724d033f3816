"""All runs that meet the filters, a line each, to be sorted, searched and saved."""

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
from .here import Here

FIRST = (BENCHMARK, NAME, TASK, SEED, STATUS, SCORE, GAIN, VAL_SOURCE,
         WALL_S, DIAGNOSIS, ERROR)  # fmt: skip


def listed(here: Here) -> None:
    """The runs' frame; a line that is chosen leads to its run."""
    runs = here.results.runs.dropna(axis=1, how="all")
    order = [*(c for c in FIRST if c in runs), *(c for c in runs if c not in FIRST)]
    elements.words(f"{len(runs):,} runs. A click on a head sorts; a chosen line opens its run.")

    def go() -> None:
        rows = st.session_state["listed"][SELECTION]["rows"]
        if rows:
            address.put("run", str(runs[FOLDER].iloc[rows[0]]))
            address.put("view", "run")

    st.dataframe(
        runs[order], hide_index=True, height=560, key="listed", on_select=go,
        selection_mode="single-row", alt="All runs that meet the filters, a line each",
    )  # fmt: skip
