"""Finished runs sent to W&B, each once: a push that was killed goes on where it stopped."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from da_bench.io.files import Damaged
from da_bench.results import curves
from da_bench.results.diagnoses import account, findings
from da_bench.results.index import Index
from da_bench.results.query import Condition
from da_bench.results.row import OK, STATUS
from da_bench.results.store import check_writable, inside, is_claimed, lock

from . import ledger
from .address import address, config_facts, run_config, summary_figures
from .comparison import DrawFigures, push_comparison
from .scalar_names import STEP
from .session import FOLDER, Destination, begin, check, clear, files_of, service


class PushStopped(RuntimeError):
    """W&B failed in the middle; what was sent is recorded, and the same call goes on."""


@dataclass
class PushSummary:
    """Counts and notes of what a push has sent.

    Attributes:
        sent: Runs that were sent.
        known: Runs that had been sent before, and did not change since.
        left: Folders of runs that were left out, and why.
        notes: What the reader should know besides.
        table: Whether the table of results was sent.
    """

    sent: int = 0
    known: int = 0
    left: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    table: bool = False


def push(
    out: Path,
    to: Destination,
    where: Sequence[Condition] = (),
    tell: Callable[[int, int], None] = lambda done, total: None,
    draw_figures: DrawFigures = lambda rows, write_times: {},
) -> PushSummary:
    """Sends every finished run below ``out`` that meets the conditions; then the table.

    The table is of all runs that went there, by this push and by others.

    Args:
        out: Folder of a comparison or sweep.
        to: The project.
        where: Conditions, of :func:`da_bench.results.query.condition`.
        tell: Takes the number of runs looked at, and of all.
        draw_figures: Makes plotly figures by name, of the table's rows and when each was written.

    Raises:
        NotLoggedIn: Before anything, where ``to`` is online.
        StoreError: ``out`` is no folder, can't be written, or another push is at work on it.
        UnknownColumn: A condition names a column that no run has.
        PushStopped: W&B failed.
    """
    check(to.online)
    summary = PushSummary()
    with Index(out) as index:
        all_rows, rows, write_times = index.rows(), index.rows(where), index.write_times()
        summary.notes += index.notes
        summary.left |= index.faults()
    check_writable(out)
    with lock(inside(out, FOLDER)), service(out):
        try:
            for done, row in enumerate(rows):
                tell(done, len(rows))
                push_run(out, row, to, summary)
            sent_rows = [row for row in all_rows if to.label in ledger.read(out / row["folder"])]
            summary.table = push_comparison(
                out, sent_rows, write_times, to, summary.notes, draw_figures
            )
        except OSError as error:  # ConnectionResetError among them: W&B's process has ended
            raise PushStopped(
                f"W&B stopped after {summary.sent} runs ({error or type(error).__name__}): the "
                "same command goes on from there"
            ) from error
    return summary


def push_run(out: Path, row: Mapping[str, Any], to: Destination, summary: PushSummary) -> None:
    """Sends one run, if it has not gone there as it is now."""
    folder = out / row["folder"]
    content = ledger.content(row, folder)
    if ledger.holds(folder, to, content):
        summary.known += 1
        return
    if is_claimed(folder):
        summary.left[row["folder"]] = "is being run again"
        return
    try:
        config = config_facts(row) | run_config(folder)
    except Damaged as error:
        config = config_facts(row)
        summary.notes.append(f"{row['folder']}: sent without its config.yaml: {error}")
    place = address(row)
    clear(out, place["id"])
    run = begin(out, to, place, config, notes="\n".join(account(row)))
    for metrics in history(folder, row):
        run.log(metrics)
    run.summary.update(summary_figures(row))
    run.finish(exit_code=0 if row.get(STATUS) == OK else 1)
    ledger.add(folder, to, content, place["id"], files_of(run, to, folder))
    summary.sent += 1


def history(folder: Path, row: Mapping[str, Any]) -> Iterator[dict[str, float]]:
    """A run's curves, a line for each step: what it logged, and its diagnoses as ones."""
    lines: dict[int, dict[str, float]] = {}
    for line in curves.read(folder).to_dict("records"):
        values = {
            str(k): float(v) for k, v in line.items() if k not in ("epoch", "step") and v == v
        }
        lines[int(line["step"])] = {"epoch": int(line["epoch"])} | values
    for finding in findings(row):
        step = finding.get("step")
        if isinstance(step, int):
            lines.setdefault(step, {})[f"health/{finding.get('name')}"] = 1.0
    for step in sorted(lines):
        yield {STEP: step} | lines[step]
