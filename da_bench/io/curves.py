"""The file of a run's curves: one line for each scalar and epoch, read without pandas."""

import re
from pathlib import Path

from .files import LARGEST, Damaged, regular

NAME = "curves.csv"
"""In the folder of a run."""
HEAD = "epoch,step,name,value\n"
LINE = re.compile(r"[0-9]{1,15},[0-9]{1,15},[^,\n]+,[^,\n]+\n")
"""Of one scalar: epoch and step are numbers that an index holds."""


def whole(line: str) -> bool:
    """Whether a line is one of ours, to its end; the last of a killed run may not be."""
    return LINE.fullmatch(line) is not None


def points(folder: Path) -> list[tuple[int, int, str, float]]:
    """Epoch, step, name and value of each line that is whole, as they were written.

    Args:
        folder: Of the run; one that keeps no curves has no point.
    """
    try:
        with regular(folder / NAME) as file:
            held = file.read(LARGEST).decode(errors="replace")
    except (FileNotFoundError, Damaged):  # runs verify tells of it
        return []
    lines = held.splitlines(keepends=True)[1:]
    found = []
    for line in filter(whole, lines):
        epoch, step, name, value = line.rstrip("\n").split(",")
        try:
            found.append((int(epoch), int(step), name, float(value)))
        except ValueError:
            continue  # no number: written by something else
    return found
