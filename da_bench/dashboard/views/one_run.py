"""One run: its figures, health, curves, features, configuration and log."""

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
from .here import Here

TAIL, MOST = 200, 200_000
"""Lines of a log that are shown, and bytes of a file that are read at the most."""


def one_run(here: Here) -> None:
    """The run that the address names, by its folder; another can be chosen."""
    runs = here.results.runs
    label = {
        folder: f"{name} · {task} · seed {seed} · {benchmark}"
        for folder, name, task, seed, benchmark in zip(
            runs[FOLDER], runs[NAME], runs[TASK], runs[SEED], runs[BENCHMARK], strict=True
        )
    }
    asked, first = address.get("run"), str(runs[FOLDER].iloc[0])
    if asked and asked not in label:
        elements.words(f"There is no run {asked!r} here, or filters leave it out: choose another.")
    folder = address.chosen(
        st.selectbox, "run", "Run", list(label), first, lambda one: label.get(one, one)
    )
    place = runs.index[runs[FOLDER] == folder][0]
    row: Mapping[str, Any] = here.results.rows[place]
    line = runs.loc[[place]]
    elements.heading(f"{line[NAME].item()} on {line[TASK].item()}, seed {row.get(SEED)}")
    of = here.results.benchmark(str(row.get(BENCHMARK)))
    shown = seed_lines(line, of.percent).iloc[0].to_dict() | {
        BENCHMARK: of.title, "selection of weights": row.get(SELECTION, "–"),
        DEVICE: row.get(DEVICE, "–"), FOLDER: folder,
    }  # fmt: skip
    elements.facts([(str(name), value) for name, value in shown.items()])
    health(row)
    curves(here, line, "run")
    features(here, folder)
    text(here, folder, "config.yaml", "Configuration")
    text(here, folder, "log.txt", "Log", TAIL)


def health(row: Mapping[str, Any]) -> None:
    """What was diagnosed, and what a diagnosis means."""
    elements.heading("Health", 3)
    elements.words(*account(row))
    for one in findings(row):
        name = str(one.get("name"))
        if said := explained(name):
            with st.expander(f"What {elements.code(name)} means"):
                elements.lines(said, f"What {name} means")


def explained(name: str) -> str:
    """The account that the package gives of a diagnosis; empty where it knows none."""
    from da_bench import health

    known = {one.__name__: one for one in health.DIAGNOSES}
    return inspect.getdoc(known[name]) or "" if name in known else ""


def text(here: Here, folder: str, file: str, title: str, most: int | None = None) -> None:
    """A file of the run, or of a long one the end."""
    elements.heading(title, 3)
    try:
        read = tail(here.results.path(folder, file))
    except StoreError as error:
        elements.words(f"Not read: {error}")
        return
    if not read:
        elements.words(f"{file}: there is none." if read is None else f"{file} is empty.")
        return
    kept = read.splitlines()
    if most is not None and len(kept) > most:
        elements.words(f"The last {most} lines.")
        kept = kept[-most:]
    elements.lines("\n".join(kept), title)


def tail(path: Path) -> str | None:
    """The end of a file; None where there is none that can be read."""
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - MOST))
            return file.read(MOST).decode(errors="replace")
    except OSError:
        return None
