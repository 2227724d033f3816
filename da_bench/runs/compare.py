"""The main job: methods x tasks x seeds, shown while it runs and as a table when it ends."""

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

from .other_code import Policy, RowsOfOtherCode, check
from .plan import Job, jobs, plans

if TYPE_CHECKING:
    from da_bench.results.benchmark import Benchmark

Chosen = tuple[str, dict[str, Any]]
"""An engine's name and its options."""
LOCAL: Chosen = ("local", {})


def compare(
    benchmarks: Sequence[str],
    methods: Sequence[str],
    tasks: Sequence[str] | None,
    seeds: int,
    workers: int,
    out: Path,
    labels: Sequence[int | str] = (),
    overrides: dict[str, Any] | None = None,
    engine: Chosen = LOCAL,
    other_code: Policy = "stop",
) -> int:
    """Runs what is missing, then writes ``table.md`` and ``results.csv`` and prints the table.

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
    wanted = plans(benchmarks, methods, tasks, seeds, labels)
    check_writable(out)
    stored = RowsOfOtherCode(out, read_results(out))
    grid = jobs(wanted, overrides, accepted=stored if other_code == "accept" else None)
    check(grid, stored, other_code)
    finish(grid, out, workers, console, engine)
    return conclude(grid, methods, out, console)


def finish(
    grid: Sequence[Job], out: Path, workers: int, console: Console, engine: Chosen = LOCAL
) -> None:
    """Runs those jobs whose rows are missing."""
    done = {row[IDENTITY] for row in read_results(out) if row.get(STATUS) == OK}
    todo = [job for job in grid if job.identity not in done]
    console.print(
        f"{count(len(grid), 'run')}, {len(grid) - len(todo)} finished already; "
        f"results in {escape(str(out))}"
    )
    if todo:
        carry_out(todo, out, workers, done, console, engine)


def carry_out(
    todo: Sequence[Job],
    out: Path,
    workers: int,
    done: set[str],
    console: Console,
    engine: Chosen = LOCAL,
) -> None:
    """Runs the jobs, with a bar for the whole and one for each run on its way."""
    from . import engines

    name, options = engine
    run_jobs = engines.get(name, **options)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with (
        closing(run_jobs(todo, out, workers, done)) as messages,  # type: ignore[type-var]
        Progress(
            *columns, console=console, disable=not console.is_terminal, transient=True
        ) as bars,
    ):
        whole = bars.add_task("all runs", total=len(todo))
        own: dict[str, Any] = {}
        finished = 0
        for kind, job, value in messages:
            p = job.plan
            about = ", ".join(
                [readable(p.variant)] * bool(p.variant) + [f"{p.labels} labels"] * bool(p.labels)
            )
            label = f"{p.method} {p.source}:{p.target} seed {p.seed}" + f" ({about})" * bool(about)
            if kind == "start":
                if job.identity in own:  # begun again, after its worker was lost
                    bars.remove_task(own[job.identity])
                own[job.identity] = bars.add_task(escape(label), total=100)
            elif kind == "progress":
                bars.update(own[job.identity], completed=int(100 * value))
            else:
                finished += 1
                if job.identity in own:
                    bars.remove_task(own.pop(job.identity))
                bars.advance(whole)
                said = (
                    f"{validation(value)}{value[WALL_S]:.1f} s{sample_size(value)}"
                    if value[STATUS] == OK
                    else f"[red]failed[/]: {escape(str(value[ERROR]))}"
                )
                named = f"  [yellow]{value[DIAGNOSIS]}[/]" if value.get(DIAGNOSIS) else ""
                console.print(
                    f"[dim]{finished}/{len(todo)}[/] {escape(label)}  {said}{named}",
                    highlight=False,
                )
                sys.stdout.flush()


def validation(row: dict[str, Any]) -> str:
    """A run's score on the source's validation part; empty where its data has none."""
    score = row.get(VAL_SOURCE)
    if score is None:
        return ""
    return f"val/source {'undefined' if math.isnan(score) else f'{score:.3f}'}  "


def sample_size(row: dict[str, Any]) -> str:
    """The effective sample size of a reweighted run, where it has one."""
    size = row.get("health/effective_sample_size")
    return "" if size is None else f"  effective sample size {size:.0f}"


def conclude(
    grid: Sequence[Job],
    methods: Sequence[str],
    out: Path,
    console: Console,
    searched: Collection[str] = (),
) -> int:
    """Writes and prints what the finished runs say.

    Args:
        grid: The runs to tell of.
        methods: Their order.
        out: Folder of the results.
        console: Where to print.
        searched: Identities of runs whose settings a search chose, task by task: in the table they
            stand under their method's name alone.
    """
    from da_bench.results import table
    from da_bench.results.benchmark import benchmarks, failures
    from da_bench.results.renderers.document import bare_section, failed_text, section

    current = {job.identity: place for place, job in enumerate(grid)}  # rows in the order asked
    there = read_results(out)
    known = {row.get(IDENTITY) for row in there}
    there += [without_result(job) for job in grid if job.identity not in known]
    stored = sorted(there, key=lambda r: current.get(r.get(IDENTITY, ""), len(grid)))
    table.write_csv(table.frame(stored, set(current)), out / "results.csv")
    plain = {VARIANT: "", SETTINGS: {}}
    rows = table.frame(
        [row | plain if row.get(IDENTITY) in searched else row for row in stored],
        set(current),
    )
    sections = []
    for one in benchmarks(rows[rows[CURRENT]], order=methods):
        sections += [f"{text}\n" for text in (bare_section(one), section(one)) if text]
        show_benchmark(one, console)
    write_whole(out / "table.md", "\n".join(sections))
    for line in failed_text(failures(rows)).splitlines():
        console.print(escape(line), style="red", highlight=False)
    older = int((~rows[CURRENT]).sum())
    if older:
        console.print(
            f"{older} other rows in results.csv are not in this table "
            "(other methods, tasks or settings, or older code or data)"
        )
    console.print(
        f"Table: {escape(str(out / 'table.md'))}   rows: {escape(str(out / 'results.csv'))}"
    )
    return int((rows[CURRENT] & (rows[STATUS] != OK)).any())


def show_benchmark(one: "Benchmark", console: Console) -> None:
    """Prints the tables of one benchmark; where one is too wide, without each task's gain."""
    import pandas as pd

    from da_bench.results.benchmark import NONE
    from da_bench.results.cell import without_gains
    from da_bench.results.renderers.terminal import fits, show

    if len(one.bare):
        bare = one.without_labels
        words = [one.bare_words, bare.lacking, bare.diagnosed]
        show(one.bare_cells, one.bare_title, " ".join(filter(None, words)), console)
    one = one.with_labels
    if one.runs.empty:
        return
    if one.good.empty:
        console.print(f"{escape(one.title)}: {NONE}", highlight=False)
        return
    cells, narrow = one.cells, not fits(one.cells, console.width)
    if narrow:  # the gains of each task are in table.md
        cells = pd.concat([without_gains(cells), one.mean_gains])
    words = [one.meaning.sentences(gains_below=narrow), one.lacking, one.diagnosed]
    show(cells, one.title, " ".join(filter(None, words)), console)


def without_result(job: Job) -> dict[str, Any]:
    """A row for a run that was asked for and left none, such as one whose worker was killed."""
    return {
        IDENTITY: job.identity,
        **job.plan.columns,
        STATUS: NOT_RUN,
        ERROR: "no result: it was stopped, or never began",
        FOLDER: str(job.folder),
    }
