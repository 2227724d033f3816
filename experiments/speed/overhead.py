"""What the local engine costs: runs of about ten seconds on two workers, against bare training.

python experiments/speed/overhead.py [--runs 8] [--seconds 10] [--times 3]

The bare side is two processes, each of which builds and fits its half of the same configurations,
one after the other, with one torch thread: imports, folders, results, evaluation and checkpoints
are not counted. The engine's side is a process that has imported nothing, as a new sweep is: its
start, paid once a sweep, lasts until the first run begins, and its work from there to the last row.
The sides alternate; figures are medians, in seconds of wall and of CPU time, which a busy machine
disturbs less.
"""

import argparse
import multiprocessing as mp
import multiprocessing.forkserver as forkserver
import resource
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil


def config(job: Any) -> dict[str, Any]:
    """A job's configuration, without what writes."""
    made = dict(job.config)
    made["trainer"] = made["trainer"] | {
        "enable_checkpointing": False, "enable_progress_bar": False, "logger": False,
    }  # fmt: skip
    return made


def train(configs: list[dict[str, Any]], barrier: Any, seconds: Any) -> None:
    """Fits one after the other; tells the seconds since the start that all share."""
    import torch

    torch.set_num_threads(1)
    from da_bench.methods.lightning_shortcuts import quiet
    from da_bench.runs.train import Command

    quiet()
    barrier.wait()
    began, spent = time.perf_counter(), time.process_time()
    for made in configs:
        command = Command(made)
        command.trainer.limit_val_batches = 0
        command.trainer.fit(command.model, command.datamodule)
    seconds.put((time.perf_counter() - began, time.process_time() - spent))


def bare(jobs: list[Any]) -> tuple[float, float]:
    """Seconds of the slower of two processes, and CPU seconds of both."""
    context = mp.get_context("spawn")
    barrier, seconds = context.Barrier(2), context.Queue()
    sides = [list(map(config, jobs[i::2])) for i in (0, 1)]
    processes = [context.Process(target=train, args=(s, barrier, seconds)) for s in sides]
    for process in processes:
        process.start()
    taken = [seconds.get() for _ in processes]
    for process in processes:
        process.join()
    walls, cpus = zip(*taken, strict=True)
    return max(walls), sum(cpus)


def engine(jobs: list[Any]) -> tuple[float, float, float, float]:
    """Seconds of the local engine's start and of its work for the same runs, wall and CPU."""
    context = mp.get_context("spawn")
    line, theirs = context.Pipe()
    process = context.Process(target=drive, args=(jobs, theirs))
    process.start()
    told = line.recv()
    process.join()
    return told


def drive(jobs: list[Any], line: Any) -> None:
    """A process that has the engine carry out runs."""
    began, first = time.perf_counter(), 0.0
    from da_bench.runs import engines

    with tempfile.TemporaryDirectory() as folder:
        for kind, job, row in engines.get("local")(jobs, Path(folder), 2, set()):
            if not first:
                first, imports = time.perf_counter(), cpu_below()
            if kind == "done" and row["status"] != "ok":
                raise SystemExit(f"{job.folder}: {row['error']}")
        ended = time.perf_counter()
    forkserver._forkserver._stop()  # it is waited for, so that its seconds are known
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    whole = used.ru_utime + used.ru_stime + time.process_time()
    line.send((first - began, ended - first, imports, whole - imports))


def cpu_below() -> float:
    """CPU seconds of this process and of those that live below it."""
    below = psutil.Process().children(recursive=True)
    times = [process.cpu_times() for process in below]
    return time.process_time() + sum(t.user + t.system for t in times)


def made(runs: int, epochs: int) -> list[Any]:
    """DANN on moons with as many seeds."""
    from da_bench.runs.plan import jobs, plans

    overrides = {"trainer": {"max_epochs": epochs, "check_val_every_n_epoch": epochs}}
    return jobs(plans(["moons"], ["dann"], ["0:20"], runs), overrides)


def main() -> None:
    """Finds how many epochs take the seconds asked for, then times both sides."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--times", type=int, default=3)
    args = parser.parse_args()
    trial = 100
    epochs = max(1, round(trial * args.seconds / bare(made(2, trial))[0]))
    grid = made(args.runs, epochs)
    pairs = [(bare(grid), engine(grid)) for _ in range(args.times)]
    wall, cpu, start, work, start_cpu, work_cpu = map(
        statistics.median, zip(*(one + other for one, other in pairs), strict=True)
    )
    each = args.runs / 2
    print(f"{args.runs} runs of {wall / each:.1f} s on two workers, median of {args.times}")
    print(f"{'':12}{'bare':>8}{'start':>8}{'work':>8}{'work/bare':>11}{'+start':>8}  surplus a run")
    for name, a, b, c, share in (
        ("wall s", wall, start, work, each),
        ("CPU s", cpu, start_cpu, work_cpu, args.runs),
    ):
        print(f"{name:12}{a:8.1f}{b:8.1f}{c:8.1f}{c / a:11.3f}{(b + c) / a:8.3f}"
              f"{(c - a) / share:11.2f} s")  # fmt: skip


if __name__ == "__main__":
    main()
