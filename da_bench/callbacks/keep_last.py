"""The one file that an interrupted run goes on from."""

import time
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint, EarlyStopping, Timer
from lightning.pytorch.utilities import rank_zero_warn

from da_bench.methods.lightning_shortcuts import validation_follows


class KeepLast(Checkpoint):
    """Writes ``last.ckpt`` over and over: each epoch, every so many steps, or so many seconds.

    Lightning's own ModelCheckpoint leaves out the seconds where a method steps its optimizers
    itself (ADDA, MCD, WDGRL), and counts each of their steps where batches are meant. As every
    Checkpoint it comes after the other callbacks, whose state it holds.

    A training that goes on from a step that a validation follows would leave that validation out,
    and with it perhaps the best weights: what is due at such a step is written after it, at an
    epoch's last step at the epoch's end. Gradients that wait for more batches are in no checkpoint:
    it is written once a step was made of them. It also holds what was logged as ``health/...``,
    which a method may tell of but once, and whether the training was stopped early, which is its
    end.

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
        self.stopped = False

    def on_load_checkpoint(
        self, trainer: Trainer, pl_module: LightningModule, checkpoint: dict[str, Any]
    ) -> None:
        """Ends a training at once that had been stopped early: going on would change its end."""
        states = checkpoint.get("callbacks", {})
        if states.get(self.state_key, {}).get("stopped"):
            trainer.should_stop = True
            rank_zero_warn(f"{self.path}: this training was stopped early and has ended; one that "
                           "is to last longer begins anew, with more patience")  # fmt: skip

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """The time begins to run."""
        self.written = time.monotonic()
        health_values = {name: torch.tensor(value) for name, value in self.health.items()}
        trainer.callback_metrics.update(health_values)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Writes where it is time to; at a step that a validation follows only after that."""
        batches = trainer.fit_loop.epoch_loop.batch_progress
        self.due |= bool(self.steps) and batches.total.ready % (self.steps or 1) == 0
        if self.seconds is not None:
            self.due |= time.monotonic() - self.written >= self.seconds
        if batches.is_last_batch or validation_follows(trainer):
            return
        if self.due and not gradients_wait(trainer):
            self.due = False
            self.write(trainer)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes what is due, where the validation was in mid-epoch."""
        if not self.due or trainer.state.fn != "fit" or trainer.sanity_checking:
            return
        last = trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        if not last and not gradients_wait(trainer):
            self.due = False
            self.write(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Writes what is due, and where neither steps nor seconds say when, each time."""
        if self.due or (self.steps is None and self.seconds is None):
            self.due = False
            self.write(trainer)

    def write(self, trainer: Trainer) -> None:
        """Writes the whole state, in place of what was there."""
        metrics = trainer.callback_metrics
        self.health = {k: float(v) for k, v in metrics.items() if k.startswith("health/")}
        early = any(isinstance(c, EarlyStopping) for c in trainer.callbacks)  # type: ignore[attr-defined]
        self.stopped = early and trainer.should_stop and not out_of_time(trainer)
        trainer.save_checkpoint(self.path)
        self.written = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """What was logged of the training's health, and whether it was stopped early."""
        return {"health": self.health, "stopped": self.stopped}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes it up; a checkpoint of an earlier version holds none."""
        self.health = state_dict.get("health", {})


def gradients_wait(trainer: Trainer) -> bool:
    """Whether gradients wait for more batches before a step is made of them.

    Not to be asked after the last batch of an epoch, when Lightning steps whatever is left.
    """
    done = trainer.fit_loop.epoch_loop.batch_progress.current.ready
    return done % trainer.accumulate_grad_batches != 0


def out_of_time(trainer: Trainer) -> bool:
    """Whether a timer ended the training, which goes on where it is granted more."""
    timers = [c for c in trainer.callbacks if isinstance(c, Timer)]  # type: ignore[attr-defined]
    left = [timer.time_remaining() for timer in timers]
    return any(seconds is not None and seconds <= 0 for seconds in left)
