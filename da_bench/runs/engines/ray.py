"""Runs as tasks of a Ray cluster: its scheduler, its retries, fractions of a GPU."""

import logging
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from da_bench.config.extras import install_command
from da_bench.runs.plan import Job

from . import reaper
from .base import MAX_TRIES, Message, Schedule, announce_wait

STORE = 100 * 2**20
"""Bytes of Ray's object store on this machine: only rows pass through it."""


class RayEngine:
    """Carries out runs as Ray tasks (see ``base.Engine``).

    A task whose worker or node dies is begun again by Ray itself, once. The tasks of a dead driver
    are ended by Ray; a cluster started here ends with the driver, however that ends.

    Args:
        address: Address of a running cluster, such as ``auto`` or ``ray://head:10001``; None starts
            one on this machine, for as long as the runs take. Its machines share the folder of
            results.
        gpus_per_run: GPUs of a run; 0.25 puts four on each.

    Raises:
        RuntimeError: Ray is not installed.
        ValueError: A negative number of GPUs.
    """

    def __init__(self, address: str | None = None, gpus_per_run: float = 0) -> None:
        if gpus_per_run < 0:
            raise ValueError(f"--gpus-per-run {gpus_per_run}: give 0 or more, such as 0.25")
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "1")  # no GPU asked, none seen
        try:
            import ray  # noqa: F401
        except ModuleNotFoundError as error:
            raise RuntimeError(f"the ray engine needs Ray: {install_command('ray')}") from error
        self.address, self.gpus = address, gpus_per_run

    def __call__(
        self, jobs: Sequence[Job], out: Path, workers: int, done: set[str]
    ) -> Iterator[Message]:
        """Yields what happens; rows come back through Ray, and lie on disk already."""
        out = out.resolve()  # tasks have folders of their own to work in
        schedule = Schedule(jobs, out, done)
        place = f"the Ray cluster at {self.address}" if self.address else "Ray to start here"
        announce_wait(f"{place}, then for its workers to import torch")
        with self.connected(workers):
            yield from self.drive(schedule, out, workers)

    def drive(self, schedule: Schedule, out: Path, workers: int) -> Iterator[Message]:
        """Begins what is ready and collects what has ended, until nothing is left."""
        import ray

        task = ray.remote(_carry).options(
            num_cpus=1, num_gpus=self.gpus, max_retries=MAX_TRIES - 1, retry_exceptions=False
        )
        running: dict[Any, Job] = {}
        try:
            while True:
                yield from schedule.blocked()
                while len(running) < max(1, workers) and (job := schedule.ready()):
                    running[task.remote(job, out)] = job
                    yield "start", job, None
                if not running:
                    return
                finished_references, _ = ray.wait(list(running), num_returns=1)
                for reference in finished_references:
                    job = running.pop(reference)
                    try:
                        row = ray.get(reference)
                    except ray.exceptions.RayError as error:
                        schedule.begun[job.identity] = MAX_TRIES  # Ray has tried again already
                        reason = str(error).strip().splitlines()[0]
                        yield from schedule.retry_or_fail(job, f"{type(error).__name__}: {reason}")
                        continue
                    yield schedule.settle(job, row)
        finally:
            for reference in running:
                ray.cancel(reference, force=True)  # else as Ctrl-C, which Lightning scores

    @contextmanager
    def connected(self, workers: int) -> Iterator[None]:
        """Joins the cluster, or starts one with a CPU for each run at a time; leaves it again."""
        import ray

        folder = None if self.address else tempfile.mkdtemp(prefix="ray-da-")
        with kill_leftovers_at_end(folder):
            try:
                self.connect(workers, folder)
                yield
            finally:
                ray.shutdown()

    def connect(self, workers: int, folder: str | None) -> None:
        """Joins the cluster, or starts one in that folder."""
        import ray

        new_cluster: dict[str, Any] = {"num_cpus": max(1, workers), "object_store_memory": STORE}
        new_cluster |= {"include_dashboard": False, "_temp_dir": folder}
        options = {"address": self.address} if self.address else new_cluster | {"address": "local"}
        try:
            answers(self.address)
            ray.init(**options, log_to_driver=False, logging_level=logging.ERROR)
        except (OSError, RuntimeError) as error:
            if self.address is None:
                raise RuntimeError(f"Ray does not start on this machine: {error}") from error
            raise RuntimeError(
                f"--address {self.address}: no Ray cluster answers there ({error}); start one by "
                "ray start --head, or leave --address away for one on this machine"
            ) from error


@contextmanager
def kill_leftovers_at_end(folder: str | None) -> Iterator[None]:
    """Has a process stand by that ends whatever still works in that folder when this one ends."""
    if folder is None:
        yield
        return
    reaper_process = subprocess.Popen(
        [sys.executable, "-I", reaper.__file__, folder],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,  # out of reach of a Ctrl-C
    )  # fmt: skip
    assert reaper_process.stdin is not None
    try:
        yield
    finally:
        reaper_process.stdin.close()
        reaper_process.wait()


def answers(address: str | None, seconds: float = 10.0) -> None:
    """Raises OSError where nothing listens at ``host:port``; Ray itself asks for minutes."""
    host, _, port = (address or "").removeprefix("ray://").rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host, int(port)), timeout=seconds).close()


def _carry(job: Job, out: Path) -> dict[str, Any]:
    from .process import carry

    return carry(job, out)
