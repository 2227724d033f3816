"""Settings chosen anew over finished runs, by scores that read no target label."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from da_bench.selection.catalogue import Validator

from .row import (
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


class Scored(NamedTuple):
    """A finished run, and what validators say of it."""

    row: Mapping[str, Any]
    scores: Mapping[str, float]
    """By validator, higher for better; NaN where it is undefined."""
    guard: Any
    """A ``Collapse`` of :mod:`da_bench.selection.collapse`, whose import needs torch."""

    @property
    def oracle(self) -> float:
        """The target's test score, higher for better: for the report, after every choice.

        NaN where the target has no labels to test on, as it is where one must choose.
        """
        sign = -1 if self.row.get(HIGHER_IS_BETTER) is False else 1
        score = self.row.get(SCORE)
        return math.nan if score is None else sign * float(score)


class Choice(NamedTuple):
    """The setting that a validator chose for one method on one task."""

    group: tuple[str, str, str, str]
    """Benchmark, source, target and method, the labels granted behind it."""
    variant: str
    score: float
    oracle: float
    """Mean over seeds of the target's test score; NaN where it has no labels."""
    best: float
    """That of the setting which is best by it."""
    settings: int
    guard: str
    """Of its most collapsed seed."""
    suspect: bool
    """Whether the guard suspects that seed of a collapse."""

    @property
    def regret(self) -> float:
        """What was lost to the best setting, at least 0."""
        return self.best - self.oracle


def newest(
    rows: Sequence[Mapping[str, Any]], written: Mapping[str, int]
) -> tuple[list[Mapping[str, Any]], list[str]]:
    """Of finished runs of one method, setting, task and seed the last; the others are named.

    Older code, or an epoch more, makes a run anew beside the first: counted twice it would weigh
    double.

    Args:
        rows: Of the store, with their ``folder``.
        written: When each folder's result was written.
    """
    last: dict[tuple, Mapping[str, Any]] = {}
    lost = []
    for row in sorted(rows, key=lambda row: (written.get(row[FOLDER], 0), row[FOLDER])):
        key = tuple(str(row.get(column)) for column in CELL)
        if row.get(STATUS) == OK and key in last:
            lost.append(f"{last[key][FOLDER]}: done again in {row[FOLDER]}")
        if row.get(STATUS) == OK:
            last[key] = row
    kept = {row[FOLDER] for row in last.values()}
    return [r for r in rows if r[FOLDER] in kept or r.get(STATUS) != OK], lost


def scored(
    rows: Sequence[Mapping[str, Any]], out: Path, validators: Sequence[Validator]
) -> tuple[list[Scored], list[str]]:
    """Scores of every finished run, and what is to say of the runs that have none.

    A row's own target figures are not read here.
    """
    from da_bench.selection import outputs  # torch: a table without validators needs none
    from da_bench.selection.collapse import collapse

    found, lost = [], []
    for row in rows:
        if row.get(STATUS) != OK:
            why = row.get(ERROR) if row.get(STATUS) == FAULTY else "not finished"
            lost.append(f"{row[FOLDER]}: {why}")
            continue
        try:
            held = outputs.read(out / row[FOLDER])
            guard = collapse(held)
        except (outputs.MissingOutputs, ValueError, RuntimeError) as error:  # Damaged among them
            lost.append(f"{row[FOLDER]}: {error}")
            continue
        scores = {}
        for one in validators:
            try:
                scores[one.name] = one(held)
            except outputs.Undefined:
                scores[one.name] = math.nan  # counted in the table
            except (ValueError, RuntimeError) as error:
                scores[one.name] = math.nan
                lost.append(f"{row[FOLDER]}: {one.name} failed: {error}")
        found.append(Scored(row, scores, guard))
    return found, lost


def grouped(
    runs: Sequence[Scored],
) -> dict[tuple[str, str, str, str], dict[str, list[Scored]]]:
    """Runs by benchmark, task and method, then by setting: its seeds."""
    groups: dict[tuple[str, str, str, str], dict[str, list[Scored]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for run in runs:
        groups[group(run.row)][run.row.get(VARIANT) or ""].append(run)
    return groups


def group(row: Mapping[str, Any]) -> tuple[str, str, str, str]:
    """What a setting is chosen for: benchmark, source, target and method, its labels behind it."""
    labels = row.get(LABELS)
    method = row[METHOD] if labels is None else f"{row[METHOD]} ({labels} labels)"
    return row[BENCHMARK], str(row[SOURCE]), str(row[TARGET]), method


def nothing(runs: Sequence[Scored]) -> str:
    """Why validators can't be told apart by what they choose; empty where they can."""
    if all(math.isnan(run.oracle) for run in runs):
        return "no run has a score on the target's test labels, which regret is measured by"
    if all(len(settings) == 1 for settings in grouped(runs).values()):
        return (
            "nothing to choose within a method: each has one setting; a sweep makes several "
            "(da-bench sweep)"
        )
    return ""


def choose(settings: Mapping[str, Sequence[Scored]], name: str) -> str | None:
    """The setting of the best mean score over its seeds; the first of equals.

    A setting that is undefined for one seed, or lacks seeds that another has, is not chosen: its
    mean would be of other runs. None where that leaves nothing. Reads no target label.
    """
    seeds = max(len(runs) for runs in settings.values())
    means = {
        variant: float(np.mean([run.scores[name] for run in runs]))
        for variant, runs in settings.items()
        if len(runs) == seeds
    }
    defined = {variant: mean for variant, mean in means.items() if not math.isnan(mean)}
    return max(defined, key=lambda variant: defined[variant]) if defined else None


def choices(runs: Sequence[Scored], name: str) -> tuple[list[Choice], list[tuple]]:
    """What ``name`` chooses for each method on each task; groups where it chooses nothing."""
    found, none = [], []
    for key, settings in grouped(runs).items():
        variant = choose(settings, name)
        if variant is None:
            none.append(key)
            continue
        found.append(choice(key, settings, variant, name))
    return found, none


def choice(
    key: tuple[str, str, str, str],
    settings: Mapping[str, Sequence[Scored]],
    variant: str,
    name: str,
) -> Choice:
    """What is to say of a choice that was made: only here is the oracle looked at."""
    oracle = {v: float(np.mean([run.oracle for run in own])) for v, own in settings.items()}
    chosen = settings[variant]
    guard = min((run.guard for run in chosen), key=lambda g: (not g.suspect, g.evenness))
    return Choice(
        key,
        variant,
        float(np.mean([run.scores[name] for run in chosen])),
        oracle[variant],
        max((mean for mean in oracle.values() if not math.isnan(mean)), default=math.nan),
        len(settings),
        str(guard),
        guard.suspect,
    )
