"""One run tested with several choices of its weights, side by side."""

from collections.abc import Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from torch import Tensor

from da_bench.data.task import known

from .keep_best import KeepBest

LAST = "last"


class Selections(Callback):
    """Also tests the last weights, and those of each monitor's best validation.

    What ``trainer.test`` returns gains ``NAME@MONITOR`` beside each ``NAME``, such as
    ``oracle/target@last``. The run itself is untouched: it trains, ends, is tested and saved with
    the weights it would have anyway. So a monitor may be an oracle's, ``oracle/val_target`` (where
    the data says ``oracle_validation: true``): its column, ``oracle/target@oracle/val_target``,
    says what choosing by target labels would have shown, and nothing is chosen by it.

    Args:
        monitors: ``last``, or logged scores that are better the higher they are; the latest of
            equals wins.
    """

    def __init__(self, monitors: Sequence[str] = (LAST, "val/source")) -> None:
        self.monitors = list(monitors)
        self.best: dict[str, float] = {}
        self.weights: dict[str, dict[str, Tensor]] = {}

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Raises ValueError where the last weights would be gone before this could keep them."""
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            if callback is self:
                return
            if isinstance(callback, KeepBest):
                raise ValueError("list Selections before KeepBest, which puts other weights back")

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remembers the weights where a monitor is as good as its best so far."""
        if trainer.sanity_checking or trainer.state.fn != "fit":
            return
        for monitor in self.monitors:
            if monitor == LAST:
                continue
            if monitor not in trainer.callback_metrics:
                logged_names = sorted(k for k in trainer.callback_metrics if "/" in k)
                raise ValueError(
                    f"Selections: nothing is logged as {monitor!r}; logged: "
                    f"{', '.join(logged_names)}"
                    + ("; set data.oracle_validation: true" if "oracle" in monitor else "")
                )
            score = float(trainer.callback_metrics[monitor])
            if score >= self.best.get(monitor, float("-inf")):
                self.best[monitor], self.weights[monitor] = score, copy_weights(pl_module)

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Remembers the last weights, also where a resume found nothing left to train."""
        if LAST in self.monitors:
            self.weights[LAST] = copy_weights(pl_module)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Scores each choice on every test set; the weights stay as they were."""
        current = copy_weights(pl_module)
        try:
            for monitor, weights in self.weights.items():
                pl_module.load_state_dict(weights)
                for name, score in scores(trainer.datamodule, pl_module).items():  # type: ignore[attr-defined]
                    pl_module.log(f"{name}@{monitor}", score)
        finally:
            pl_module.load_state_dict(current)

    def state_dict(self) -> dict[str, Any]:
        """The best so far, for a resume."""
        return {"best": self.best, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up the best so far."""
        self.best, self.weights = state_dict["best"], state_dict["weights"]


def copy_weights(module: LightningModule) -> dict[str, Tensor]:
    """A module's weights, in memory of their own."""
    return {k: v.detach().clone() for k, v in module.state_dict().items()}


@torch.no_grad()
def scores(data: Any, module: Any) -> dict[str, Tensor]:
    """The task's metric on each test set, by the name under which it is logged."""
    by_test_set = {}
    for name, loader in zip(data.evaluations("test"), data.test_dataloader(), strict=True):
        metric = module.task.scorer().to(module.device)
        for batch in loader:
            batch = module.transfer_batch_to_device(batch, module.device, 0)
            role = "source" if name.endswith("/source") else "target"
            is_labelled = known(batch.y)
            if is_labelled.any():
                metric.update(module(batch.x, role)[is_labelled], batch.y[is_labelled])
        if metric.update_called:
            by_test_set[name] = metric.compute()
    return by_test_set
