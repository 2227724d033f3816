"""The one file that an interrupted run goes on from."""

import time
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint


class KeepLast(Checkpoint):
    """Writes ``last.ckpt`` over and over: each epoch, every so many steps, or so many seconds.

    Lightning's own ModelCheckpoint leaves out the seconds where a method steps its optimizers
    itself (ADDA, MCD, WDGRL), and counts each of their steps where batches are meant. As every
    Checkpoint it comes after the other callbacks, whose state it holds.

    A training that goes on from an epoch's last step would leave out that epoch's validation, and
    with it perhaps the best weights: what is due at that step is written at the epoch's end. It
    also holds what was logged as ``health/...``, which a method may tell of but once.

    Args:
        folder: Where to write.
        steps: Batches between two, at least 1; None: not by steps.
        seconds: At least so many between two, looked at after each batch; None: not by time.

    Raises:
        ValueError: Fewer than one step, or a negative time.
    """

    def __init__(
        self, folder: str | Path, steps: int | None = None, seconds: float | None = None
    ) -> None:
        if steps is not None and steps < 1:
            raise ValueError(f"steps={steps}: at least 1 between two checkpoints")
        if seconds is not None and seconds < 0:
            raise ValueError(f"seconds={seconds}: not negative")
        self.path, self.steps, self.seconds = Path(folder) / "last.ckpt", steps, seconds
        self.written, self.due = time.monotonic(), False
        self.health: dict[str, float] = {}

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The time begins to run."""
        self.written = time.monotonic()
        known = {name: torch.tensor(value) for name, value in self.health.items()}
        trainer.callback_metrics.update(known)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Writes where it is time to, at an epoch's last step only once the epoch has ended."""
        progress = trainer.fit_loop.epoch_loop.batch_progress
        due = bool(self.steps) and progress.total.ready % (self.steps or 1) == 0
        if self.seconds is not None:
            due |= time.monotonic() - self.written >= self.seconds
        self.due = due and progress.is_last_batch
        if due and not self.due:
            self.write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes what is due, and where neither steps nor seconds say when, each time."""
        if self.due or (self.steps is None and self.seconds is None):
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Writes the whole state, in place of what was there."""
        metrics = trainer.callback_metrics
        self.health = {k: float(v) for k, v in metrics.items() if k.startswith("health/")}
        trainer.save_checkpoint(self.path)
        self.written = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """What was logged of the training's health."""
        return {"health": self.health}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes it up; a checkpoint of an earlier version holds none."""
        self.health = state_dict.get("health", {})
