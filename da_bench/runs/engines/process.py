"""What happens in a run's own process: one thread, one claim, one log, one row."""

import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from da_bench.io.files import Damaged, without_links
from da_bench.results.store import StoreError, claim, inside
from da_bench.runs.plan import Job

from .base import failed_row, finished_row

PLUGIN = {"class_path": "lightning.pytorch.plugins.environments.LightningEnvironment"}
"""Keeps Lightning from taking a SLURM allocation for its own: a run is one device's work."""


@cache
def prepare() -> None:
    """Once a process: one torch thread, no chatter, and the imports of a run."""
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    from da_bench.methods.lightning_shortcuts import quiet
    from da_bench.runs import execute, progress  # noqa: F401

    quiet()
    gc.freeze()  # what is imported stays: the collection after each run need not look at it


def carry(job: Job, out: Path, tell: Callable[[float], None] | None = None) -> dict[str, Any]:
    """Executes a run and returns its row, which lies on disk already unless it says otherwise.

    The run's folder is claimed meanwhile: the run of a dead driver, on another machine maybe, is
    waited for, and a row that it left is taken and not made again.

    Args:
        job: The run.
        out: Folder of the comparison.
        tell: Takes the share of the training done, after each epoch.
    """
    prepare()
    from da_bench.callbacks.curves import KeepCurves
    from da_bench.runs.execute import execute
    from da_bench.runs.progress import Report
    from da_bench.runs.tracking.live import conclude, configure_logger

    folder = out / job.folder
    configure_logger(job, out)
    try:
        with claim(inside(out, job.folder)):
            if row := finished_row(out, job):
                return row
            for part in folder.glob("*.part"):
                part.unlink()  # of a process that was killed while it wrote
            if "SLURM_NTASKS" in os.environ:
                job.config["trainer"]["plugins"] = [PLUGIN]
            with log(folder / "log.txt"):
                row = execute(job, out, [KeepCurves(folder), *([Report(tell)] if tell else [])])
    # A full or read-only disk, or a link to elsewhere: the row can't be stored, only returned.
    except (OSError, StoreError, Damaged) as error:
        row = failed_row(job, f"the run could not write to its folder: {error}")
    if "wandb" in sys.modules:
        conclude(row, folder)  # or the next run would go on in this one's
    gc.collect()  # trainers hold themselves in cycles, and with them a run's whole data
    return row


@contextmanager
def log(path: Path) -> Iterator[None]:
    """Sends what a run prints, from Python and from below it, to its own file."""
    with open(path, "w", opener=without_links) as file:
        saved_streams = [os.dup(1), os.dup(2)]
        for number in (1, 2):
            os.dup2(file.fileno(), number)
        try:
            yield
        finally:
            try:
                sys.stdout.flush()
                sys.stderr.flush()
            finally:  # a full disk must not leave the process without its own streams
                for number, saved_stream in zip((1, 2), saved_streams, strict=True):
                    os.dup2(saved_stream, number)
                    os.close(saved_stream)
