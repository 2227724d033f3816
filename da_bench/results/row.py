"""What a row of results must hold, with its type: the index names one that no run of ours wrote."""

from collections.abc import Mapping
from typing import Any

TWIN = "source_only"
"""The baseline that every gain is taken over."""


def is_twin(name: object) -> bool:
    """Whether a name in a table is the baseline's, in whatever variant."""
    return str(name).partition("[")[0] == TWIN


NUMBER = (int, float)
NEEDED = {"benchmark": str, "method": str, "source": str, "target": str, "seed": int, "status": str}
STATUSES = ("ok", "failed")
"""That a run writes; others are what tables make of these."""
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "identity": str, "variant": str, "metric": str, "diagnosis": str, "error": str,
    "settings": dict, "hyperparameters": dict, "diagnoses": list, "higher_is_better": bool,
    "wall_s": NUMBER, "cpu_s": NUMBER, "gpu_s": NUMBER, "peak_memory_mb": NUMBER,
    "labels": (int, str), "epochs": NUMBER, "max_epochs": NUMBER, "selection": str,
    "target_test": str, "target_unscored": str, "predicted": str, "a_distance": NUMBER,
    "device": str,
}  # fmt: skip
"""Of what a row may lack, or have as null; what else has a slash in its name is a number."""


def fault_of(row: Mapping[str, Any]) -> str | None:
    """What keeps a row from being shown, if anything does."""
    for key, kind in NEEDED.items():
        if not is_kind(row.get(key), kind):
            return f"has {key}: {row.get(key)!r}; a run writes {kind.__name__}"[:200]
    if row["status"] not in STATUSES:
        return f"has status: {row['status']!r}; a run writes {' or '.join(STATUSES)}"[:200]
    for key, value in row.items():
        expected = KINDS.get(key, NUMBER if "/" in key else object)
        if value is not None and not is_kind(value, expected):
            return f"has {key}: {value!r}; a run writes no {type(value).__name__}"[:200]
    if not all(isinstance(finding, dict) for finding in row.get("diagnoses") or ()):
        return f"has diagnoses: {row['diagnoses']!r}; a run writes mappings"[:200]
    return None


def is_kind(value: Any, kind: type | tuple[type, ...]) -> bool:
    """Whether a value is of a type; to Python, ``true`` would be a number."""
    return isinstance(value, kind) and (kind in (bool, object) or not isinstance(value, bool))
