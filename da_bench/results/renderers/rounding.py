"""Settings in as many digits as people read; rows, identities and CSV files keep them whole."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from da_bench.results.row import IDENTITY

DIGITS = 4
FIGURE = re.compile(r"(?<![\w.])-?\d+\.\d+(?:e[+-]?\d+)?(?![\w.])")
"""A decimal number by itself: no part of a name, a path or a version."""


def readable(text: str) -> str:
    """The text with its decimal numbers in four significant digits: ``lr=0.003162``."""
    return FIGURE.sub(lambda found: rounded(found[0]), text)


def rounded(figure: str) -> str:
    """A number in four significant digits; as it stands where it has no more."""
    digits = figure.partition("e")[0].replace(".", "").lstrip("-0")
    return figure if len(digits) <= DIGITS else f"{float(figure):.{DIGITS}g}"


def told_apart(texts: Iterable[str]) -> dict[str, str]:
    """Each text as it is read; whole where another would read the same."""
    short = {text: readable(text) for text in texts}
    often = Counter(short.values())
    return {text: own if often[own] == 1 else text for text, own in short.items()}


def count(number: int, what: str) -> str:
    """``1 run``, ``1,200 runs``: of a noun that takes an s."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def text_of(value: Any, column: str) -> str:
    """A value as a cell."""
    if value is None:
        return ""
    if column == IDENTITY:
        return str(value)[:10]
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)
