"""Carries out one job: trains, tests and saves the model, and writes the row of the run."""

import platform
import sys
import traceback
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Callback

from da_bench.callbacks import Health, KeepBest, KeepLast, KeepOutputs
from da_bench.config.write_places import check_links
from da_bench.io.files import Damaged
from da_bench.methods.checkpoint import check_resumable
from da_bench.results.row import (
    CLASSES,
    CODE,
    DEVICE,
    EPOCHS,
    ERROR,
    HIGHER_IS_BETTER,
    HYPERPARAMETERS,
    IDENTITY,
    MAX_EPOCHS,
    METRIC,
    RECIPE,
    SCORE,
    SELECTION,
    STATUS,
    TARGET_TEST,
    VERSIONS,
)
from da_bench.results.store import inside, write_result

from .plan import Job
from .resources import Cost
from .train import Command, save_config
from .unlabelled_target import unscored_columns

PACKAGES = ("da_bench", "torch", "lightning", "torchmetrics", "numpy", "scikit-learn")

SECONDS_BETWEEN_CHECKPOINTS = 60.0
"""Seconds between two checkpoints of a run: one killed, or requeued, loses no more than that."""


def execute(job: Job, out: Path, callbacks: list[Callback]) -> dict[str, Any]:
    """Runs ``job`` in its folder below ``out``; returns the row that it wrote.

    A run that fails leaves a row with ``status: failed`` and the error's last line.
    """
    folder = inside(out, job.folder)
    check_links(folder)
    plan, cost = job.plan, Cost()
    row: dict[str, Any] = {
        IDENTITY: job.identity,
        RECIPE: job.recipe,
        CODE: job.code,
        CLASSES: list(job.classes),
        **plan.columns,
    }
    try:
        row |= {STATUS: "ok"} | train(job, out, folder, callbacks, row)
    except Exception as error:
        traceback.print_exc()
        row |= {STATUS: "failed", ERROR: f"{type(error).__name__}: {error}"}
    row |= cost.so_far(row.get(DEVICE)) | {
        "python": platform.python_version(),
        VERSIONS: {name: installed_version(name) for name in PACKAGES},
    }
    write_result(folder, row)
    return row


def train(
    job: Job, out: Path, folder: Path, callbacks: list[Callback], row: dict[str, Any]
) -> dict[str, Any]:
    """Fits and scores; returns the row's figures.

    What was diagnosed goes into ``row`` at once: it is most useful where the run then fails.
    """
    config = job.config
    config["trainer"] |= {
        "default_root_dir": str(folder),
        "enable_checkpointing": False,
        "enable_progress_bar": False,
    }
    if job.start_from:
        config["model"]["init_args"]["init_from"] = str(out / job.start_from.folder)
    save_config(config, folder)
    command = Command(config)
    trainer, model, data = command.trainer, command.model, command.datamodule
    last = resumable(folder / "last.ckpt")  # of this very run, which was killed before its end
    savers = [KeepLast(folder, seconds=SECONDS_BETWEEN_CHECKPOINTS), KeepOutputs(folder)]
    trainer.callbacks += [*callbacks, *savers]  # type: ignore[attr-defined]
    try:
        trainer.fit(model, data, ckpt_path=str(last) if last else None, weights_only=True)
    finally:
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if isinstance(callback, Health):
                row |= callback.columns
    health = {k: float(v) for k, v in trainer.callback_metrics.items() if k.startswith("health/")}
    epochs = trainer.current_epoch
    scores = {
        k: v for loader in trainer.validate(model, data, verbose=False) for k, v in loader.items()
    }
    scores |= {
        k: v for loader in trainer.test(model, data, verbose=False) for k, v in loader.items()
    }
    trainer.save_checkpoint(folder / "model.ckpt", weights_only=True)
    unscored = {} if SCORE in scores else unscored_columns(trainer, model, data, folder)
    (folder / "last.ckpt").unlink(missing_ok=True)
    callbacks_used, device = trainer.callbacks, trainer.strategy.root_device  # type: ignore[attr-defined]
    selection = next(
        (c.monitor for c in callbacks_used if isinstance(c, KeepBest) and c.weights), "last"
    )
    return {
        METRIC: model.task.metric,
        HIGHER_IS_BETTER: model.task.higher_is_better,
        SELECTION: selection,
        TARGET_TEST: data.target_test,
        # What the method trains on: data may grant labels to one that reads none.
        "labels": (data.target_labels or None) if model.needs_target_labels else None,
        **scores,
        **unscored,
        **health,
        EPOCHS: epochs,
        MAX_EPOCHS: trainer.max_epochs,
        # Of the trainer: it has brought the model back from there.
        DEVICE: torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu",
        HYPERPARAMETERS: config["model"]["init_args"],
    }


def resumable(last: Path) -> Path | None:
    """The checkpoint, where a training can go on from it; one that is damaged is removed."""
    try:
        check_resumable(last)
    except FileNotFoundError:
        return None
    except Damaged as error:
        print(f"da-bench: {last} {error.fault}: the run begins anew", file=sys.stderr)
        if last.is_dir() and not last.is_symlink():
            raise
        last.unlink()
        return None
    return last


def installed_version(package: str) -> str | None:
    """A package's version; None where it runs from a bare checkout."""
    try:
        return version(package)
    except ModuleNotFoundError:
        return None
