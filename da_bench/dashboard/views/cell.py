"""Page of one method on one task: its seeds and their curves, with the twin beside it."""

import pandas as pd
import streamlit as st

from da_bench.dashboard.panels import plain_cells
from da_bench.figures.style import units
from da_bench.results.row import (
    DIAGNOSIS,
    ERROR,
    FOLDER,
    GAIN,
    METHOD,
    NAME,
    SCORE,
    SEED,
    STATUS,
    TASK,
    TWIN,
    VAL_SOURCE,
    WALL_S,
)

from . import address, elements
from .curves import curves
from .page_state import PageState, on_line

SEEDS = {SEED: SEED, STATUS: STATUS, SCORE: "target test", GAIN: GAIN,
         VAL_SOURCE: "source validation", WALL_S: "wall s", DIAGNOSIS: DIAGNOSIS,
         ERROR: ERROR}  # fmt: skip
"""Columns of the table of seeds, and their names; empty ones are left out."""
FIGURES = (SCORE, GAIN, VAL_SOURCE)


def cell(state: PageState) -> None:
    """Shows one method on one task; each seed links to its run."""
    benchmark = state.benchmark
    methods = list(dict.fromkeys([*benchmark.methods, *benchmark.runs[NAME].astype(str)]))
    other_tasks = (benchmark.without_labels.runs if benchmark.tasks else benchmark.runs)[
        TASK
    ].astype(str)
    lines = list(dict.fromkeys([*benchmark.tasks, *other_tasks]))
    left_column, right_column = st.columns(2)
    with left_column:
        method = address.choose(st.selectbox, METHOD, "Method", methods, methods[0])
    with right_column:
        line = address.choose(st.selectbox, TASK, "Task", lines, lines[0])
    elements.heading(f"{method} on {line}")
    if benchmark.parts and method in benchmark.cells and line in benchmark.cells.index:
        text = plain_cells(benchmark).loc[line, method]
        elements.words(f"{benchmark.metric}: {text}" if text != "-" else "No run of it finished.")
        elements.words(benchmark.words)
    runs = on_line(benchmark.runs[benchmark.runs[NAME] == method], line)
    if runs.empty:
        elements.words(f"{method} was not run on {line}, or filters leave nothing of it.")
        return
    seeds(state, runs)
    twin = on_line(
        benchmark.runs[(benchmark.runs[METHOD] == TWIN) & (benchmark.runs[NAME] != method)], line
    )
    curves(state, pd.concat([runs, twin]), "cell")


def seeds(state: PageState, runs: pd.DataFrame) -> None:
    """Shows a table with a line for each run, sorted by seed."""
    runs = runs.sort_values([SEED, FOLDER], kind="stable")
    elements.table(
        seed_lines(runs, state.benchmark.percent),
        "Seeds: each leads to its run",
        {
            (place, 0): address.link(view="run", run=str(folder))
            for place, folder in enumerate(runs[FOLDER])
        },
    )


def seed_lines(runs: pd.DataFrame, percent: bool) -> pd.DataFrame:
    """Figures of runs as text, a line for each run.

    Args:
        runs: Lines of the runs' frame.
        percent: Whether scores are shown in per cent.
    """
    scale, form = units(percent)
    columns = {}
    for column, name in SEEDS.items():
        if column not in runs or runs[column].replace("", None).isna().all():
            continue
        if column in FIGURES:
            sign = "+" * (column == GAIN)
            values = pd.to_numeric(runs[column], errors="coerce") * scale
            columns[name] = ["–" if value != value else f"{value:{sign}{form}}" for value in values]
        elif column == WALL_S:
            columns[name] = [
                "–" if value != value else f"{value:.3g}" for value in runs[column].astype(float)
            ]
        else:
            columns[name] = [
                "–" if pd.isna(value) or value == "" else str(value) for value in runs[column]
            ]
    return pd.DataFrame(columns)
