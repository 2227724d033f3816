"""Long-lived workers: imports are paid once for all, and a killed one costs its one run."""

import multiprocessing as mp
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import ModuleType

from da_bench.runs.plan import Job

from .base import Message, Schedule

DRIVER = "DA_BENCH_DRIVER"
"""Tells the server whose it is: a driver may die before Python has started there."""


def local(jobs: Sequence[Job], out: Path, workers: int, done: set[str]) -> Iterator[Message]:
    """Carries out ``jobs`` on ``workers`` processes of this machine (see ``base.Engine``).

    A worker that dies costs its one run, which is tried once more and then recorded as failed.
    """
    schedule = Schedule(jobs, out, done)
    pool: list[Worker] = []
    try:
        pool += [Worker(out) for _ in range(max(1, min(workers, len(jobs))))]
        while True:
            yield from schedule.blocked()
            for number, worker in enumerate(pool):
                if worker.job is None and (job := schedule.ready()):
                    if not worker.process.is_alive():  # killed while idle: no run's fault
                        pool[number] = worker = Worker(out)
                    worker.give(job)
                    yield "start", job, None
            busy = {worker.connection: worker for worker in pool if worker.job}
            if not busy:
                return
            for connection in wait(list(busy)):
                worker = busy[connection]  # type: ignore[index]
                current_job = worker.job
                assert current_job is not None
                try:
                    kind, value = worker.connection.recv()
                except (EOFError, OSError):  # the end of the line, or of half a message
                    worker.process.join()
                    code = worker.process.exitcode
                    pool[pool.index(worker)] = Worker(out)
                    reason = f"its worker died (exit code {code}); see log.txt in its folder"
                    yield from schedule.retry_or_fail(current_job, reason)
                    continue
                if kind == "done":
                    worker.job = None
                    yield schedule.settle(current_job, value)
                else:
                    yield kind, current_job, value
    finally:
        for worker in pool:
            worker.process.kill()  # a SIGTERM would wait for the end of Lightning's step
        for worker in pool:
            worker.process.join()


def warm() -> None:
    """Has the imports of the workers begun, so that they go on beside what the caller does next.

    Workers are forked from a process that has imported what runs need (``server.py``): a worker
    starts in milliseconds then, and its memory is shared until it is written to.
    """
    mp.get_context("forkserver").set_forkserver_preload([f"{__package__}.server"])
    resource_tracker.ensure_running()  # before the next line: it would let the signal through
    # Held back until the server ignores it: a Ctrl-C at its birth would end it.
    old_mask = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    os.environ[DRIVER] = str(os.getpid())
    try:
        forkserver.ensure_running()
    finally:
        del os.environ[DRIVER]
        signal.pthread_sigmask(signal.SIG_SETMASK, old_mask)


@contextmanager
def without_main() -> Iterator[None]:
    """Hides the caller's script: a worker would run it from its top, and needs nothing of it."""
    script = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = script


class Worker:
    """One worker process, and the connection to it."""

    def __init__(self, out: Path) -> None:
        self.job: Job | None = None
        warm()
        context = mp.get_context("forkserver")
        self.connection, worker_end = context.Pipe()
        self.process = context.Process(target=_serve, args=(worker_end, out), daemon=True)
        try:
            with without_main():
                self.process.start()
        except EOFError as error:
            raise RuntimeError(
                "the process that workers are forked from has ended while it imported torch; "
                "where it was killed, there may be too little memory"
            ) from error
        worker_end.close()  # so that the worker's death reads as the end of the line

    def give(self, job: Job) -> None:
        """Hands over a job; a worker that is dead already shows at the next look."""
        self.job = job
        # Where the line has ended, the next look at it finds out and tries the job again.
        with suppress(OSError):
            self.connection.send(job)


def _serve(line: Connection, out: Path) -> None:
    """The life of a worker: jobs in, rows out; it ends with its parent, whatever it is doing."""
    # Ctrl-C reaches the whole group. Lightning would end the training and score what there is.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Loaders start processes, as a daemon may not, and by the platform's way: a fork server of each
    # worker's own would import all anew for every loader, and outlive its worker.
    mp.current_process().daemon = False
    mp.set_start_method("fork" if sys.platform == "linux" else None, force=True)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    from .process import carry, prepare

    prepare()
    while True:
        try:
            job = line.recv()
        except EOFError:
            return
        line.send(("done", carry(job, out, lambda share: line.send(("progress", share)))))


def _end_with_parent() -> None:
    parent = mp.parent_process()
    assert parent is not None
    wait([parent.sentinel])
    os._exit(1)  # results are renamed into place whole, so any moment is a good one
