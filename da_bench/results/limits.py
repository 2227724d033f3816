"""Impossible figures of a finished run, such as a share of 86.1 or a score that is no number."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
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
"""Metrics of this package, and whether higher is better."""
LEFT_OUT = "left out: "
"""Beginning of the error of a run with an impossible figure."""
SCORES = ("val/", "test/", "oracle/")
"""Beginnings of columns in the task's metric, unless they end in ``_risk``."""
OTHER = ("oracle/joint_error",)
POSITIVE = ("_s", "_mb")
"""Ends of columns of seconds and mebibytes."""
UNDEFINED = ("val/", "test/", "oracle/", "validator/", A_DISTANCE)
"""Beginnings of columns that may be NaN, as there was no sample or the training diverged."""
OUTPUT = re.compile(r"output_\d+")
"""Name of a predicted number; predicted classes go by their own names."""


def faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Impossible figures of a row: the column and the reason, in words.

    A missing figure is no fault. Scores of a validation may be NaN, where there is no sample; the
    score on the target's test may not.

    Args:
        row: Values by column.
    """
    metric = row.get(METRIC)
    if metric is None and row.get(SCORE) is not None:
        yield METRIC, f"metric is missing, and what {SCORE} measures is not known"
    elif metric in BETTER and (row.get(HIGHER_IS_BETTER) is not False) != BETTER[metric]:
        fault_text = f"higher_is_better is {row.get(HIGHER_IS_BETTER)}, expected {BETTER[metric]}"
        yield HIGHER_IS_BETTER, f"{fault_text} of {metric}"
    labels = row.get(LABELS)
    if isinstance(labels, str) and labels != "all":
        yield LABELS, f"labels is {labels[:40]!r}, expected a number, or 'all'"
    for key, value in row.items():
        expected = limits(str(key), metric)
        if value is None or expected is None or (key == LABELS and isinstance(value, str)):
            continue
        if reason := fault(value, *expected, key.startswith(UNDEFINED) and name(key) != SCORE):
            yield key, f"{key} {reason}"
    if row.get(PREDICTED) is not None and (reason := prediction_fault(row[PREDICTED])):
        yield PREDICTED, f"predicted {reason}"


def fault(value: Any, low: float, high: float, may_be_nan: bool = False) -> str:
    """Why a value is no figure between two limits, in words; empty where it is.

    Args:
        value: Value of a row's column.
        low: Smallest allowed value.
        high: Largest allowed value.
        may_be_nan: Whether NaN is allowed.
    """
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    is_nan = is_number and math.isnan(value)
    if is_number and (may_be_nan if is_nan else math.isfinite(value) and low <= value <= high):
        return ""
    if high < math.inf:
        expected = f"a {'share' if (low, high) == (0, 1) else 'number'} from {low:g} to {high:g}"
    else:
        expected = "a finite number" + " from 0 up" * (low == 0)
    return f"is {str(value)[:40] if is_number else repr(value)[:40]}, expected {expected}"


def prediction_fault(text: Any) -> str:
    """Why a row's shares of predicted classes can't be read, in words; empty where they can."""
    try:
        shares = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        shares = None
    if not isinstance(shares, dict):
        return f"is {str(text)[:40]!r}, expected JSON of names and figures"
    for class_name, value in shares.items():
        low, high = (-math.inf, math.inf) if OUTPUT.fullmatch(class_name) else (0.0, 1.0)
        if reason := fault(value, low, high, may_be_nan=True):
            return f"of {class_name[:40]!r} {reason}"
    return ""


def name(key: str) -> str:
    """Name of a figure's column without the monitor that selected its weights."""
    return key.partition("@")[0]


@lru_cache(maxsize=4096)
def limits(key: str, metric: Any) -> tuple[float, float] | None:
    """Smallest and largest allowed value of a column.

    Args:
        key: Name of the column.
        metric: Name of the row's metric.

    Returns:
        The two limits; None for a column that is no figure or whose range is not known.
    """
    figure_name = name(key)
    if figure_name.startswith(SCORES) and not key.endswith("_risk") and figure_name not in OTHER:
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
    """A copy of a row; a finished one with impossible figures is ``faulty`` and names them."""
    reasons = [fault for _, fault in faults(row)] if row.get(STATUS) == OK else []
    return {**row, STATUS: FAULTY, ERROR: LEFT_OUT + "; ".join(reasons)} if reasons else dict(row)
