"""The file of a run's curves: one line for each scalar and epoch, read without pandas."""

import re
from pathlib import Path

from .files import LARGEST, Damaged, regular

CURVES_FILE = "curves.csv"
"""Name of the file in the folder of a run."""
HEADER = "epoch,step,name,value\n"
LINE = re.compile(r"[0-9]{1,15},[0-9]{1,15},[^,\n]+,[^,\n]+\n")
"""One scalar's line; epoch and step are short enough for an integer of the index."""


def is_whole_line(line: str) -> bool:
    """Whether a line has the form of ``LINE`` to its end; a killed run's last may be cut off."""
    return LINE.fullmatch(line) is not None


def points(folder: Path) -> list[tuple[int, int, str, float]]:
    """Epoch, step, name and value of each line that is whole, as they were written.

    Args:
        folder: Folder of the run; one without a file of curves has no points.
    """
    try:
        with regular(folder / CURVES_FILE) as file:
            content = file.read(LARGEST).decode(errors="replace")
    except (FileNotFoundError, Damaged):  # reported by runs verify
        return []
    lines = content.splitlines(keepends=True)[1:]
    result = []
    for line in filter(is_whole_line, lines):
        epoch, step, name, value = line.rstrip("\n").split(",")
        try:
            result.append((int(epoch), int(step), name, float(value)))
        except ValueError:
            continue  # no number: written by something else
    return result
