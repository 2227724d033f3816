"""Figures of a finished run that can't be: a share of 86.1, a score that is no number."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

SHARES = ("accuracy", "class_accuracy", "macro_f1", "average_precision")
"""Metrics in ``[0, 1]``."""
SCORE = "oracle/target"
FAULTY = "faulty"
"""Status of a finished run that no table counts, as a figure of it can't be."""
NOT_RUN = "not run"
"""Status of a run that was asked for and has no result."""
LEFT_OUT = "left out: "
"""How the error of such a run begins."""
SCORES = ("val/", "test/", "oracle/")
"""Beginnings of what is measured by the task's metric, unless it ends in ``_risk``."""
OTHER = ("oracle/joint_error",)
POSITIVE = ("_s", "_mb")
"""Ends of seconds and mebibytes."""


def faults(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Figures of a row that can't be, and why, in words; one that is not there is no fault.

    Scores of a validation may be NaN, where its data has no sample: they are undefined. The score
    on the target's test may not.
    """
    metric = row.get("metric")
    for key, value in row.items():
        expected = limits(str(key), metric)
        if value is None or expected is None:
            continue
        low, high = expected
        number = isinstance(value, int | float) and not isinstance(value, bool)
        undefined = number and math.isnan(value) and key.partition("@")[0] != SCORE and "/" in key
        if number and (undefined or (math.isfinite(value) and low <= value <= high)):
            continue
        said = "a share from 0 to 1" if high == 1 else "a finite number" + " from 0 up" * (low == 0)
        yield key, f"{key} is {str(value)[:40] if number else repr(value)[:40]}, expected {said}"


def limits(key: str, metric: Any) -> tuple[float, float] | None:
    """What a figure lies between; None for what is no figure, or of a range of its own."""
    name = key.partition("@")[0]
    if name.startswith(SCORES) and not key.endswith("_risk") and name not in OTHER:
        if metric in SHARES:
            return 0.0, 1.0
        return (0.0 if metric == "mse" else -math.inf), math.inf
    if key in ("epochs", "seed", "health/effective_sample_size") or (
        "/" not in key and key.endswith(POSITIVE)
    ):
        return 0.0, math.inf
    return None


def sound(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row; one that is finished and has such a figure is ``faulty``, and says which."""
    found = [fault for _, fault in faults(row)] if row.get("status") == "ok" else []
    return {**row, "status": FAULTY, "error": LEFT_OUT + "; ".join(found)} if found else dict(row)
