"""What the local engine costs: runs of about ten seconds on two workers, against bare training.

python experiments/speed/overhead.py [--runs 8] [--seconds 10]

The bare side is two processes, each of which builds and fits its half of the same configurations,
one after the other, with one torch thread: imports, folders, results, evaluation and checkpoints
are not counted. The engine's side is everything from the first worker's start to the last row. The
sides alternate, three times; the ratio is of medians.
"""

import argparse
import multiprocessing as mp
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any


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
    from da_bench.bench.command import Command, quiet

    quiet()
    barrier.wait()
    began = time.perf_counter()
    for made in configs:
        command = Command(made)
        command.trainer.limit_val_batches = 0
        command.trainer.fit(command.model, command.datamodule)
    seconds.put(time.perf_counter() - began)


def bare(jobs: list[Any]) -> float:
    """Seconds of the slower of two processes."""
    context = mp.get_context("spawn")
    barrier, seconds = context.Barrier(2), context.Queue()
    sides = [list(map(config, jobs[i::2])) for i in (0, 1)]
    processes = [context.Process(target=train, args=(s, barrier, seconds)) for s in sides]
    for process in processes:
        process.start()
    taken = [seconds.get() for _ in processes]
    for process in processes:
        process.join()
    return max(taken)


def engine(jobs: list[Any]) -> float:
    """Seconds of the local engine for the same runs."""
    from da_bench.bench import engines

    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        for kind, job, row in engines.get("local")(jobs, Path(folder), 2, set()):
            if kind == "done" and row["status"] != "ok":
                raise SystemExit(f"{job.folder}: {row['error']}")
        return time.perf_counter() - began


def made(runs: int, epochs: int) -> list[Any]:
    """DANN on moons with as many seeds."""
    from da_bench.bench.grid import jobs, plans

    overrides = {"trainer": {"max_epochs": epochs, "check_val_every_n_epoch": epochs}}
    return jobs(plans(["moons"], ["dann"], ["0:20"], runs), overrides)


def main() -> None:
    """Finds how many epochs take the seconds asked for, then times both sides."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    trial = 100
    epochs = max(1, round(trial * args.seconds / bare(made(2, trial))))
    grid, taken = made(args.runs, epochs), {"bare": [], "engine": []}
    for _ in range(3):
        taken["bare"].append(bare(grid))
        taken["engine"].append(engine(grid))
    middle = {side: statistics.median(seconds) for side, seconds in taken.items()}
    each = middle["bare"] / (args.runs / 2)
    print(f"{args.runs} runs of {each:.1f} s on two workers: bare {middle['bare']:.1f} s, "
          f"engine {middle['engine']:.1f} s: {middle['engine'] / middle['bare']:.3f}x")  # fmt: skip


if __name__ == "__main__":
    main()
