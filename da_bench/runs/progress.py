"""The progress that a worker reports of its run."""

from collections.abc import Callable

from lightning.pytorch import Callback, LightningModule, Trainer


class Report(Callback):
    """Reports the share of the training done after each epoch.

    Args:
        tell: Function that takes a number in ``[0, 1]``.
    """

    def __init__(self, tell: Callable[[float], None]) -> None:
        self.tell = tell

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Reports the share of all epochs that is done."""
        self.tell((trainer.current_epoch + 1) / max(1, trainer.max_epochs or 1))
