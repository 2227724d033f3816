"""A comparison: methods x tasks x seeds are run, with progress bars, and printed as a table."""

import math
import sys
from collections.abc import Collection, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from da_bench.io.files import write_whole
from da_bench.results.renderers.rounding import count, readable
from da_bench.results.row import (
    CURRENT,
    DIAGNOSIS,
    ERROR,
    FOLDER,
    IDENTITY,
    NOT_RUN,
    OK,
    SETTINGS,
    STATUS,
    TWIN,
    VAL_SOURCE,
    VARIANT,
    WALL_S,
)
from da_bench.results.store import check_writable, read_results

from .files_at_hand import fetch_missing
from .other_code import Policy, RowsOfOtherCode, check
from .plan import Job, jobs, plans

if TYPE_CHECKING:
    from da_bench.results.benchmark import Benchmark

EngineChoice = tuple[str, dict[str, Any]]
"""An engine's name and its options."""
LOCAL: EngineChoice = ("local", {})


def compare(
    benchmarks: Sequence[str],
    methods: Sequence[str],
    tasks: Sequence[str] | None,
    seeds: int,
    workers: int,
    out: Path,
    labels: Sequence[int | str] = (),
    overrides: dict[str, Any] | None = None,
    engine: EngineChoice = LOCAL,
    other_code: Policy = "stop",
) -> int:
    """Runs what is missing, then writes ``table.md`` and ``results.csv`` and prints the table.

    Args:
        benchmarks: Names of benchmarks, as the catalogue of data has them.
        methods: Names of methods; the source-only baseline is added where it is missing.
        tasks: Tasks as ``SOURCE:TARGET``; all of each benchmark where None.
        seeds: Number of seeds, from 0 up.
        workers: Runs at the same time.
        out: Folder of the results.
        labels: Numbers of labelled target samples of each class, or ``all``; a run for each.
        overrides: Parts of the configuration that replace those of every run.
        engine: What carries the runs out: an engine's name and its options.
        other_code: What becomes of rows that other code finished with the same settings.

    Returns:
        Exit status: 0, or 1 where a run failed.

    Raises:
        UnknownName: A name that does not exist.
        ValueError: Penalties for every method, the twin included.
        StoreError: ``out`` can't be written, or holds rows of an unknown schema.
        OtherCode: ``other_code`` is ``stop``, and runs were finished by other code.
    """
    console = Console()
    methods = list(dict.fromkeys([*([] if TWIN in methods else [TWIN]), *methods]))
    if "penalties" in (overrides or {}).get("model", {}).get("init_args", {}):
        raise ValueError(
            "penalties of every method would be the source-only twin's too, from which gains are "
            "measured: write a file of four lines, about, 'based_on: METHOD' and the penalties, "
            "as experiments/methods/dann_mcc.yaml does, and name it among the methods"
        )
    run_plans = plans(benchmarks, methods, tasks, seeds, labels)
    check_writable(out)
    stored = RowsOfOtherCode(out, read_results(out))
    grid = jobs(run_plans, overrides, accepted=stored if other_code == "accept" else None)
    check(grid, stored, other_code)
    finish(grid, out, workers, console, engine)
    return conclude(grid, methods, out, console)


def finish(
    grid: Sequence[Job], out: Path, workers: int, console: Console, engine: EngineChoice = LOCAL
) -> None:
    """Runs the jobs of ``grid`` that have no finished row in ``out`` yet."""
    finished_identities = {row[IDENTITY] for row in read_results(out) if row.get(STATUS) == OK}
    open_jobs = [job for job in grid if job.identity not in finished_identities]
    console.print(
        f"{count(len(grid), 'run')}, {len(grid) - len(open_jobs)} finished already; "
        f"results in {escape(str(out))}"
    )
    if open_jobs:
        carry_out(open_jobs, out, workers, finished_identities, console, engine)


def carry_out(
    open_jobs: Sequence[Job],
    out: Path,
    workers: int,
    finished_identities: set[str],
    console: Console,
    engine: EngineChoice = LOCAL,
) -> None:
    """Runs jobs, with one progress bar for all of them and one for each that is running.

    Raises:
        ConnectionError, FileNotFoundError: Published files are not here, before any run begins.
    """
    from . import engines

    name, options = engine
    if name == LOCAL[0]:  # other engines may keep data where the runs are
        fetch_missing(open_jobs, lambda line: console.print(escape(line), highlight=False))
    run_jobs = engines.get(name, **options)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        closing(run_jobs(open_jobs, out, workers, finished_identities)) as messages,  # type: ignore[type-var]
        Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True
        ) as bars,
    ):
        total_bar = bars.add_task("all runs", total=len(open_jobs))
        bar_of: dict[str, Any] = {}
        finished_count = 0
        for kind, job, value in messages:
            plan = job.plan
            details = ", ".join(
                [readable(plan.variant)] * bool(plan.variant)
                + [f"{plan.labels} labels"] * bool(plan.labels)
            )
            label = (
                f"{plan.method} {plan.source}:{plan.target} seed {plan.seed}"
                + f" ({details})" * bool(details)
            )
            if kind == "start":
                if job.identity in bar_of:  # begun again, after its worker was lost
                    bars.remove_task(bar_of[job.identity])
                bar_of[job.identity] = bars.add_task(escape(label), total=100)
            elif kind == "progress":
                bars.update(bar_of[job.identity], completed=int(100 * value))
            else:
                finished_count += 1
                if job.identity in bar_of:
                    bars.remove_task(bar_of.pop(job.identity))
                bars.advance(total_bar)
                outcome = (
                    f"{validation(value)}{value[WALL_S]:.1f} s{sample_size(value)}"
                    if value[STATUS] == OK
                    else f"[red]failed[/]: {escape(str(value[ERROR]))}"
                )
                diagnosis = f"  [yellow]{value[DIAGNOSIS]}[/]" if value.get(DIAGNOSIS) else ""
                console.print(
                    f"[dim]{finished_count}/{len(open_jobs)}[/] {escape(label)}  "
                    f"{outcome}{diagnosis}",
                    highlight=False,
                    soft_wrap=not console.is_terminal,  # one line of a log is one run
                )
                sys.stdout.flush()


