"""What runs were diagnosed with, in words: for tables, the terminal and one run's account."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .row import CURRENT, DIAGNOSES, DIAGNOSIS, NAME


def diagnosed(table: pd.DataFrame) -> str:
    """How many runs of each method got a warning, and which, in a sentence; empty where none did.

    Args:
        table: Of :func:`da_bench.results.table.frame`; notes are no matter of it.
    """
    if DIAGNOSIS not in table:
        return ""
    seen = table[table[CURRENT]]
    named = seen[DIAGNOSIS].fillna("").astype(str)
    said = []
    for name, own in seen[named != ""].groupby(NAME, sort=False):
        counts = Counter(own[DIAGNOSIS].astype(str)).most_common()
        which = ", ".join(f"{what} {count}" for what, count in counts)
        said.append(f"{name} {len(own)} of {(seen[NAME] == name).sum()} ({which})")
    return f"Diagnosed runs: {'; '.join(said)}; da-bench runs show tells of each." if said else ""


def account(row: Mapping[str, Any]) -> list[str]:
    """One line for each diagnosis of a run, the first found first; one that says so if none."""
    if row.get(DIAGNOSES) is None:
        return ["not watched (health: false, or a run of an older da-bench)"]
    return [
        "{name} ({level}, step {step}): {evidence}; {remedy}".format(
            **{key: f.get(key, "?") for key in ("name", "level", "step", "evidence", "remedy")}
        )
        for f in findings(row)
    ] or ["nothing was found"]


def findings(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The diagnoses of a run, as far as its row holds any that can be read."""
    found = row.get(DIAGNOSES)
    return [f for f in found if isinstance(f, Mapping)] if isinstance(found, list) else []


def inconsistent(row: Mapping[str, Any]) -> str:
    """What is wrong with a row's account of its health; empty where nothing is."""
    named, found = row.get(DIAGNOSIS), row.get(DIAGNOSES)
    if named is None and found is None:
        return ""  # not watched
    if not isinstance(found, list | None) or len(findings(row)) != len(found or []):
        return "its diagnoses can't be read"
    warnings = [f.get("name") for f in findings(row) if f.get("level") == "warning"]
    if bool(named) != bool(warnings) or (named and named not in warnings):
        return f"diagnosis {named!r} is none of its warnings {warnings}"
    return ""
