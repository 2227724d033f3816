"""A table of chosen settings: of each method on each task those runs that a validator chose."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from .cell import SUSPECT, Cell
from .choosing import Choice, Scored, choice, choose, group, grouped
from .row import (
    BENCHMARK,
    FOLDER,
    LABELS,
    METHOD,
    OK,
    SEED,
    SETTINGS,
    SOURCE,
    STATUS,
    TARGET,
    TASK,
    TWIN,
    VARIANT,
)


class Pick(NamedTuple):
    """What was chosen for one method on one task."""

    row: Mapping[str, Any]
    """One of the chosen runs, for its benchmark, task, method and labels."""
    choice: Choice

    def stands_in(self, line: str) -> bool:
        """Whether a table's line is of its task; without labels it stands in each of theirs."""
        task, labels = f"{self.row[SOURCE]}:{self.row[TARGET]}", self.row.get(LABELS)
        if labels is None or isinstance(labels, str):  # "all" has no line of its own
            return line == task or line.startswith(f"{task}, ")
        return line == f"{task}, {int(labels)} labels"


class Settled(NamedTuple):
    """Rows of the chosen settings, under their method's name alone."""

    rows: list[Mapping[str, Any]]
    picks: list[Pick]
    none: list[tuple]
    """Groups of several settings where the validator chose nothing: no row of theirs is kept."""


def settle(rows: Sequence[Mapping[str, Any]], runs: Sequence[Scored], name: str) -> Settled:
    """The rows of the settings that ``name`` chooses, over seeds, for each method on each task.

    Where a method has one setting there is nothing to choose, and it stays; so does one of which
    nothing finished, to be told of. The twin's setting is chosen like any other's.

    Args:
        rows: Of the store, done again ones among them.
        runs: Those of them that have outputs, each once, with the score of ``name``.
        name: A validator's.
    """
    settings = grouped(runs)
    variants: dict[tuple, set[str]] = {}
    for row in rows:
        if row.get(STATUS) == OK:
            variants.setdefault(group(row), set()).add(row.get(VARIANT) or "")
    chosen: dict[tuple, str | None] = {}
    picks = []
    for key, own in variants.items():
        scored = settings.get(key, {})
        chosen[key] = choose(scored, name) if scored and len(own) > 1 else None
        if len(own) == 1:
            (chosen[key],) = own
        variant = chosen[key]
        if variant is not None and variant in scored:
            picks.append(Pick(scored[variant][0].row, choice(key, scored, variant, name)))
    last = {run.row[FOLDER] for run in runs}
    again = {cell(run.row) for run in runs}
    kept: list[Mapping[str, Any]] = []
    for row in rows:
        key = group(row)
        mine = chosen.get(key) == (row.get(VARIANT) or "")
        older = row.get(STATUS) == OK and cell(row) in again and row[FOLDER] not in last
        if (mine or key not in variants) and not older:
            setting = row.get(VARIANT) or "as it is"
            kept.append({**row, VARIANT: "", SETTINGS: {}, "setting": setting})
    return Settled(kept, picks, [key for key, variant in chosen.items() if variant is None])


def cell(row: Mapping[str, Any]) -> tuple:
    """What a run stands for."""
    return (*group(row), row.get(VARIANT) or "", row.get(SEED))


def settled_words(settled: Settled, name: str, benchmark: str) -> str:
    """How the settings of a benchmark's table were chosen, and what the mark means."""
    own = [pick for pick in settled.picks if pick.row[BENCHMARK] == benchmark]
    several = sum(pick.choice.settings > 1 for pick in own)
    suspects = sum(pick.choice.suspect for pick in own)
    told = (
        f"Settings: chosen by {name}, which reads no target label, for each method on each task, "
        f"{TWIN} too, as the best mean over seeds; {several} of {len(own)} had several to choose "
        f"from. {SUSPECT} marks runs that the guard suspects of a collapse onto few classes: "
        f"{suspects} of {len(own)}."
    )
    lost = [key for key in settled.none if key[0] == benchmark]
    if lost:
        named = ", ".join(f"{key[3]} on {key[1]}:{key[2]}" for key in lost)
        told += f" {name} chose nothing, and no run is shown, for {named}."
    return told


def marked(cells: pd.DataFrame, picks: Sequence[Pick], benchmark: str) -> pd.DataFrame:
    """A table of cells, those of suspected runs with their mark."""
    cells = cells.copy()
    for pick in picks:
        method = pick.row[METHOD]
        if not pick.choice.suspect or pick.row[BENCHMARK] != benchmark:
            continue
        for line in cells.index:
            cell = cells.loc[line, method]
            if pick.stands_in(str(line)) and isinstance(cell, Cell):
                cells.at[line, method] = replace(cell, suspect=True)  # type: ignore[assignment]
    return cells


def noted(long: pd.DataFrame, picks: Sequence[Pick], name: str) -> pd.DataFrame:
    """A long table with the columns ``chosen_by``, ``setting`` and ``guard``."""
    found: list[tuple[Any, Any]] = []
    for _, line in long.iterrows():
        name_of, task = (line[BENCHMARK], line[METHOD]), str(line[TASK])
        mine = [p for p in picks if (p.row[BENCHMARK], p.row[METHOD]) == name_of]
        own = [pick for pick in mine if pick.stands_in(task)]
        found.append((own[0].choice.variant, own[0].choice.guard) if own else (None, None))
    settings = [setting if setting != "" else "as it is" for setting, _ in found]
    return long.assign(chosen_by=name, setting=settings, guard=[guard for _, guard in found])
