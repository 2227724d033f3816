"""Training curves of some runs, one scalar at a time."""

import pandas as pd
import streamlit as st

from da_bench.dashboard.panels_runs import limit_curves
from da_bench.figures import training_curves
from da_bench.io.curves import CURVES_FILE
from da_bench.results.curves import over_seeds
from da_bench.results.row import METHOD

from . import address, elements
from .page_state import PageState


def curves(state: PageState, runs: pd.DataFrame, key: str) -> None:
    """Shows a line for each method with its band over seeds, or words where there is no curve.

    Args:
        state: The visitor's choices.
        runs: Runs of one task; those that share a ``name`` are drawn as one line.
        key: ID of the figure, unique in the page.
    """
    elements.heading("Training curves", 3)
    readable = state.readable(runs, CURVES_FILE)
    points = over_seeds(readable, state.results.folder, max_epochs=400)
    if points.empty:
        elements.words(
            "No curves: these runs kept none. Runs of this version write them to curves.csv."
        )
        return
    points = points.assign(task="")  # lines that differ in granted labels stand together
    _, points = limit_curves(points)
    names = list(dict.fromkeys(points["name"]))
    name = address.choose(st.selectbox, "scalar", "Scalar", names, names[0])
    name_points = points[points["name"] == name]
    end_points = name_points.drop_duplicates(METHOD, keep="last")
    end_words = "; ".join(
        f"{method} ends at {mean:.4g}"
        for method, mean in zip(end_points[METHOD], end_points["mean"], strict=True)
    )
    band_words = (
        " The band is one standard deviation over seeds."
        if name_points["spread"].notna().any()
        else ""
    )
    elements.words(f"{name}: {end_words}.{band_words}")
    elements.draw(
        training_curves(name_points, name, state.looks), f"curves-{key}", f"{name}: {end_words}"
    )
