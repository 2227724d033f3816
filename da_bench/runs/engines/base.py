"""What engines have in common: their shape, which run is next, and what a lost one leaves."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from da_bench.io.files import Damaged, without_links
from da_bench.results.limits import mark_faulty
from da_bench.results.row import ERROR, IDENTITY, OK, STATUS
from da_bench.results.store import StoreError, inside, read_result, write_result
from da_bench.runs.plan import Job

Message = tuple[str, Job, Any]
"""``("start" | "progress" | "done", job, None | share | row)``."""

MAX_TRIES = 2
"""How often a run is begun before it is recorded as failed: a killed one is tried once more."""


class Engine(Protocol):
    """Carries out runs somewhere, each in a process with one torch thread that writes its row."""

    def __call__(
        self, jobs: Sequence[Job], out: Path, workers: int, done: set[str]
    ) -> Iterator[Message]:
        """Yields what happens as it happens; closing the iterator stops every run.

        Args:
            jobs: In order; one whose prerequisite failed is recorded as failed.
            out: Folder of the comparison, seen under the same path by every worker.
            workers: Runs at a time.
            done: Identities that need no run; finished ones are added.
        """
        ...


class Schedule:
    """Which of the runs is next: in order, none before the one that it starts from.

    Args:
        jobs: What is to be run.
        out: Folder of the comparison.
        done: Identities that need no run; finished ones are added.
    """

    def __init__(self, jobs: Sequence[Job], out: Path, done: set[str]) -> None:
        self.waiting, self.out, self.done = list(jobs), out, done
        planned = done | {job.identity for job in jobs}
        first = {job.start_from.identity for job in jobs if job.start_from}
        self.missing = first - planned  # asked for by none and not there: it will not come
        self.failed = set(self.missing)
        self.begun: dict[str, int] = {}

    def blocked(self) -> Iterator[Message]:
        """Records the runs that can't begin any more, those that wait for them included."""
        while blocked_job := next((j for j in self.waiting if self._first(j) in self.failed), None):
            self.waiting.remove(blocked_job)
            assert blocked_job.start_from is not None
            is_missing = blocked_job.start_from.identity in self.missing
            fault = "is neither asked for nor there" if is_missing else "failed"
            reason = f"the run it starts from {fault}: {blocked_job.start_from.folder}"
            yield "done", blocked_job, self.give_up(blocked_job, reason)

    def ready(self) -> Job | None:
        """Takes out the first run that need not wait."""
        finished_identities = self.done | {None}
        job = next((j for j in self.waiting if self._first(j) in finished_identities), None)
        if job:
            self.waiting.remove(job)
            self.begun[job.identity] = self.begun.get(job.identity, 0) + 1
        return job

    def settle(self, job: Job, row: dict[str, Any]) -> Message:
        """Takes note that a run has ended with ``row``; returns the message about it."""
        (self.done if row[STATUS] == OK else self.failed).add(job.identity)
        return "done", job, row

    def retry_or_fail(self, job: Job, reason: str) -> Iterator[Message]:
        """Notes that a run ended without a message: its row counts if whole; or it is retried."""
        if row := finished_row(self.out, job):
            yield self.settle(job, row)
        elif self.begun[job.identity] < MAX_TRIES:
            note_failure(self.out, job, reason)
            self.waiting.insert(0, job)
        else:
            yield "done", job, self.give_up(job, f"lost twice: {reason}")

    def give_up(self, job: Job, reason: str) -> dict[str, Any]:
        """Records a run that no process could record itself; returns its row."""
        self.failed.add(job.identity)
        row = failed_row(job, reason)
        try:
            write_result(self.out / job.folder, row)
        except OSError as error:
            row[ERROR] += f"; nor could its row be written: {error}"
        return row

    @staticmethod
    def _first(job: Job) -> str | None:
        return job.start_from.identity if job.start_from else None


def failed_row(job: Job, reason: str) -> dict[str, Any]:
    """The row of a run that could not write its own."""
    return {IDENTITY: job.identity, **job.plan.columns, STATUS: "failed", ERROR: reason}


def finished_row(out: Path, job: Job) -> dict[str, Any] | None:
    """The row that a run has written whole, where it went well."""
    row = read_result(out / job.folder / "result.json")
    is_finished = row and row.get(IDENTITY) == job.identity and mark_faulty(row).get(STATUS) == OK
    return row if is_finished else None


def announce_wait(text: str) -> None:
    """Prints what the engine waits for, before the wait: it may be a minute."""
    print(f"Waiting for {text}", file=sys.stderr, flush=True)


def note_failure(out: Path, job: Job, reason: str) -> None:
    """Records in ``lost.txt`` of the run's folder, and says, that it has to be done again."""
    text = f"{reason}; tried once more"
    try:
        folder = inside(out, job.folder)
        folder.mkdir(parents=True, exist_ok=True)
        with open(folder / "lost.txt", "a", opener=without_links) as file:
            file.write(text + "\n")
    except (OSError, StoreError, Damaged) as error:
        text += f" ({error})"
    print(f"lost: {job.folder}: {text}", file=sys.stderr, flush=True)
