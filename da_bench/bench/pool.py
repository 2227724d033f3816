"""Long-lived workers: imports are paid once each, and a killed one costs its one job."""

import gc
import multiprocessing as mp
import os
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from .grid import Job

Message = tuple[str, Job, Any]
"""``("start" | "progress" | "done", job, None | share | row)``."""


def run_jobs(jobs: Sequence[Job], out: Path, workers: int, done: set[str]) -> Iterator[Message]:
    """Carries out ``jobs`` on ``workers`` processes; yields what happens as it happens.

    A job waits for the one that it starts from. A worker that dies costs its one job, which is
    tried once more and then recorded as failed.

    Args:
        jobs: In order; one whose prerequisite failed is recorded as failed.
        out: Folder of the comparison.
        workers: Processes, each with one torch thread.
        done: Identities that need no run; finished ones are added.
    """
    from .store import write_result

    waiting, tries, failed = (
        list(jobs),
        dict.fromkeys((job.identity for job in jobs), 0),
        set[str](),
    )
    pool = [Worker(out) for _ in range(max(1, min(workers, len(jobs))))]

    def lost(job: Job, why: str) -> Message:
        failed.add(job.identity)
        p = job.plan
        row = {"identity": job.identity, **vars(p), "status": "failed", "error": why}
        write_result(out / job.folder, row)
        return "done", job, row

    try:
        while waiting or any(worker.job for worker in pool):
            for worker in pool:
                if worker.job is None and (ready := _next(waiting, done, failed)):
                    waiting.remove(ready)
                    if ready.start_from and ready.start_from.identity in failed:
                        yield lost(
                            ready, f"the run it starts from failed: {ready.start_from.folder}"
                        )
                        continue
                    worker.give(ready)
                    yield "start", ready, None
            busy = [worker for worker in pool if worker.job]
            if not busy:
                continue
            for connection in wait([worker.connection for worker in busy]):
                worker = next(w for w in busy if w.connection is connection)
                job = worker.job
                assert job is not None
                try:
                    kind, value = worker.connection.recv()
                except (EOFError, OSError):  # the end of the line, or of half a message
                    worker.process.join()
                    code = worker.process.exitcode
                    pool[pool.index(worker)] = Worker(out)
                    row = finished_row(out, job)
                    if row:  # it died after its row was whole
                        done.add(job.identity)
                        yield "done", job, row
                        continue
                    tries[job.identity] += 1
                    if tries[job.identity] > 1:
                        yield lost(
                            job,
                            f"its worker died twice (exit code {code}); see log.txt in its folder",
                        )
                    else:
                        waiting.insert(0, job)
                    continue
                if kind == "done":
                    worker.job = None
                    (done if value["status"] == "ok" else failed).add(job.identity)
                yield kind, job, value
    finally:
        for worker in pool:
            worker.process.terminate()


def finished_row(out: Path, job: Job) -> dict[str, Any] | None:
    """The row that a job has written whole, where it went well."""
    from .store import read_results

    rows = (row for row in read_results(out) if row.get("identity") == job.identity)
    return next((row for row in rows if row.get("status") == "ok"), None)


def _next(waiting: Sequence[Job], done: set[str], failed: set[str]) -> Job | None:
    """The first job that need not wait."""
    settled = done | failed
    return next(
        (j for j in waiting if j.start_from is None or j.start_from.identity in settled), None
    )


class Worker:
    """One process and the line to it."""

    def __init__(self, out: Path) -> None:
        self.job: Job | None = None
        context = mp.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs, out), daemon=True)
        self.process.start()
        theirs.close()  # so that the worker's death reads as the end of the line

    def give(self, job: Job) -> None:
        """Hands over a job; a worker that is dead already shows at the next look."""
        self.job = job
        # Where the line has ended, the next look at it finds out and tries the job again.
        with suppress(OSError):
            self.connection.send(job)


def _serve(line: Connection, out: Path) -> None:
    """The life of a worker: jobs in, rows out; it ends with its parent, whatever it is doing."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    from .command import quiet
    from .execute import execute
    from .report import Report

    quiet()
    while True:
        try:
            job = line.recv()
        except EOFError:
            return
        with _log(out / job.folder / "log.txt"):
            row = execute(job, out, [Report(lambda share: line.send(("progress", share)))])
        if "wandb" in sys.modules:
            sys.modules["wandb"].finish()  # or the next run would go on in this one's
        gc.collect()  # trainers hold themselves in cycles, and with them a run's whole data
        line.send(("done", row))


def _end_with_parent() -> None:
    parent = mp.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)  # results are renamed into place whole, so any moment is a good one


class _log:
    """Sends what a run prints, from Python and from below it, to its own file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = self.path.open("w")
        self.saved = [os.dup(1), os.dup(2)]
        for number in (1, 2):
            os.dup2(self.file.fileno(), number)

    def __exit__(self, *exception: object) -> None:
        sys.stdout.flush()
        sys.stderr.flush()
        for number, saved in zip((1, 2), self.saved, strict=True):
            os.dup2(saved, number)
            os.close(saved)
        self.file.close()
