"""Figures of the first page, of which one is drawn at a time."""

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
from .page_state import PageState

VALIDATORS = "Validators' regret"
SECONDS = 0.15
"""Approximate time to score all validators over the outputs of one run."""


def of_scores(
    title: str, make: Callable[[PageState, Scores], Panel]
) -> Callable[[PageState], list[Panel]]:
    """Wraps a panel of the statistics so that it shows words where there are no scores."""

    def panel(state: PageState) -> list[Panel]:
        scores = state.scores
        return [Panel("none", title, scores) if isinstance(scores, str) else make(state, scores)]

    return panel


def tests(state: PageState, scores: Scores) -> Panel:
    """Panel of estimates and tests, as ``da-bench table --statistics`` prints them."""
    estimates = state.estimates(scores)
    lines = significance.lines(scores, estimates)
    try:
        sentences = significance.verdict_lines(scores)
    except MissingExtra as error:
        sentences = [f"Tests were not made: {error}."]
    table = pd.DataFrame(lines, columns=list(significance.HEAD))
    words = "\n".join([significance.explanation(scores, estimates), *sentences])
    return Panel("statistics", "Statistics", words, None, table)


FIGURES: dict[str, tuple[str, Callable[[PageState], list[Panel]]]] = {
    "heatmap": ("Heat map", lambda state: [panels.heat_map(state.benchmark)]),
    "gains": ("Gains", of_scores(
        "Gains", lambda state, scores: panels.gains(scores, state.estimates(scores), state.looks))),
    "ranks": ("Ranks", of_scores("Ranks", lambda state, scores: panels.ranks(scores, state.looks))),
    "profile": ("Profile", of_scores(
        "Profile", lambda state, scores: panels.profile(scores, state.looks))),
    "statistics": ("Statistics", of_scores("Statistics", tests)),
    "cost": ("Cost", lambda state: [panels_runs.cost(state.benchmark, state.looks)]),
    "divergence": (
        "Divergence", lambda state: panels_runs.divergences(state.benchmark, state.looks)),
    "health": ("Health", lambda state: [panels_runs.diagnoses(state.benchmark)]),
    "validators": ("Validators", lambda state: [Panel("regret", VALIDATORS, "")]),
}  # fmt: skip
"""Title and panels of each figure, by its name in the address."""


def draw(state: PageState, name: str) -> None:
    """Shows one of :data:`FIGURES` by its name."""
    if name == "validators":
        regret(state)
        return
    for panel in state.cached(("figure", name), lambda: FIGURES[name][1](state)):
        elements.panel(panel, is_open=panel.figure is None)


def regret(state: PageState) -> None:
    """Shows the validators' regret after a button is pressed, as scoring takes a while."""
    runs = state.readable(state.benchmark.finished_runs, "outputs.npz")
    folders = {str(folder) for folder in runs[FOLDER]}
    rows = [row for row in state.results.rows if row[FOLDER] in folders]
    results = replace(state.results, rows=rows, runs=runs)
    output_count = panels_runs.with_outputs(results)
    if not output_count:
        elements.panel(Panel("regret", VALIDATORS, "No run keeps outputs to score."))
        return
    key = f"scored.{state.name}.{state.filters}"
    is_pressed = st.button(
        f"Score every validator over {output_count:,} runs: about {output_count * SECONDS:.0f} s"
    )
    st.session_state[key] = st.session_state.get(key, False) or is_pressed
    if st.session_state[key]:
        with st.spinner("Reading outputs"):
            elements.panel(
                state.cached("regret", lambda: panels_runs.regret(results, state.benchmark))
            )
