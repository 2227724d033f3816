"""What a row of results must hold, with its type: the index names one that no run of ours wrote."""

from collections.abc import Mapping
from typing import Any

NUMBER = (int, float)
NEEDED = {"benchmark": str, "method": str, "source": str, "target": str, "seed": int, "status": str}
KINDS: Mapping[str, type | tuple[type, ...]] = {
    "identity": str, "variant": str, "metric": str, "diagnosis": str, "error": str,
    "settings": dict, "hyperparameters": dict, "diagnoses": list, "higher_is_better": bool,
    "wall_s": NUMBER, "cpu_s": NUMBER,
}  # fmt: skip
"""Of what a row may lack, or have as null; what else has a slash in its name is a number."""


def fault_of(row: Mapping[str, Any]) -> str | None:
    """What keeps a row from being shown, if anything does."""
    for key, kind in NEEDED.items():
        if not isinstance(row.get(key), kind):
            return f"result.json has {key}: {row.get(key)!r}; a run writes {kind.__name__}"[:200]
    for key, value in row.items():
        expected = KINDS.get(key, NUMBER if "/" in key else object)
        if value is not None and not isinstance(value, expected):
            return f"result.json has {key}: {value!r}; a run writes no {type(value).__name__}"[:200]
    if not all(isinstance(finding, dict) for finding in row.get("diagnoses") or ()):
        return f"result.json has diagnoses: {row['diagnoses']!r}; a run writes mappings"[:200]
    return None
