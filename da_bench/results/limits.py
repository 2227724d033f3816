"""Figures of a finished run that can't be: a share of 86.1, a score that is no number."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from .row import (
    A_DISTANCE,
    EPOCHS,
    ERROR,
    FAULTY,
    HIGHER_IS_BETTER,
    LABELS,
    METRIC,
    OK,
    PREDICTED,
    SCORE,
    SEED,
    STATUS,
)

SHARES = ("accuracy", "class_accuracy", "macro_f1", "average_precision")
"""Metrics in ``[0, 1]``, which tables show in per cent."""
BETTER = {**dict.fromkeys(SHARES, True), "mse": False}
"""Metrics of ours, and whether higher is better."""
LEFT_OUT = "left out: "
"""How the error of such a run begins."""
SCORES = ("val/", "test/", "oracle/")
"""Beginnings of what is measured by the task's metric, unless it ends in ``_risk``."""
OTHER = ("oracle/joint_error",)
POSITIVE = ("_s", "_mb")
"""Ends of seconds and mebibytes."""
UNDEFINED = ("val/", "test/", "oracle/", "validator/", A_DISTANCE)
"""Beginnings of what may be NaN: there was no sample, or a training that came to no figures."""
OUTPUT = re.compile(r"output_\d+")
"""Name of a number that is predicted; a class's is its own."""


def faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Figures of a row that can't be, and why, in words; one that is not there is no fault.

    Scores of a validation may be NaN, where its data has no sample: they are undefined. The score
    on the target's test may not.
    """
    metric = row.get(METRIC)
    if metric is None and row.get(SCORE) is not None:
        yield METRIC, f"metric is missing, and what {SCORE} measures is not known"
    elif metric in BETTER and (row.get(HIGHER_IS_BETTER) is not False) != BETTER[metric]:
        said = f"higher_is_better is {row.get(HIGHER_IS_BETTER)}, expected {BETTER[metric]}"
        yield HIGHER_IS_BETTER, f"{said} of {metric}"
    labels = row.get(LABELS)
    if isinstance(labels, str) and labels != "all":
        yield LABELS, f"labels is {labels[:40]!r}, expected a number, or 'all'"
    for key, value in row.items():
        expected = limits(str(key), metric)
        if value is None or expected is None or (key == LABELS and isinstance(value, str)):
            continue
        if why := fault(value, *expected, key.startswith(UNDEFINED) and name(key) != SCORE):
            yield key, f"{key} {why}"
    if row.get(PREDICTED) is not None and (why := unpredicted(row[PREDICTED])):
        yield PREDICTED, f"predicted {why}"


def fault(value: Any, low: float, high: float, undefined: bool = False) -> str:
    """Why a value can't be a figure between two limits; empty where it can.

    Args:
        value: Of a row.
        low: The least that it may be.
        high: The most.
        undefined: Whether it may be NaN.
    """
    number = isinstance(value, int | float) and not isinstance(value, bool)
    nothing = number and math.isnan(value)
    if number and (undefined if nothing else math.isfinite(value) and low <= value <= high):
        return ""
    if high < math.inf:
        said = f"a {'share' if (low, high) == (0, 1) else 'number'} from {low:g} to {high:g}"
    else:
        said = "a finite number" + " from 0 up" * (low == 0)
    return f"is {str(value)[:40] if number else repr(value)[:40]}, expected {said}"


def unpredicted(text: Any) -> str:
    """Why a row's account of what the target's samples are called can't be read; or empty."""
    try:
        shares = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        shares = None
    if not isinstance(shares, dict):
        return f"is {str(text)[:40]!r}, expected JSON of names and figures"
    for called, value in shares.items():
        low, high = (-math.inf, math.inf) if OUTPUT.fullmatch(called) else (0.0, 1.0)
        if why := fault(value, low, high, undefined=True):
            return f"of {called[:40]!r} {why}"
    return ""


def name(key: str) -> str:
    """A figure's name without the monitor that chose its weights."""
    return key.partition("@")[0]


def limits(key: str, metric: Any) -> tuple[float, float] | None:
    """What a figure lies between; None for what is no figure, or of a range of its own."""
    bare = name(key)
    if bare.startswith(SCORES) and not key.endswith("_risk") and bare not in OTHER:
        if BETTER.get(metric):
            return 0.0, 1.0
        return (0.0 if metric == "mse" else -math.inf), math.inf
    if key.startswith("validator/"):
        return -math.inf, math.inf
    if key == A_DISTANCE:
        return -2.0, 2.0
    if key in (EPOCHS, SEED, LABELS, "health/effective_sample_size") or (
        "/" not in key and key.endswith(POSITIVE)
    ):
        return 0.0, math.inf
    return None


def mark_faulty(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row; one that is finished and has such a figure is ``faulty``, and says which."""
    found = [fault for _, fault in faults(row)] if row.get(STATUS) == OK else []
    return {**row, STATUS: FAULTY, ERROR: LEFT_OUT + "; ".join(found)} if found else dict(row)
