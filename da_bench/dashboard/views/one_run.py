"""Page of one run: its figures, health, curves, features, configuration and log."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from da_bench.results.diagnoses import account, findings
from da_bench.results.row import BENCHMARK, DEVICE, FOLDER, NAME, SEED, SELECTION, TASK
from da_bench.results.store import StoreError

from . import address, elements
from .cell import seed_lines
from .curves import curves
from .features import features
from .page_state import PageState

TAIL, MOST = 200, 200_000
"""Largest number of lines of a log that are shown, and of bytes of a file that are read."""


def one_run(state: PageState) -> None:
    """Shows the run that the address names by its folder, with a menu of all runs."""
    runs = state.results.runs
    label = {
        folder: f"{name} · {task} · seed {seed} · {benchmark}"
        for folder, name, task, seed, benchmark in zip(
            runs[FOLDER], runs[NAME], runs[TASK], runs[SEED], runs[BENCHMARK], strict=True
        )
    }
    requested_folder, first_folder = address.get("run"), str(runs[FOLDER].iloc[0])
    if requested_folder and requested_folder not in label:
        elements.words(
            f"There is no run {requested_folder!r} here, or filters leave it out: choose another."
        )
    folder = address.choose(
        st.selectbox,
        "run",
        "Run",
        list(label),
        first_folder,
        lambda run_folder: label.get(run_folder, run_folder),
    )
    place = runs.index[runs[FOLDER] == folder][0]
    row: Mapping[str, Any] = state.results.rows[place]
    line = runs.loc[[place]]
    elements.heading(f"{line[NAME].item()} on {line[TASK].item()}, seed {row.get(SEED)}")
    run_benchmark = state.results.benchmark(str(row.get(BENCHMARK)))
    facts = seed_lines(line, run_benchmark.percent).iloc[0].to_dict() | {
        BENCHMARK: run_benchmark.title, "selection of weights": row.get(SELECTION, "–"),
        DEVICE: row.get(DEVICE, "–"), FOLDER: folder,
    }  # fmt: skip
    elements.facts([(str(name), value) for name, value in facts.items()])
    health(row)
    curves(state, line, "run")
    features(state, folder)
    text(state, folder, "config.yaml", "Configuration")
    text(state, folder, "log.txt", "Log", TAIL)


def health(row: Mapping[str, Any]) -> None:
    """Shows the diagnoses of a run, and what each of them means."""
    elements.heading("Health", 3)
    elements.words(*account(row))
    for finding in findings(row):
        name = str(finding.get("name"))
        if explanation := meaning_of(name):
            with st.expander(f"What {elements.code(name)} means"):
                elements.lines(explanation, f"What {name} means")


def meaning_of(name: str) -> str:
    """Description of a diagnosis, from its docstring; empty for an unknown name."""
    from da_bench import health

    diagnosis_of = {diagnosis.__name__: diagnosis for diagnosis in health.DIAGNOSES}
    return inspect.getdoc(diagnosis_of[name]) or "" if name in diagnosis_of else ""


def text(
    state: PageState, folder: str, file: str, title: str, max_lines: int | None = None
) -> None:
    """Shows a text file of a run, or the end of a long one.

    Args:
        state: The visitor's choices.
        folder: Folder of the run, as rows name it.
        file: Name of the file.
        title: Heading above the text.
        max_lines: Largest number of lines; all where None.
    """
    elements.heading(title, 3)
    try:
        content = tail(state.results.path(folder, file))
    except StoreError as error:
        elements.words(f"Not read: {error}")
        return
    if not content:
        elements.words(f"{file}: there is none." if content is None else f"{file} is empty.")
        return
    lines = content.splitlines()
    if max_lines is not None and len(lines) > max_lines:
        elements.words(f"The last {max_lines} lines.")
        lines = lines[-max_lines:]
    elements.lines("\n".join(lines), title)


def tail(path: Path) -> str | None:
    """The end of a text file; None where there is no file or it can't be read."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST))
            return file.read(MOST).decode(errors="replace")
    except OSError:
        return None
