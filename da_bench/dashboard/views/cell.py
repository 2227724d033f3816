"""One method on one task: its seeds, and what they logged, with the twin beside it."""

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
from .here import Here, on_line

SEEDS = {SEED: SEED, STATUS: STATUS, SCORE: "target test", GAIN: GAIN,
         VAL_SOURCE: "source validation", WALL_S: "wall s", DIAGNOSIS: DIAGNOSIS,
         ERROR: ERROR}  # fmt: skip
"""Columns of the table of seeds, and their names; empty ones are left out."""
FIGURES = (SCORE, GAIN, VAL_SOURCE)


def cell(here: Here) -> None:
    """Method and task can be chosen; each seed leads to its run."""
    of = here.of
    methods = list(dict.fromkeys([*of.methods, *of.runs[NAME].astype(str)]))
    others = (of.without_labels.runs if of.tasks else of.runs)[TASK].astype(str)
    lines = list(dict.fromkeys([*of.tasks, *others]))
    left, right = st.columns(2)
    with left:
        method = address.chosen(st.selectbox, METHOD, "Method", methods, methods[0])
    with right:
        line = address.chosen(st.selectbox, TASK, "Task", lines, lines[0])
    elements.heading(f"{method} on {line}")
    if of.parts and method in of.cells and line in of.cells.index:
        text = plain_cells(of).loc[line, method]
        elements.words(f"{of.metric}: {text}" if text != "-" else "No run of it finished.")
        elements.words(of.words)
    runs = on_line(of.runs[of.runs[NAME] == method], line)
    if runs.empty:
        elements.words(f"{method} was not run on {line}, or filters leave nothing of it.")
        return
    seeds(here, runs)
    twin = on_line(of.runs[(of.runs[METHOD] == TWIN) & (of.runs[NAME] != method)], line)
    curves(here, pd.concat([runs, twin]), "cell")


def seeds(here: Here, runs: pd.DataFrame) -> None:
    """A line a run."""
    runs = runs.sort_values([SEED, FOLDER], kind="stable")
    elements.table(
        seed_lines(runs, here.of.percent),
        "Seeds: each leads to its run",
        {(i, 0): address.link(view="run", run=str(f)) for i, f in enumerate(runs[FOLDER])},
    )


def seed_lines(runs: pd.DataFrame, percent: bool) -> pd.DataFrame:
    """Runs as text, with as many digits as the table has."""
    scale, form = units(percent)
    shown = {}
    for column, name in SEEDS.items():
        if column not in runs or runs[column].replace("", None).isna().all():
            continue
        if column in FIGURES:
            sign = "+" * (column == GAIN)
            values = pd.to_numeric(runs[column], errors="coerce") * scale
            shown[name] = ["–" if v != v else f"{v:{sign}{form}}" for v in values]
        elif column == WALL_S:
            shown[name] = ["–" if v != v else f"{v:.3g}" for v in runs[column].astype(float)]
        else:
            shown[name] = ["–" if pd.isna(v) or v == "" else str(v) for v in runs[column]]
    return pd.DataFrame(shown)
