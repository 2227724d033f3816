"""The form of what an index holds: a forged or torn line is found before it is used."""

import json
import re
import zlib
from typing import Any

from .row import FAULTY, STATUS, fault_of


def is_line(folder: Any, row: Any, data: Any, fault: Any) -> bool:
    """Whether a line of the index has the form of what :class:`Index` writes."""
    if not isinstance(folder, str) or not all(isinstance(t, str | None) for t in (data, fault)):
        return False
    if row is None:
        return data is None
    try:
        held = json.loads(row)
    except (TypeError, ValueError, RecursionError):
        return False
    if not isinstance(held, dict):
        return False
    return fault_of(held | {STATUS: "ok"} if held.get(STATUS) == FAULTY else held) is None


def is_column(name: Any, path: Any) -> bool:
    """Whether a column's path is the one that its name has."""
    texts = isinstance(name, str) and isinstance(path, str)
    return texts and name == ".".join(re.findall(r'\."([^"]*)"', path)) and (
        re.fullmatch(r'\$(\."[^"]*")+', path) is not None
    )  # fmt: skip


def checksum(*texts: str | None) -> int:
    """Of a row's texts as they are stored."""
    return zlib.crc32("\0".join("" if t is None else t for t in texts).encode())
