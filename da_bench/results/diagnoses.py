"""Diagnoses of runs in words, for tables, the terminal and one run's account."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import pandas as pd

from .row import CURRENT, DIAGNOSES, DIAGNOSIS, NAME


def diagnosis_words(table: pd.DataFrame) -> str:
    """Numbers of runs of each method with a warning, in a sentence; empty where there is none.

    Args:
        table: Lines of :func:`da_bench.results.table.frame`. Notes do not count.
    """
    if DIAGNOSIS not in table:
        return ""
    current_runs = table[table[CURRENT]]
    names = current_runs[DIAGNOSIS].fillna("").astype(str)
    parts = []
    for name, method_runs in current_runs[names != ""].groupby(NAME, sort=False):
        counts = Counter(method_runs[DIAGNOSIS].astype(str)).most_common()
        details = ", ".join(f"{diagnosis} {count}" for diagnosis, count in counts)
        parts.append(
            f"{name} {len(method_runs)} of {(current_runs[NAME] == name).sum()} ({details})"
        )
    return f"Diagnosed runs: {'; '.join(parts)}; da-bench runs show tells of each." if parts else ""


def account(row: Mapping[str, Any]) -> list[str]:
    """One line of text for each diagnosis of a run, in order of time; one that says so if none."""
    if row.get(DIAGNOSES) is None:
        return ["not watched (health: false, or a run of an older da-bench)"]
    return [
        "{name} ({level}, step {step}): {evidence}; {remedy}".format(
            **{
                key: finding.get(key, "?")
                for key in ("name", "level", "step", "evidence", "remedy")
            }
        )
        for finding in findings(row)
    ] or ["nothing was found"]


def findings(row: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The diagnoses of a run that can be read from its row."""
    diagnoses = row.get(DIAGNOSES)
    return (
        [finding for finding in diagnoses if isinstance(finding, Mapping)]
        if isinstance(diagnoses, list)
        else []
    )


def inconsistent(row: Mapping[str, Any]) -> str:
    """How a row's diagnoses contradict themselves, in words; empty where they don't."""
    diagnosis, diagnoses = row.get(DIAGNOSIS), row.get(DIAGNOSES)
    if diagnosis is None and diagnoses is None:
        return ""  # not watched
    if not isinstance(diagnoses, list | None) or len(findings(row)) != len(diagnoses or []):
        return "its diagnoses can't be read"
    warnings = [
        finding.get("name") for finding in findings(row) if finding.get("level") == "warning"
    ]
    if bool(diagnosis) != bool(warnings) or (diagnosis and diagnosis not in warnings):
        return f"diagnosis {diagnosis!r} is none of its warnings {warnings}"
    return ""
