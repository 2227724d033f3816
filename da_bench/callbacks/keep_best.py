"""Choosing among a run's own epochs, by what a setting lets one see."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.utilities import rank_zero_warn
from torch import Tensor


class KeepBest(Callback):
    """Ends the training with the weights of its best validation; the latest of equals wins.

    Args:
        monitor: A logged score, such as ``val/source``.
        mode: Whether the ``max`` or the ``min`` is best.
        allow_oracle: Permits a score that reads target labels which the setting does not grant.

    Raises:
        ValueError: ``monitor`` is an oracle's and that was not allowed; an unknown ``mode``.
    """

    def __init__(
        self, monitor: str = "val/source", mode: str = "max", allow_oracle: bool = False
    ) -> None:
        if monitor.startswith("oracle/") and not allow_oracle:
            raise ValueError(
                f"monitor={monitor!r} reads target labels: choose by val/source, or say "
                "allow_oracle: true and let every table that shows the number say so"
            )
        if mode not in ("max", "min"):
            raise ValueError(f"mode={mode!r}: expected max, or min where lower is better")
        self.monitor, self.allow_oracle = monitor, allow_oracle
        self.sign = 1 if mode == "max" else -1
        self.best = float("-inf")
        self.weights: dict[str, Tensor] = {}

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remembers the weights where they are as good as the best so far."""
        if trainer.sanity_checking or not trainer.fit_loop.epoch_loop.batch_progress.total.ready:
            return
        if trainer.state.fn != "fit":
            return
        if self.monitor not in trainer.callback_metrics:
            logged_names = sorted(name for name in trainer.callback_metrics if "/" in name)
            raise ValueError(
                f"KeepBest: nothing is logged as {self.monitor!r}; logged: "
                f"{', '.join(logged_names)}"
            )
        score = self.sign * float(trainer.callback_metrics[self.monitor])
        if score >= self.best:
            self.best = score
            self.weights = {
                name: value.detach().clone() for name, value in pl_module.state_dict().items()
            }

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Puts the best weights back, also where a resume found nothing left to train."""
        if self.weights:
            with torch.no_grad():
                pl_module.load_state_dict(self.weights)
        else:
            rank_zero_warn(
                f"KeepBest: no validation gave a number as {self.monitor!r}, so the weights are "
                "those of the last step; see trainer.max_epochs and trainer.val_check_interval"
            )

    def state_dict(self) -> dict[str, Any]:
        """The best so far, for a resume."""
        return {"best": self.best, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best so far."""
        self.best, self.weights = state_dict["best"], state_dict["weights"]
