"""The one file that an interrupted run goes on from."""

import time
from pathlib import Path
from typing import Any

from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint


class KeepLast(Checkpoint):
    """Writes ``last.ckpt`` over and over: each epoch, every so many steps, or so many seconds.

    Lightning's own ModelCheckpoint leaves out the seconds where a method steps its optimizers
    itself (ADDA, MCD, WDGRL), and counts each of their steps where batches are meant. As every
    Checkpoint it comes after the other callbacks, whose state it holds.

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
        self.written = time.monotonic()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The time begins to run."""
        self.written = time.monotonic()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Writes where it is time to."""
        batches = trainer.fit_loop.epoch_loop.batch_progress.total.ready
        if (self.steps and batches % self.steps == 0) or (
            self.seconds is not None and time.monotonic() - self.written >= self.seconds
        ):
            self.write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes, unless steps or seconds say when."""
        if self.steps is None and self.seconds is None:
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Writes the whole state, in place of what was there."""
        trainer.save_checkpoint(self.path)
        self.written = time.monotonic()
