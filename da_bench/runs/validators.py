"""Scores of validators for the runs of a folder, those that cost a training included."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from da_bench.results.choice.choosing import ScoredRun, newest_rows, score_rows
from da_bench.results.row import WALL_S
from da_bench.selection.catalogue import FROM_FOLDER, VALIDATORS

MAX_LINES = 10
"""Number of runs without outputs that stderr names; the rest are counted."""


def score_runs(
    rows: Sequence[Mapping[str, Any]],
    write_times: Mapping[str, int],
    out: Path,
    names: Sequence[str],
) -> list[ScoredRun]:
    """The finished runs that have outputs, with their scores; what is left out goes to stderr.

    Of runs done again the last counts. What takes more than reading outputs says what it costs
    before it starts.

    Args:
        rows: Rows of the store, with their ``folder``.
        write_times: When each folder's result was written.
        out: Folder of the results, which holds the runs' folders.
        names: Names of validators that exist.
    """
    current_rows, problems = newest_rows(rows, write_times)
    validators = [
        VALIDATORS[validator_name] for validator_name in names if validator_name in VALIDATORS
    ]
    runs: list[ScoredRun] = []
    err = Console(stderr=True)
    for row in track(
        current_rows, "scoring", console=err, transient=True, disable=not err.is_terminal
    ):
        scored_runs, more_problems = score_rows([row], out, validators)
        runs += scored_runs
        problems += more_problems
    for line in problems[:MAX_LINES]:
        print(f"da-bench: left out: {line}", file=sys.stderr)
    if len(problems) > MAX_LINES:
        print(f"da-bench: left out: {len(problems) - MAX_LINES} more", file=sys.stderr)
    for name in names:
        if name in FROM_FOLDER and runs:
            runs = add_costly_scores(runs, out, name)
    return runs


def add_costly_scores(runs: list[ScoredRun], out: Path, name: str) -> list[ScoredRun]:
    """Adds the score of a validator that needs the runs' folders; prints its cost beforehand."""
    from da_bench.methods.lightning_shortcuts import quiet

    from .costly_validators import add_costly_score

    quiet()
    seconds = sum(float(run.row.get(WALL_S) or 0) for run in runs)
    print(f"da-bench: {name} takes {FROM_FOLDER[name]}: {len(runs)} runs, which took "
          f"{seconds / 60:.1f} minutes to train", file=sys.stderr)  # fmt: skip
    return add_costly_score(runs, out, name)
