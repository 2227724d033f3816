"""Our runs beside published cells: means, spreads, differences, and whether they are inside."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .published import SELECTIONS, Column, PaperTable, Published

SCORE = "oracle/target"
"""The target's test score: an oracle's to know, ours to report, nobody's to choose by."""
MEAN = "mean"


@dataclass(frozen=True)
class Judged:
    """One published cell and ours.

    Attributes:
        row: Name of the line, or ``mean``.
        ours: Mean over seeds, in the table's unit; None where runs are missing.
        spread: Standard deviation over seeds; None for one seed.
        seeds: How many.
        published: The printed number, where there is one.
        verdict: ``inside`` or ``outside`` the band; ``not judged`` where the number is from memory,
            the comparison is refused or seeds lack; ``missing`` where a run is.
        selections: Ours by each way of choosing that the runs carry.
        why: Of a cell that would be judged and is not: ``1 of 5 seeds``.
    """

    row: str
    ours: float | None
    spread: float | None
    seeds: int
    published: Published | None
    verdict: str
    selections: Mapping[str, float]
    why: str = ""

    @property
    def difference(self) -> float | None:
        """Ours minus theirs."""
        return None if None in (self.ours, self.published) else self.ours - self.published.value  # type: ignore[operator,union-attr]


def by_selection(row: Mapping[str, Any], chosen_by: str | None = None) -> dict[str, float]:
    """A run's target scores by how its weights were chosen.

    ``oracle/target`` belongs to the run's own selection, or to ``chosen_by`` where its settings
    were chosen otherwise; ``oracle/target@MONITOR`` to that monitor.
    """
    found = {chosen_by or selection_of(str(row.get("selection", "last"))): float(row[SCORE])}
    for key, value in row.items():
        name, at, monitor = key.partition("@")
        if at and name == SCORE and not monitor.endswith("_risk"):
            found.setdefault(selection_of(monitor), float(value))
    return found


def selection_of(monitor: str) -> str:
    """Which of the four a monitor is: ``last`` itself, the source's, the target's or another."""
    last, source, validator, oracle = SELECTIONS
    if monitor == "last":
        return last
    start = monitor.partition("/")[0]
    return {"oracle": oracle}.get(start, source if monitor.startswith("val/source") else validator)


def column_of(
    table: PaperTable, column: Column, runs: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]
) -> list[Judged]:
    """All cells of a column, and their mean.

    Args:
        table: Where it stands.
        column: What was published.
        runs: For each row that is wanted, for each seed the store's rows of its tasks, each with
            ``measured``, the number that is compared. A seed with a missing or failed run is None.
    """
    asked = column.seeds or table.seeds
    scale = 100.0 if table.percent and column.measure == "score" else 1.0
    found, seeds_of = [], {}
    for name, seeds in runs.items():
        whole = [s for s in seeds if s and all(r.get("status") == "ok" for r in s)]
        published = column.cells.get(name)
        if not seeds or len(whole) < len(seeds):
            found.append(Judged(name, None, None, len(whole), published, "missing", {}))
            continue
        means = [scale * statistics.fmean(r["measured"] for r in s) for s in whole]
        seeds_of[name] = means
        chosen: dict[str, list[float]] = {}
        if column.measure == "score":
            for each in (by_selection(r, column.chosen_by) for s in whole for r in s):
                for key, value in each.items():
                    chosen.setdefault(key, []).append(scale * value)
        complete = {k: statistics.fmean(v) for k, v in chosen.items()
                    if len(v) == sum(map(len, whole))}  # fmt: skip
        found.append(judged(name, means, asked, published, column, complete))
    if (column.mean is not None or not column.cells) and len(runs) > 1:
        found.append(mean_of(found, seeds_of, asked, column))
    return found


def judged(
    name: str,
    means: Sequence[float],
    asked: int,
    published: Published | None,
    column: Column,
    selections: Mapping[str, float],
) -> Judged:
    """A cell, from its value for each seed; judged where these are as many as ``asked`` for."""
    ours = statistics.fmean(means)
    spread = statistics.stdev(means) if len(means) > 1 else None
    verdict, why = "not judged", ""
    if not published or not published.judged or column.unjudged:
        pass
    elif len(means) < asked:
        why = f"{len(means)} of {asked} seeds"
    else:
        # A hair of room: the band ends at a printed digit, and ours is no rounded number.
        near = abs(ours - published.value) <= published.band + 1e-9
        verdict = "inside" if near else "outside"
    return Judged(name, ours, spread, len(means), published, verdict, selections, why)


def mean_of(
    cells: Sequence[Judged],
    seeds_of: Mapping[str, Sequence[float]],
    asked: int,
    column: Column,
) -> Judged:
    """The mean over rows: of all of them beside the printed mean, of fewer judged by nobody.

    The published mean of some rows is that of their published cells.
    """
    if any(cell.ours is None for cell in cells):
        return Judged(MEAN, None, None, 0, column.mean, "missing", {})
    whole = column.mean is not None and {c.row for c in cells} >= column.cells.keys()
    published = column.mean
    if not whole:
        known = [c.published.value for c in cells if c.published]
        some = len(known) == len(cells)
        published = Published(statistics.fmean(known), "cells", math.inf) if some else None
    means = [statistics.fmean(of_seed) for of_seed in zip(*seeds_of.values(), strict=True)]
    shared = set.intersection(*(set(c.selections) for c in cells))
    chosen = {
        k: statistics.fmean(c.selections[k] for c in cells) for k in SELECTIONS if k in shared
    }
    return judged(MEAN, means, asked, published, column, chosen)


def tally(cells: Iterable[Judged]) -> dict[str, int]:
    """How many cells have each verdict."""
    found = dict.fromkeys(("inside", "outside", "not judged", "missing"), 0)
    for cell in cells:
        found[cell.verdict] += 1
    return found
