"""The figures that the first page offers, one at a time, made when they are asked for."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import streamlit as st

from da_bench.config.extras import MissingExtra
from da_bench.dashboard import panels, panels_runs
from da_bench.dashboard.panels import Panel
from da_bench.results import significance
from da_bench.results.row import FOLDER
from da_bench.results.scores import Scores

from . import elements
from .here import Here

VALIDATORS = "Validators' regret"
SECONDS = 0.15
"""To score all validators over a run's outputs, about."""


def of_scores(title: str, make: Callable[[Here, Scores], Panel]) -> Callable[[Here], list[Panel]]:
    """A panel of the statistics, or words where there are none."""

    def panel(here: Here) -> list[Panel]:
        found = here.scores
        return [Panel("none", title, found) if isinstance(found, str) else make(here, found)]

    return panel


def tests(here: Here, of: Scores) -> Panel:
    """Estimates and tests, as ``da-bench table --statistics`` tells them."""
    found = here.estimates(of)
    lines = significance.lines(of, found)
    try:
        tested = significance.verdict_lines(of)
    except MissingExtra as error:
        tested = [f"Tests were not made: {error}."]
    table = pd.DataFrame(lines, columns=list(significance.HEAD))
    words = "\n".join([significance.explanation(of, found), *tested])
    return Panel("statistics", "Statistics", words, None, table)


FIGURES: dict[str, tuple[str, Callable[[Here], list[Panel]]]] = {
    "heatmap": ("Heat map", lambda here: [panels.heat_map(here.of)]),
    "gains": ("Gains", of_scores(
        "Gains", lambda here, of: panels.gains(of, here.estimates(of), here.looks))),
    "ranks": ("Ranks", of_scores("Ranks", lambda here, of: panels.ranks(of, here.looks))),
    "profile": ("Profile", of_scores("Profile", lambda here, of: panels.profile(of, here.looks))),
    "statistics": ("Statistics", of_scores("Statistics", tests)),
    "cost": ("Cost", lambda here: [panels_runs.cost(here.of, here.looks)]),
    "divergence": ("Divergence", lambda here: panels_runs.divergences(here.of, here.looks)),
    "health": ("Health", lambda here: [panels_runs.diagnoses(here.of)]),
    "validators": ("Validators", lambda here: [Panel("regret", VALIDATORS, "")]),
}  # fmt: skip
"""By its name in the address."""


def draw(here: Here, name: str) -> None:
    """The figure of choice."""
    if name == "validators":
        regret(here)
        return
    for one in here.made(("figure", name), lambda: FIGURES[name][1](here)):
        elements.panel(one, opened=one.figure is None)


def regret(here: Here) -> None:
    """Validators over stored outputs: only when told, as it takes a while."""
    own = here.readable(here.of.finished_runs, "outputs.npz")
    kept = {str(folder) for folder in own[FOLDER]}
    rows = [row for row in here.results.rows if row[FOLDER] in kept]
    results = replace(here.results, rows=rows, runs=own)
    many = panels_runs.with_outputs(results)
    if not many:
        elements.panel(Panel("regret", VALIDATORS, "No run keeps outputs to score."))
        return
    key = f"scored.{here.name}.{here.filters}"
    told = st.button(f"Score every validator over {many:,} runs: about {many * SECONDS:.0f} s")
    st.session_state[key] = st.session_state.get(key, False) or told
    if st.session_state[key]:
        with st.spinner("Reading outputs"):
            elements.panel(here.made("regret", lambda: panels_runs.regret(results, here.of)))
