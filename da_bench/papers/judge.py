"""Our runs beside published cells: means, spreads, differences, and whether they are inside."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from da_bench.results.other_code import made_by_other_code
from da_bench.results.row import OK, SCORE, SELECTION, STATUS, VAL_SOURCE

from .published import SELECTIONS, Column, PaperTable, Published

MEAN = "mean"


@dataclass(frozen=True)
class JudgedCell:
    """One published cell beside the result of our runs.

    Attributes:
        row: Name of the line, or ``mean``.
        ours: Mean over seeds, in the table's unit; None where runs are missing.
        spread: Standard deviation over seeds; None for one seed.
        seeds: How many.
        published: The printed number, where there is one.
        verdict: ``inside`` or ``outside`` the band; ``not judged`` where the number is from memory,
            the comparison is refused or seeds lack; ``missing`` where a run is.
        selections: Ours by each way of choosing that the runs carry.
        other_code: How many of its runs were made by other code than what is installed now.
        why: Why a cell that would be judged is not, such as ``1 of 5 seeds``.
    """

    row: str
    ours: float | None
    spread: float | None
    seeds: int
    published: Published | None
    verdict: str
    selections: Mapping[str, float]
    why: str = ""
    other_code: int = 0

    @property
    def difference(self) -> float | None:
        """Our mean minus the published number; None where one is missing."""
        return None if None in (self.ours, self.published) else self.ours - self.published.value  # type: ignore[operator,union-attr]


def scores_by_selection(row: Mapping[str, Any], selection: str | None = None) -> dict[str, float]:
    """A run's target scores by how its weights were chosen.

    ``oracle/target`` belongs to the run's own selection, or to ``selection`` where its settings
    were chosen otherwise; ``oracle/target@MONITOR`` to that monitor.
    """
    scores = {selection or selection_of(str(row.get(SELECTION, "last"))): float(row[SCORE])}
    for key, value in row.items():
        name, separator, monitor = key.partition("@")
        if separator and name == SCORE and not monitor.endswith("_risk"):
            scores.setdefault(selection_of(monitor), float(value))
    return scores


def selection_of(monitor: str) -> str:
    """Which of ``SELECTIONS`` a monitor belongs to, such as ``val/source`` to the source's."""
    last, source, validator, oracle = SELECTIONS
    if monitor == "last":
        return last
    start = monitor.partition("/")[0]
    return {"oracle": oracle}.get(start, source if monitor.startswith(VAL_SOURCE) else validator)


def judge_column(
    table: PaperTable, column: Column, runs: Mapping[str, Sequence[Sequence[Mapping[str, Any]]]]
) -> list[JudgedCell]:
    """All cells of a column, and their mean.

    Args:
        table: The table that the column belongs to.
        column: The published column.
        runs: For each row of the table, for each seed the stored rows of its tasks, each with
            ``measured``, the number that is compared. A seed with a missing or failed run is None.
    """
    n_seeds = column.seeds or table.seeds
    scale = 100.0 if table.percent and column.measure == "score" else 1.0
    cells, seeds_of = [], {}
    for name, seeds in runs.items():
        complete_seeds = [s for s in seeds if s and all(r.get(STATUS) == OK for r in s)]
        published = column.cells.get(name)
        if not seeds or len(complete_seeds) < len(seeds):
            cells.append(
                JudgedCell(name, None, None, len(complete_seeds), published, "missing", {})
            )
            continue
        means = [scale * statistics.fmean(r["measured"] for r in s) for s in complete_seeds]
        seeds_of[name] = means
        scores: dict[str, list[float]] = {}
        if column.measure == "score":
            for run_scores in (
                scores_by_selection(r, column.chosen_by) for s in complete_seeds for r in s
            ):
                for key, value in run_scores.items():
                    scores.setdefault(key, []).append(scale * value)
        complete = {k: statistics.fmean(v) for k, v in scores.items()
                    if len(v) == sum(map(len, complete_seeds))}  # fmt: skip
        cell = judge_cell(name, means, n_seeds, published, column, complete)
        number = sum(made_by_other_code(r) for s in complete_seeds for r in s)
        cells.append(replace(cell, other_code=number))
    if (column.mean is not None or not column.cells) and len(runs) > 1:
        cells.append(judge_mean(cells, seeds_of, n_seeds, column))
    return cells


def judge_cell(
    name: str,
    means: Sequence[float],
    n_seeds: int,
    published: Published | None,
    column: Column,
    selections: Mapping[str, float],
) -> JudgedCell:
    """A cell, from its value for each seed; judged only where there are ``n_seeds`` of them."""
    ours = statistics.fmean(means)
    spread = statistics.stdev(means) if len(means) > 1 else None
    verdict, reason = "not judged", ""
    if not published or not published.judged or column.unjudged:
        pass
    elif len(means) < n_seeds:
        reason = f"{len(means)} of {n_seeds} seeds"
    else:
        # A hair of room: the band ends at a printed digit, and ours is no rounded number.
        is_inside = abs(ours - published.value) <= published.band + 1e-9
        verdict = "inside" if is_inside else "outside"
    return JudgedCell(name, ours, spread, len(means), published, verdict, selections, reason)


def judge_mean(
    cells: Sequence[JudgedCell],
    seeds_of: Mapping[str, Sequence[float]],
    n_seeds: int,
    column: Column,
) -> JudgedCell:
    """The mean over rows: of all of them beside the printed mean, of fewer judged by nobody.

    The published mean of some rows is that of their published cells.
    """
    if any(cell.ours is None for cell in cells):
        return JudgedCell(MEAN, None, None, 0, column.mean, "missing", {})
    has_all_rows = column.mean is not None and {c.row for c in cells} >= column.cells.keys()
    published = column.mean
    if not has_all_rows:
        published_values = [c.published.value for c in cells if c.published]
        all_published = len(published_values) == len(cells)
        published = (
            Published(statistics.fmean(published_values), "cells", math.inf)
            if all_published
            else None
        )
    means = [statistics.fmean(of_seed) for of_seed in zip(*seeds_of.values(), strict=True)]
    shared = set.intersection(*(set(c.selections) for c in cells))
    selections = {
        k: statistics.fmean(c.selections[k] for c in cells) for k in SELECTIONS if k in shared
    }
    cell = judge_cell(MEAN, means, n_seeds, published, column, selections)
    return replace(cell, other_code=sum(c.other_code for c in cells))


def tally(cells: Iterable[JudgedCell]) -> dict[str, int]:
    """How many cells have each verdict."""
    counts = dict.fromkeys(("inside", "outside", "not judged", "missing"), 0)
    for cell in cells:
        counts[cell.verdict] += 1
    return counts
