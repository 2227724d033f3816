"""A table of chosen settings: of each method on each task those runs that a validator chose."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import pandas as pd

from da_bench.results.cell import SUSPECT, Cell
from da_bench.results.row import (
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

from .choosing import Choice, ScoredRun, choice, choose, group, group_runs


class Pick(NamedTuple):
    """The setting that was chosen for one method on one task."""

    row: Mapping[str, Any]
    """One of the chosen runs, for its benchmark, task, method and labels."""
    choice: Choice

    def stands_in(self, line: str) -> bool:
        """Whether a line of a table is about this task and number of labels.

        A method without target labels stands in the lines of all numbers.
        """
        task, labels = f"{self.row[SOURCE]}:{self.row[TARGET]}", self.row.get(LABELS)
        if labels is None or isinstance(labels, str):  # "all" has no line of its own
            return line == task or line.startswith(f"{task}, ")
        return line == f"{task}, {int(labels)} labels"


class ChosenSettings(NamedTuple):
    """Rows of the chosen settings, under their method's name alone."""

    rows: list[Mapping[str, Any]]
    picks: list[Pick]
    none: list[tuple]
    """Groups of several settings where the validator chose nothing; they have no rows."""


def choose_settings(
    rows: Sequence[Mapping[str, Any]], runs: Sequence[ScoredRun], validator: str
) -> ChosenSettings:
    """Keeps the rows of the settings that a validator chooses for each method on each task.

    A method with one setting stays as it is; so does one of which no run finished, so that tables
    report it. The twin's setting is chosen like any other's.

    Args:
        rows: Rows of the store, repeated runs among them.
        runs: The last of each finished run that has outputs, with the score of ``validator``.
        validator: Name of a validator.
    """
    settings = group_runs(runs)
    variants: dict[tuple, set[str]] = {}
    for row in rows:
        if row.get(STATUS) == OK:
            variants.setdefault(group(row), set()).add(row.get(VARIANT) or "")
    variant_of: dict[tuple, str | None] = {}
    picks = []
    for key, group_variants in variants.items():
        scored_settings = settings.get(key, {})
        variant_of[key] = (
            choose(scored_settings, validator)
            if scored_settings and len(group_variants) > 1
            else None
        )
        if len(group_variants) == 1:
            (variant_of[key],) = group_variants
        variant = variant_of[key]
        if variant is not None and variant in scored_settings:
            picks.append(
                Pick(
                    scored_settings[variant][0].row,
                    choice(key, scored_settings, variant, validator),
                )
            )
    last_folders = {run.row[FOLDER] for run in runs}
    scored_cells = {cell(run.row) for run in runs}
    rows_of_choices: list[Mapping[str, Any]] = []
    for row in rows:
        key = group(row)
        matches_choice = variant_of.get(key) == (row.get(VARIANT) or "")
        is_older = (
            row.get(STATUS) == OK and cell(row) in scored_cells and row[FOLDER] not in last_folders
        )
        if (matches_choice or key not in variants) and not is_older:
            setting = row.get(VARIANT) or "as it is"
            rows_of_choices.append({**row, VARIANT: "", SETTINGS: {}, "setting": setting})
    return ChosenSettings(
        rows_of_choices, picks, [key for key, variant in variant_of.items() if variant is None]
    )


def cell(row: Mapping[str, Any]) -> tuple:
    """Benchmark, source, target, method, setting and seed of a row."""
    return (*group(row), row.get(VARIANT) or "", row.get(SEED))


def choice_words(choices: ChosenSettings, validator: str, benchmark: str) -> str:
    """Sentences on how a table's settings were chosen, and what the mark means.

    Args:
        choices: Settings of all benchmarks.
        validator: Name of the validator that chose.
        benchmark: Name of the table's benchmark.
    """
    benchmark_picks = [pick for pick in choices.picks if pick.row[BENCHMARK] == benchmark]
    choice_count = sum(pick.choice.settings > 1 for pick in benchmark_picks)
    suspect_count = sum(pick.choice.suspect for pick in benchmark_picks)
    text = (
        f"Settings: chosen by {validator}, which reads no target label, for each method on each "
        f"task, {TWIN} too, as the best mean over seeds; {choice_count} of {len(benchmark_picks)} "
        f"had several to choose from. {SUSPECT} marks runs that the guard suspects of a collapse "
        f"onto few classes: {suspect_count} of {len(benchmark_picks)}."
    )
    groups_without_choice = [key for key in choices.none if key[0] == benchmark]
    if groups_without_choice:
        group_names = ", ".join(f"{key[3]} on {key[1]}:{key[2]}" for key in groups_without_choice)
        text += f" {validator} chose nothing, and no run is shown, for {group_names}."
    return text


def mark_suspects(cells: pd.DataFrame, picks: Sequence[Pick], benchmark: str) -> pd.DataFrame:
    """A copy of a table of cells, in which those of suspected runs are marked.

    Args:
        cells: Tasks down, methods across.
        picks: Choices of all benchmarks.
        benchmark: Name of the table's benchmark.
    """
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


def add_choices(table: pd.DataFrame, picks: Sequence[Pick], validator: str) -> pd.DataFrame:
    """A copy of a long table with the columns ``chosen_by``, ``setting`` and ``guard``.

    Args:
        table: A line for each benchmark, method and task.
        picks: Choices of all benchmarks.
        validator: Name of the validator that chose.
    """
    setting_and_guard: list[tuple[Any, Any]] = []
    for _, line in table.iterrows():
        names, task = (line[BENCHMARK], line[METHOD]), str(line[TASK])
        method_picks = [pick for pick in picks if (pick.row[BENCHMARK], pick.row[METHOD]) == names]
        task_picks = [pick for pick in method_picks if pick.stands_in(task)]
        setting_and_guard.append(
            (task_picks[0].choice.variant, task_picks[0].choice.guard)
            if task_picks
            else (None, None)
        )
    settings = [setting if setting != "" else "as it is" for setting, _ in setting_and_guard]
    return table.assign(
        chosen_by=validator, setting=settings, guard=[guard for _, guard in setting_and_guard]
    )
