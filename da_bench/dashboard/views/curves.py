"""What runs logged over their epochs, one scalar at a time."""

import pandas as pd
import streamlit as st

from da_bench.dashboard.panels_runs import fewer
from da_bench.figures import training_curves
from da_bench.io.curves import CURVES_FILE
from da_bench.results.curves import over_seeds
from da_bench.results.row import METHOD

from . import address, elements
from .here import Here


def curves(here: Here, runs: pd.DataFrame, key: str) -> None:
    """A line a method, with its band over seeds; words where no run kept any.

    Args:
        here: The visitor's choice.
        runs: Some of its runs, of one task; ``name`` says which are drawn as one line.
        key: Of the figure, unlike the others of the page.
    """
    elements.heading("Training curves", 3)
    readable = here.readable(runs, CURVES_FILE)
    found = over_seeds(readable, here.results.folder, max_epochs=400)
    if found.empty:
        elements.words(
            "No curves: these runs kept none. Runs of this version write them to curves.csv."
        )
        return
    found = found.assign(task="")  # lines that differ in granted labels stand together
    _, found = fewer(found)
    names = list(dict.fromkeys(found["name"]))
    name = address.chosen(st.selectbox, "scalar", "Scalar", names, names[0])
    shown = found[found["name"] == name]
    last = shown.drop_duplicates(METHOD, keep="last")
    said = "; ".join(
        f"{method} ends at {mean:.4g}"
        for method, mean in zip(last[METHOD], last["mean"], strict=True)
    )
    band = (
        " The band is one standard deviation over seeds." if shown["spread"].notna().any() else ""
    )
    elements.words(f"{name}: {said}.{band}")
    elements.drawn(training_curves(shown, name, here.looks), f"curves-{key}", f"{name}: {said}")
