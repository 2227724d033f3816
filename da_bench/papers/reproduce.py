"""Published tables run and judged: what is missing is trained, then every cell is compared."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from da_bench.config.settings import tree
from da_bench.results.row import ERROR, IDENTITY, OK, STATUS
from da_bench.results.store import check_writable, read_results
from da_bench.runs.compare import LOCAL, EngineChoice, finish
from da_bench.runs.other_code import Policy, RowsOfOtherCode, check
from da_bench.runs.plan import Job, Plan, chain, jobs, plans

from . import side_by_side
from .judge import SCORE, JudgedCell, judge_column
from .published import Column, Paper, PaperTable

Grid = Mapping[str, Sequence[Sequence[Job]]]
"""Jobs of a column: for each row of the table, for each seed, one for each task."""


def reproduce(
    paper: Paper,
    tables: Sequence[PaperTable],
    seeds: int | None,
    workers: int,
    out: Path,
    engine: EngineChoice = LOCAL,
    other_code: Policy = "stop",
) -> int:
    """Runs what is missing, prints the tables and writes them below ``out``.

    Args:
        paper: The publication.
        tables: Tables of the paper, cut to the rows and columns to reproduce.
        seeds: Seeds of each cell, from 0; None is the table's own number, and fewer are not judged.
            Columns that state theirs, being deterministic, keep it.
        workers: Processes.
        out: Folder of the results.
        engine: Name and options of what carries out the runs.
        other_code: What becomes of rows that other code finished with the same settings.

    Returns:
        Exit status: 0 where every judged cell is inside its band; 1 where one is not, or a run
        failed.

    Raises:
        OtherCode: ``other_code`` is ``stop``, and runs were finished by other code.
    """
    console = Console()
    check_writable(out)
    stored = RowsOfOtherCode(out, read_results(out))
    accepted = stored if other_code == "accept" else None
    checksums: dict[str, str] = {}
    grids = {
        (table.number, column.name): grid_of(table, column, seeds, checksums, accepted)
        for table in tables
        for column in table.columns.values()
    }
    last_jobs = [job for g in grids.values() for s in g.values() for r in s for job in r]
    jobs_by_identity = {job.identity: job for last in last_jobs for job in chain(last)}
    check(list(jobs_by_identity.values()), stored, other_code)
    finish(list(jobs_by_identity.values()), out, workers, console, engine)
    rows = {row[IDENTITY]: row for row in read_results(out) if row[IDENTITY] in jobs_by_identity}
    n_wrong = 0
    for table in tables:
        judged: dict[str, list[JudgedCell]] = {}
        for column in table.columns.values():
            grid = grids[table.number, column.name]
            measurements = {
                name: [[with_measurement(job, column, rows.get(job.identity), out) for job in tasks]
                       for tasks in by_seed]
                for name, by_seed in grid.items()
            }  # fmt: skip
            judged[column.name] = judge_column(table, column, measurements)
        console.print(f"\n[bold]{escape(paper.reference)}, table {table.number}[/]: "
                      f"{escape(table.title)}", highlight=False)  # fmt: skip
        side_by_side.show(table, judged, console)
        paths = side_by_side.write(paper, table, judged, out)
        console.print(f"[dim]written: {', '.join(escape(str(path)) for path in paths)}[/]",
                      highlight=False)  # fmt: skip
        verdicts = [cell.verdict for cells in judged.values() for cell in cells]
        n_wrong += verdicts.count("outside") + verdicts.count("missing")
    for row in rows.values():
        if row[STATUS] != OK:
            console.print(f"[red]failed[/]: {escape(str(row['folder']))}: "
                          f"{escape(str(row[ERROR]))}")  # fmt: skip
    return 1 if n_wrong else 0


def grid_of(
    table: PaperTable,
    column: Column,
    seeds: int | None,
    checksums: dict[str, str],
    accepted: RowsOfOtherCode | None = None,
) -> Grid:
    """The jobs of a column: for each row that has a cell in it, and for each seed.

    A column without a published cell is ours alone and has every row. ``checksums`` and
    ``accepted`` are those of :func:`~da_bench.runs.plan.jobs`.
    """
    number = column.seeds or seeds or table.seeds
    planned: dict[str, list[Plan]] = {}
    for name, row in table.rows.items():
        if column.cells and name not in column.cells:
            continue
        benchmark = row.benchmark or column.benchmark
        assert benchmark is not None  # read() saw to it
        planned[name] = plans([benchmark], [column.method], row.tasks, number)
    ordered = [plan for row in planned.values() for plan in row]
    all_jobs = jobs(ordered, tree(column.settings.items()), checksums, accepted)
    job_of_plan = {job.plan: job for job in all_jobs}
    return {name: [[job_of_plan[p] for p in row if p.seed == seed] for seed in range(number)]
            for name, row in planned.items()}  # fmt: skip


def with_measurement(
    job: Job, column: Column, row: dict[str, Any] | None, out: Path
) -> dict[str, Any]:
    """A run's row with the number that is compared; an empty one where there is no row."""
    if row is None or row[STATUS] != OK:
        return row or {}
    if column.measure != "score":
        from .a_distance import distance_of_run

        return row | {"measured": distance_of_run(job, out, column.measure == "feature distance")}
    return row | {"measured": float(row[SCORE])}
