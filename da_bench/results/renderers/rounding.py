"""Settings rounded for readers; rows, identities and CSV files keep all digits."""

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
    """Rounds the decimal numbers of a text to four significant digits, as in ``lr=0.003162``."""
    return FIGURE.sub(lambda match: round_figure(match[0]), text)


def round_figure(figure: str) -> str:
    """Rounds a number to four significant digits; unchanged where it has no more."""
    digits = figure.partition("e")[0].replace(".", "").lstrip("-0")
    return figure if len(digits) <= DIGITS else f"{float(figure):.{DIGITS}g}"


def distinct_texts(texts: Iterable[str]) -> dict[str, str]:
    """Rounded form of each text; the text itself where two would round to the same."""
    short_texts = {text: readable(text) for text in texts}
    counts = Counter(short_texts.values())
    return {
        text: short_text if counts[short_text] == 1 else text
        for text, short_text in short_texts.items()
    }


def count(number: int, noun: str) -> str:
    """A number with its noun, such as ``1 run`` or ``1,200 runs``; the plural takes an s."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def text_of(value: Any, column: str) -> str:
    """A value of a row as the text of a table's cell.

    Args:
        value: Any value that JSON has.
        column: Name of the value's column; identities are cut to ten digits.
    """
    if value is None:
        return ""
    if column == IDENTITY:
        return str(value)[:10]
    if isinstance(value, float):
        return f"{value:.4g}"
    return json.dumps(value) if isinstance(value, dict | list | bool) else str(value)