def validation(row: dict[str, Any]) -> str:
    """A run's score on the source's validation part as text; empty where its data has none."""
    score = row.get(VAL_SOURCE)
    if score is None:
        return ""
    return f"val/source {'undefined' if math.isnan(score) else f'{score:.3f}'}  "


def sample_size(row: dict[str, Any]) -> str:
    """The effective sample size of a run that weighs samples, as text; else empty."""
    size = row.get("health/effective_sample_size")
    return "" if size is None else f"  effective sample size {size:.0f}"


def conclude(
    grid: Sequence[Job],
    methods: Sequence[str],
    out: Path,
    console: Console,
    searched_identities: Collection[str] = (),
) -> int:
    """Writes and prints the tables of finished runs, and lists those that failed.

    Args:
        grid: Runs that the tables are about.
        methods: Methods in the order of the tables' columns.
        out: Folder of the results.
        console: Where to print.
        searched_identities: Identities of runs whose settings a search chose, task by task: in
            the table they stand under their method's name alone.

    Returns:
        Exit status: 0, or 1 where a run of ``grid`` did not finish.
    """
    from da_bench.results import table
    from da_bench.results.benchmark import benchmarks, failures
    from da_bench.results.renderers.document import failed_text, section, unlabelled_section

    place_of = {job.identity: place for place, job in enumerate(grid)}  # rows in the order asked
    rows_of_folder = read_results(out)
    stored_identities = {row.get(IDENTITY) for row in rows_of_folder}
    rows_of_folder += [without_result(job) for job in grid if job.identity not in stored_identities]
    sorted_rows = sorted(
        rows_of_folder, key=lambda row: place_of.get(row.get(IDENTITY, ""), len(grid))
    )
    table.write_csv(table.frame(sorted_rows, set(place_of)), out / "results.csv")
    no_variant = {VARIANT: "", SETTINGS: {}}
    rows = table.frame(
        [
            row | no_variant if row.get(IDENTITY) in searched_identities else row
            for row in sorted_rows
        ],
        set(place_of),
    )
    sections = []
    for benchmark in benchmarks(rows[rows[CURRENT]], order=methods):
        sections += [
            f"{text}\n" for text in (unlabelled_section(benchmark), section(benchmark)) if text
        ]
        show_benchmark(benchmark, console)
    write_whole(out / "table.md", "\n".join(sections))
    for line in failed_text(failures(rows)).splitlines():
        console.print(escape(line), style="red", highlight=False)
    older_count = int((~rows[CURRENT]).sum())
    if older_count:
        console.print(
            f"{older_count} other rows in results.csv are not in this table "
            "(other methods, tasks or settings, or older code or data)"
        )
    console.print(
        f"Table: {escape(str(out / 'table.md'))}   rows: {escape(str(out / 'results.csv'))}"
    )
    return int((rows[CURRENT] & (rows[STATUS] != OK)).any())


def show_benchmark(benchmark: "Benchmark", console: Console) -> None:
    """Prints the tables of one benchmark; one too wide for the screen without each task's gain."""
    import pandas as pd

    from da_bench.results.benchmark import NONE
    from da_bench.results.cell import without_gains
    from da_bench.results.renderers.terminal import fits, show

    if len(benchmark.without_labels.runs):
        unlabelled = benchmark.without_labels
        sentences = [
            benchmark.unlabelled_words,
            unlabelled.missing_words,
            unlabelled.diagnosis_words,
        ]
        show(
            benchmark.unlabelled_cells,
            benchmark.unlabelled_title,
            " ".join(filter(None, sentences)),
            console,
        )
    benchmark = benchmark.with_labels
    if benchmark.runs.empty:
        return
    if benchmark.finished_runs.empty:
        console.print(f"{escape(benchmark.title)}: {NONE}", highlight=False)
        return
    cells, is_narrow = benchmark.cells, not fits(benchmark.cells, console.width)
    if is_narrow:  # the gains of each task are in table.md
        cells = pd.concat([without_gains(cells), benchmark.mean_gains])
    notes = " ".join(filter(None, [benchmark.missing_words, benchmark.diagnosis_words]))
    facts = benchmark.meaning.items(gains_below=is_narrow)
    show(cells, benchmark.title, notes, console, facts)


def without_result(job: Job) -> dict[str, Any]:
    """A row for a run that left none, such as one whose worker was killed."""
    return {
        IDENTITY: job.identity,
        **job.plan.columns,
        STATUS: NOT_RUN,
        ERROR: "no result: it was stopped, or never began",
        FOLDER: str(job.folder),
    }
