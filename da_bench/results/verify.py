"""Checks of stored runs: rows, configurations, checkpoints and names."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from da_bench.io import curves
from da_bench.io.escape import visible
from da_bench.io.files import Damaged, text

from .diagnoses import inconsistent
from .folders import run_folders
from .limits import LEFT_OUT
from .row import ERROR, FAULTY, FOLDER, IDENTITY, OK, SCORE, STATUS, UNSCORED


def verify(
    out: Path, rows: Sequence[Mapping[str, Any]], damaged: Mapping[str, str]
) -> tuple[list[tuple[str, str]], int]:
    """Checks all runs of a folder without executing anything.

    Checkpoints are loaded as weights only, configurations as plain YAML.

    Args:
        out: Folder of a comparison or sweep.
        rows: All rows of the folder.
        damaged: Folders whose row can't be read, and the reason.

    Returns:
        Faults, each a folder and what is wrong with it, and the number of folders without a result.
    """
    faults = list(damaged.items())
    first_folders: dict[str, str] = {}
    for row in rows:
        folder = str(row[FOLDER])
        faults += [(folder, fault) for fault in _faults(out / folder, row)]
        first_folder = first_folders.setdefault(str(row.get(IDENTITY)), folder)
        if first_folder != folder:
            faults.append(
                (folder, f"has the identity of {first_folder}: a copy, remove one of them")
            )
    known_folders = {folder for folder, _ in faults} | {str(row[FOLDER]) for row in rows}
    return sorted(faults), sum(visible(folder) not in known_folders for folder in run_folders(out))


def _faults(folder: Path, row: Mapping[str, Any]) -> Iterator[str]:
    identity = str(row.get(IDENTITY, ""))
    if not identity or not folder.name.endswith(f"-{identity[:10]}"):
        yield f"identity {identity[:10] or 'missing'} is not that in the folder's name"
    if fault := inconsistent(row):
        yield fault
    if row.get(STATUS) == FAULTY:
        yield f"{row[ERROR].removeprefix(LEFT_OUT)}; remove it with da-bench runs remove"
    elif row.get(STATUS) != OK:
        return  # what failed need not have come as far as the rest
    if SCORE not in row and not row.get(UNSCORED):
        yield "result.json is ok and holds no oracle/target"
    for find_faults in (_config, _checkpoint, _outputs, _curves):
        try:
            yield from find_faults(folder)
        except Damaged as error:
            yield f"{error.path.relative_to(folder)} {error.fault}"


def _config(folder: Path) -> Iterator[str]:
    from da_bench.methods.checkpoint import read_config

    try:
        read_config(folder)
    except FileNotFoundError:
        yield "config.yaml is missing"
        return
    if not text(folder / "config.yaml").endswith("\n"):
        yield "config.yaml is not whole: its last line has no end"


def _checkpoint(folder: Path) -> Iterator[str]:
    from da_bench.io.archives import CHECKPOINTS
    from da_bench.methods.checkpoint import check_resumable, read_checkpoint

    try:
        checkpoint = read_checkpoint(folder)
    except FileNotFoundError:
        yield "its checkpoint is missing"
        return
    name = next(name for name in CHECKPOINTS if os.path.lexists(folder / name))
    if not isinstance(checkpoint.get("model"), dict):
        yield f"{name} describes no model"
    if name != CHECKPOINTS[-1]:  # a run that is done removes it; where it lies, it is read
        for name in CHECKPOINTS[1:]:
            if os.path.lexists(folder / name):
                check_resumable(folder / name)


def _outputs(folder: Path) -> Iterator[str]:
    from da_bench.selection.outputs import MissingOutputs, read

    try:
        read(folder)
    except MissingOutputs:
        return  # runs of the first versions kept none
    yield from ()


def _curves(folder: Path) -> Iterator[str]:
    try:
        content = text(folder / curves.CURVES_FILE)
    except FileNotFoundError:
        return
    lines = content.splitlines(keepends=True)
    if lines[:1] != [curves.HEADER]:
        yield f"{curves.CURVES_FILE} does not begin with {curves.HEADER.strip()}"
    elif broken_count := sum(not curves.is_whole_line(line) for line in lines[1:]):
        yield f"{curves.CURVES_FILE} has {broken_count} lines that are not whole"
