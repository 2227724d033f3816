"""Runs as job arrays of SLURM by submitit; what became of one is read from its folder."""

import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from da_bench.config.extras import install_command
from da_bench.results.row import ERROR, OK, STATUS
from da_bench.results.store import read_result
from da_bench.runs.plan import Job

from .base import Message, Schedule, announce_wait, finished_row

POLL = 1.0
"""Seconds between two looks at the queue."""

GRACE = 10.0
"""Seconds after a job's end in which its row may still come in over a network file system."""

ARRAY = 1000
"""Runs of one array; SLURM's own limit is 1001 unless its administrator raised it."""

ALIVE = {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "RESIZING", "SIGNALING",
         "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT", "STAGE_OUT", "STOPPED",
         "PREEMPTED"}  # fmt: skip
"""States, as ``squeue`` writes them, of a job that may still write its row."""


class SlurmEngine:
    """Carries out runs as job arrays, at most ``workers`` at a time (see ``base.Engine``).

    The queue is asked by ``squeue`` and the row is looked for in the run's folder: neither needs
    accounting, so it works where there is no ``sacct``, and no killed job is waited for forever.
    A job that SLURM preempts, or that nears its time limit, is requeued. The jobs of a dead driver
    go on; the next driver on the folder cancels those that have not ended.

    Args:
        gpus_per_run: GPUs of a run, whole ones.
        minutes: Time limit of a run.
        partition: Where to; None: the cluster's default.
        parameters: Anything else that submitit's SlurmExecutor takes, such as ``{"mem": "8GB"}``.

    Raises:
        RuntimeError: submitit is not installed, or this machine has no SLURM.
        ValueError: A fraction of a GPU, or no minutes.
    """

    def __init__(
        self,
        gpus_per_run: float = 0,
        minutes: int = 60,
        partition: str | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> None:
        if gpus_per_run < 0 or int(gpus_per_run) != gpus_per_run:
            raise ValueError(
                f"--gpus-per-run {gpus_per_run}: SLURM gives whole GPUs; 0, 1, ... or --engine ray"
            )
        if minutes < 1:
            raise ValueError(f"--minutes {minutes}: give the time limit of a run, 1 or more")
        try:
            import submitit  # noqa: F401
        except ModuleNotFoundError as error:
            raise RuntimeError(
                f"the slurm engine needs submitit: {install_command('slurm')}"
            ) from error
        if not all(map(shutil.which, ("sbatch", "squeue", "scancel", "srun"))):
            raise RuntimeError(
                "--engine slurm: there is no sbatch, squeue, scancel or srun on this machine; "
                "start da-bench on a login node of the cluster, or choose --engine local"
            )
        defaults: dict[str, Any] = {"time": minutes, "cpus_per_task": 1, "stderr_to_stdout": True}
        defaults |= {"partition": partition} if partition else {}
        defaults |= {"gpus_per_node": int(gpus_per_run)} if gpus_per_run else {}
        self.parameters = defaults | (parameters or {})

    def __call__(
        self, jobs: Sequence[Job], out: Path, workers: int, done: set[str]
    ) -> Iterator[Message]:
        """Yields what happens, from what the queue and the folders show."""
        out = out.resolve()  # the same path on every node
        name = job_name(out)
        announce_wait(f"SLURM to start the runs; see squeue --name={name}")
        cancel(name)
        schedule = Schedule(jobs, out, done)
        try:
            while True:
                yield from schedule.blocked()
                wave: list[Job] = []
                while len(wave) < ARRAY and (job := schedule.ready()):
                    wave.append(job)
                if not wave:
                    return
                yield from self.watch(wave, out, workers, schedule)
        except BaseException:  # Ctrl-C and a closed iterator too: nothing is left in the queue
            cancel(name, wait=False)
            raise

    def watch(
        self, wave: Sequence[Job], out: Path, workers: int, schedule: Schedule
    ) -> Iterator[Message]:
        """Submits runs that need not wait, and follows them to their ends."""
        stamps_before = {job.identity: stamp(out, job) for job in wave}
        name, started, ended = job_name(out), set[str](), dict[str, float]()
        running = self.submit(wave, out, workers)
        while running:
            states = queue(name)
            for number, job in list(running.items()):
                is_new = stamp(out, job) != stamps_before[job.identity]
                path = out / job.folder / "result.json"
                row = read_result(path) if is_new else finished_row(out, job)
                state = "UNKNOWN" if states is None else states.get(number, "ENDED")
                if number not in started and (row or state == "RUNNING"):
                    started.add(number)
                    yield "start", job, None
                if row:
                    del running[number]
                    yield schedule.settle(job, row)
                elif state != "UNKNOWN" and state not in ALIVE:
                    if time.monotonic() - ended.setdefault(number, time.monotonic()) < GRACE:
                        continue
                    del running[number]
                    reason = f"its SLURM job {number} ended without a row ({state}); "
                    reason += f"see .slurm/{number}_0_log.out"
                    yield from schedule.retry_or_fail(job, reason)
                else:
                    ended.pop(number, None)
            time.sleep(POLL)

    def submit(self, wave: Sequence[Job], out: Path, workers: int) -> dict[str, Job]:
        """One array; returns the runs by the number of their job."""
        import submitit

        # A requeue after each preemption; submitit counts timeouts apart from those.
        executor = submitit.SlurmExecutor(out / ".slurm", max_num_timeout=3)
        executor.update_parameters(
            job_name=job_name(out), array_parallelism=max(1, workers), **self.parameters
        )
        try:
            with executor.batch():
                submitted = [executor.submit(Run(job, out)) for job in wave]
        except subprocess.CalledProcessError as error:
            raise RuntimeError(f"sbatch refused the runs: {error.stderr or error}") from error
        return {str(slurm_job.job_id): job for slurm_job, job in zip(submitted, wave, strict=True)}


class Run:
    """One run as submitit carries it to its node; begun again where SLURM takes the node away."""

    def __init__(self, job: Job, out: Path) -> None:
        self.job, self.out = job, out

    def __call__(self) -> str:
        """Executes it; the row is on disk, or else the job fails and says why in its log."""
        from .process import carry

        row = carry(self.job, self.out)
        if row[STATUS] != OK and stamp(self.out, self.job) is None:
            raise RuntimeError(row[ERROR])
        return str(row[STATUS])

    def checkpoint(self) -> Any:
        """What submitit requeues: the run itself, which gives the same row."""
        import submitit

        return submitit.helpers.DelayedSubmission(self)


def job_name(out: Path) -> str:
    """Name of a folder's jobs, for every driver: so that the next finds what a dead one left."""
    return f"da-bench-{hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:12]}"


def stamp(out: Path, job: Job) -> tuple[int, int] | None:
    """Changes with each row written, since a row is a new file renamed into place."""
    try:
        status = (out / job.folder / "result.json").stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return status.st_ino, status.st_mtime_ns


def queue(name: str) -> dict[str, str] | None:
    """State by job number, array tasks apart; None where SLURM does not answer just now."""
    command = ["squeue", "--noheader", "--array", "--states=all", f"--name={name}"]
    answer = subprocess.run([*command, "--format=%i %T"], capture_output=True, text=True)
    if answer.returncode:
        return None
    return dict(line.split(maxsplit=1) for line in answer.stdout.splitlines() if line.strip())


def cancel(name: str, wait: bool = True, patience: float = 120.0) -> None:
    """Cancels the jobs of that name; with ``wait`` until none can write any more.

    Raises:
        RuntimeError: They would not end within ``patience`` seconds.
    """
    subprocess.run(["scancel", f"--name={name}"], capture_output=True)
    deadline = time.monotonic() + patience
    while wait and (states := queue(name)) != {}:
        if states is not None and not ALIVE & set(states.values()):
            return
        if time.monotonic() > deadline:
            raise RuntimeError(
                f"SLURM jobs named {name} of an earlier driver do not end, or SLURM does not "
                f"answer: look at squeue --name={name}"
            )
        time.sleep(POLL)
