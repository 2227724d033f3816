"""What validators say of a folder's runs, the costly ones too, and what is told of the rest."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from da_bench.selection.catalogue import FROM_FOLDER, VALIDATORS

from da_bench.results.choosing import Scored, newest, scored

SHOWN = 10
"""Runs without outputs that are named; the rest are counted."""


def validated(
    rows: Sequence[Mapping[str, Any]],
    written: Mapping[str, int],
    out: Path,
    names: Sequence[str],
) -> list[Scored]:
    """The finished runs that have outputs, with their scores; what is left out goes to stderr.

    Of runs done again the last counts. What takes more than reading outputs says what it costs
    before it starts.

    Args:
        rows: Of the store, with their ``folder``.
        written: When each folder's result was written.
        out: The folder that theirs lie in.
        names: Of validators, checked.
    """
    kept, lost = newest(rows, written)
    wanted = [VALIDATORS[n] for n in names if n in VALIDATORS]
    runs: list[Scored] = []
    err = Console(stderr=True)
    for row in track(kept, "scoring", console=err, transient=True, disable=not err.is_terminal):
        own, more = scored([row], out, wanted)
        runs += own
        lost += more
    for line in lost[:SHOWN]:
        print(f"da-bench: left out: {line}", file=sys.stderr)
    if len(lost) > SHOWN:
        print(f"da-bench: left out: {len(lost) - SHOWN} more", file=sys.stderr)
    for name in names:
        if name in FROM_FOLDER and runs:
            runs = costly(runs, out, name)
    return runs


def costly(runs: list[Scored], out: Path, name: str) -> list[Scored]:
    """The runs with the score of what needs their folders; says what it costs before it starts."""
    from da_bench.methods.lightning_shortcuts import quiet
    from .costly_validators import probed

    quiet()
    spent = sum(float(run.row.get("wall_s") or 0) for run in runs)
    print(f"da-bench: {name} takes {FROM_FOLDER[name]}: {len(runs)} runs, which took "
          f"{spent / 60:.1f} minutes to train", file=sys.stderr)  # fmt: skip
    return probed(runs, out, name)
