"""Settings chosen anew over finished runs, by scores that read no target label."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from da_bench.results.row import (
    BENCHMARK,
    CELL,
    ERROR,
    FAULTY,
    FOLDER,
    HIGHER_IS_BETTER,
    LABELS,
    METHOD,
    OK,
    SCORE,
    SOURCE,
    STATUS,
    TARGET,
    VARIANT,
)
from da_bench.selection.catalogue import Validator


class ScoredRun(NamedTuple):
    """A finished run with its scores by validators that read no target label."""

    row: Mapping[str, Any]
    scores: Mapping[str, float]
    """Score by the validator's name, higher for better; NaN where it is undefined."""
    guard: Any
    """A ``Collapse`` of :mod:`da_bench.selection.collapse`, whose import needs torch."""

    @property
    def oracle(self) -> float:
        """The target's test score, higher for better, to be read after every choice.

        NaN where the target has no labels to test on.
        """
        sign = -1 if self.row.get(HIGHER_IS_BETTER) is False else 1
        score = self.row.get(SCORE)
        return math.nan if score is None else sign * float(score)


class Choice(NamedTuple):
    """The setting that a validator chose for one method on one task."""

    group: tuple[str, str, str, str]
    """Benchmark, source, target, and method with its number of target labels."""
    variant: str
    score: float
    oracle: float
    """Mean over seeds of the target's test score; NaN where it has no labels."""
    best: float
    """Largest such mean of all settings."""
    settings: int
    guard: str
    """Words of the collapse guard on the most collapsed seed."""
    suspect: bool
    """Whether the guard suspects that seed of a collapse."""

    @property
    def regret(self) -> float:
        """How much the choice loses to the best setting, at least 0."""
        return self.best - self.oracle


