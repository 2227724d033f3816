"""The main job: methods x tasks x seeds, shown while it runs and as a table when it ends."""

import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

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
from rich.table import Table

from da_bench import experiments

from .grid import TWIN, Job, jobs, plans
from .store import check_writable, read_results

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
) -> int:
    """Runs what is missing, then writes ``table.md`` and ``results.csv`` and prints the table.

    Returns:
        Exit status: 0, or 1 where a run failed.

    Raises:
        UnknownName: A name that does not exist.
        StoreError: ``out`` can't be written, or holds rows of an unknown schema.
    """
    console = Console()
    methods = list(dict.fromkeys([*([] if TWIN in methods else [TWIN]), *methods]))
    wanted = plans(benchmarks, methods, tasks, seeds, labels)
    check_writable(out)
    read_results(out)
    grid = jobs(wanted, overrides)
    finish(grid, out, workers, console, engine)
    return conclude(grid, methods, out, console)


def finish(
    grid: Sequence[Job], out: Path, workers: int, console: Console, engine: Chosen = LOCAL
) -> None:
    """Runs those jobs whose rows are missing."""
    done = {row["identity"] for row in read_results(out) if row.get("status") == "ok"}
    todo = [job for job in grid if job.identity not in done]
    console.print(
        f"{len(grid)} runs, {len(grid) - len(todo)} finished already; results in {escape(str(out))}"
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
    with Progress(
        *columns, console=console, disable=not console.is_terminal, transient=True
    ) as bars:
        whole = bars.add_task("all runs", total=len(todo))
        own: dict[str, Any] = {}
        finished = 0
        for kind, job, value in run_jobs(todo, out, workers, done):
            p = job.plan
            about = ", ".join(
                [p.variant] * bool(p.variant) + [f"{p.labels} labels"] * bool(p.labels)
            )
            label = f"{p.method} {p.source}:{p.target} seed {p.seed}" + f" ({about})" * bool(about)
            if kind == "start":
                own[job.identity] = bars.add_task(escape(label), total=100)
            elif kind == "progress":
                bars.update(own[job.identity], completed=int(100 * value))
            else:
                finished += 1
                if job.identity in own:
                    bars.remove_task(own.pop(job.identity))
                bars.advance(whole)
                said = (
                    f"val/source {value.get('val/source', float('nan')):.3f}  "
                    f"{value['wall_s']:.1f} s{sample_size(value)}"
                    if value["status"] == "ok"
                    else f"[red]failed[/]: {escape(str(value['error']))}"
                )
                console.print(
                    f"[dim]{finished}/{len(todo)}[/] {escape(label)}  {said}", highlight=False
                )
                sys.stdout.flush()


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
    from . import table

    plain = {"variant": "", "settings": {}}
    stored = [r | plain if r.get("identity") in searched else r for r in read_results(out)]
    rows = table.frame(stored, {job.identity for job in grid})
    table.write_csv(rows, out / "results.csv")
    written = []
    for benchmark in dict.fromkeys(job.plan.benchmark for job in grid):
        own = rows[(rows["benchmark"] == benchmark) & rows["current"]]
        good = own[own["status"] == "ok"]
        if good.empty:
            continue
        parts = table.summary(own, methods)
        percent = good["metric"].iloc[0] == "accuracy"
        higher = good["higher_is_better"].iloc[0] is not False
        title, protocol = words(benchmark, good)
        shown = table.cells(parts, percent, higher, gains=True)
        written.append(f"## {title}\n\n{protocol}\n\n{table.markdown(shown)}\n")
        gains = parts["gain"].drop(index=table.MEAN, errors="ignore").mean()
        slim = table.cells(parts, percent, higher, gains=False)
        slim.loc[table.GAIN] = [
            "" if m == TWIN else f"{g * (100 if percent else 1):+.1f}" for m, g in gains.items()
        ]
        show(shown if fits(shown, console.width) else slim, title, protocol, console)
    (out / "table.md").write_text("\n".join(written))
    failed = rows[rows["current"] & (rows["status"] != "ok")]
    for _, row in failed.iterrows():
        console.print(
            f"[red]failed[/]: {row['method']} {row['source']}:{row['target']} "
            f"seed {row['seed']}: {escape(str(row['error']))}"
        )
    older = int((~rows["current"]).sum())
    if older:
        console.print(
            f"{older} older rows in results.csv are not in this table "
            "(other code, data or settings)"
        )
    console.print(
        f"Table: {escape(str(out / 'table.md'))}   rows: {escape(str(out / 'results.csv'))}"
    )
    return 1 if len(failed) else 0


def words(benchmark: str, good: Any) -> tuple[str, str]:
    """Title of a table, and the protocol behind its numbers."""
    about = experiments.read("data", benchmark).get("about", {})
    chosen = good.groupby("selection")["method"].unique()
    how = "; ".join(
        f"{s}: {', '.join(m)}" if len(chosen) > 1 else str(s) for s, m in chosen.items()
    )
    few = sorted(good.loc[good["labels"].notna(), "method"].unique())
    granted = f" Target labels were granted to {', '.join(few)}." if few else ""
    abouts = {m: experiments.read("methods", m).get("about", {}) for m in good["method"].unique()}
    oracle = [method for method, own in abouts.items() if own.get("oracle")]
    granted += (
        f" {', '.join(oracle)} is an oracle: it trains on all target labels." if oracle else ""
    )
    metric = good["metric"].iloc[0]
    protocol = (
        f"{metric} on the target's test labels "
        f"({'%, ' if metric == 'accuracy' else ''}oracle/target), mean ±standard deviation over "
        f"{good['seed'].nunique()} seeds, in brackets the gain over {TWIN} of the same seed; "
        f"weights: {how}; target test: {good['target_test'].iloc[0]}.{granted} "
        f"{about.get('protocol', '')}"
    )
    return about.get("title", benchmark), " ".join(protocol.split())


def fits(text: Any, width: int) -> bool:
    """Whether a table fits a screen of that many columns."""
    widths = [
        max(len(str(c).replace("**", "")) for c in [column, *text[column]])
        for column in text.columns
    ]
    return sum(w + 2 for w in widths) + max(map(len, text.index)) + 4 <= width


def show(text: Any, title: str, protocol: str, console: Console) -> None:
    """Prints a table, cut into blocks of methods where the screen is narrow."""
    console.print(f"\n[bold]{escape(title)}[/]")
    first = max(len(str(i)) for i in text.index) + 4
    blocks: list[list[str]] = [[]]
    for column in text.columns:
        if blocks[-1] and not fits(text[[*blocks[-1], column]], max(console.width, first + 20)):
            blocks.append([])
        blocks[-1].append(column)
    for block in blocks:
        table = Table(box=None, padding=(0, 1), header_style="bold")
        table.add_column("task", no_wrap=True)
        for column in block:
            table.add_column(escape(str(column)), justify="right", no_wrap=True)
        for task, row in zip(text.index, text[block].to_numpy(), strict=True):
            style = "dim" if task == "mean gain" else None
            table.add_row(
                escape(str(task)), *(bold(cell) for cell in row), style=style, end_section=False
            )
        console.print(table)
    console.print(f"[dim]{escape(protocol)}[/]")


def bold(cell: str) -> str:
    """A cell's ``**`` as the terminal's bold."""
    start, *rest = str(cell).split("**")
    return f"[bold]{rest[0]}[/]{rest[1]}" if len(rest) == 2 else start