def newest_rows(
    rows: Sequence[Mapping[str, Any]], write_times: Mapping[str, int]
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Keeps the last of several finished runs of one method, setting, task and seed.

    Newer code, or one more epoch, makes a run anew beside the first; together they would count
    double.

    Args:
        rows: Rows of the store, with their ``folder``.
        write_times: Time at which each folder's result was written.

    Returns:
        The rows that stay, those that failed among them, and a note for each that was left out.
    """
    last_rows: dict[tuple, Mapping[str, Any]] = {}
    notes = []
    for row in sorted(rows, key=lambda row: (write_times.get(row[FOLDER], 0), row[FOLDER])):
        key = tuple(str(row.get(column)) for column in CELL)
        if row.get(STATUS) == OK and key in last_rows:
            notes.append(f"{last_rows[key][FOLDER]}: done again in {row[FOLDER]}")
        if row.get(STATUS) == OK:
            last_rows[key] = row
    last_folders = {row[FOLDER] for row in last_rows.values()}
    return [row for row in rows if row[FOLDER] in last_folders or row.get(STATUS) != OK], notes


def score_rows(
    rows: Sequence[Mapping[str, Any]], out: Path, validators: Sequence[Validator]
) -> tuple[list[ScoredRun], list[str]]:
    """Scores every finished run by each validator, without reading its target figures.

    Args:
        rows: Rows of the store, with their ``folder``.
        out: Folder of the comparison or sweep.
        validators: Validators to apply.

    Returns:
        The runs with outputs and their scores, and a note for each run or score that is missing.
    """
    from da_bench.selection import outputs  # torch: a table without validators needs none
    from da_bench.selection.collapse import collapse

    runs, notes = [], []
    for row in rows:
        if row.get(STATUS) != OK:
            reason = row.get(ERROR) if row.get(STATUS) == FAULTY else "not finished"
            notes.append(f"{row[FOLDER]}: {reason}")
            continue
        try:
            stored_outputs = outputs.read(out / row[FOLDER])
            guard = collapse(stored_outputs)
        except (outputs.MissingOutputs, ValueError, RuntimeError) as error:  # Damaged among them
            notes.append(f"{row[FOLDER]}: {error}")
            continue
        scores = {}
        for validator in validators:
            try:
                scores[validator.name] = validator(stored_outputs)
            except outputs.Undefined:
                scores[validator.name] = math.nan  # counted in the table
            except (ValueError, RuntimeError) as error:
                scores[validator.name] = math.nan
                notes.append(f"{row[FOLDER]}: {validator.name} failed: {error}")
        runs.append(ScoredRun(row, scores, guard))
    return runs, notes


def group_runs(
    runs: Sequence[ScoredRun],
) -> dict[tuple[str, str, str, str], dict[str, list[ScoredRun]]]:
    """Runs of all seeds by benchmark, task and method, then by setting."""
    groups: dict[tuple[str, str, str, str], dict[str, list[ScoredRun]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for run in runs:
        groups[group(run.row)][run.row.get(VARIANT) or ""].append(run)
    return groups


def group(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """Benchmark, source, target and method of a row: one setting is chosen for each of these."""
    labels = row.get(LABELS)
    method = row[METHOD] if labels is None else f"{row[METHOD]} ({labels} labels)"
    return row[BENCHMARK], str(row[SOURCE]), str(row[TARGET]), method


def no_choice_reason(runs: Sequence[ScoredRun]) -> str:
    """Why validators can't be compared by their choices, in words; empty where they can."""
    if all(math.isnan(run.oracle) for run in runs):
        return "no run has a score on the target's test labels, which regret is measured by"
    if all(len(settings) == 1 for settings in group_runs(runs).values()):
        return (
            "nothing to choose within a method: each has one setting; a sweep makes several "
            "(da-bench sweep)"
        )
    return ""


def choose(settings: Mapping[str, Sequence[ScoredRun]], validator: str) -> str | None:
    """Chooses the setting of the best mean score over its seeds, without any target label.

    A setting that is undefined for one seed, or lacks seeds that another has, is not chosen, as its
    mean would be over other runs.

    Args:
        settings: Runs of all seeds by setting.
        validator: Name of a validator.

    Returns:
        The first of the best settings; None where none can be chosen.
    """
    seeds = max(len(runs) for runs in settings.values())
    means = {
        variant: float(np.mean([run.scores[validator] for run in runs]))
        for variant, runs in settings.items()
        if len(runs) == seeds
    }
    defined_means = {variant: mean for variant, mean in means.items() if not math.isnan(mean)}
    return max(defined_means, key=lambda variant: defined_means[variant]) if defined_means else None


def choices(runs: Sequence[ScoredRun], validator: str) -> tuple[list[Choice], list[tuple]]:
    """Chooses a setting for each method on each task by one validator.

    Args:
        runs: Runs with their scores.
        validator: Name of a validator.

    Returns:
        The choices, and the groups for which nothing could be chosen.
    """
    choices_made, groups_without_choice = [], []
    for group, settings in group_runs(runs).items():
        variant = choose(settings, validator)
        if variant is None:
            groups_without_choice.append(group)
            continue
        choices_made.append(choice(group, settings, variant, validator))
    return choices_made, groups_without_choice


def choice(
    group: tuple[str, str, str, str],
    settings: Mapping[str, Sequence[ScoredRun]],
    variant: str,
    validator: str,
) -> Choice:
    """Describes a choice that was made; only here is the oracle read.

    Args:
        group: Benchmark, source, target and method.
        settings: Runs of all seeds by setting.
        variant: The chosen setting.
        validator: Name of the validator that chose.
    """
    oracle_means = {
        setting: float(np.mean([run.oracle for run in seed_runs]))
        for setting, seed_runs in settings.items()
    }
    runs_of_choice = settings[variant]
    guard = min(
        (run.guard for run in runs_of_choice), key=lambda guard: (not guard.suspect, guard.evenness)
    )
    return Choice(
        group,
        variant,
        float(np.mean([run.scores[validator] for run in runs_of_choice])),
        oracle_means[variant],
        max((mean for mean in oracle_means.values() if not math.isnan(mean)), default=math.nan),
        len(settings),
        str(guard),
        guard.suspect,
    )
