"""What a run logged over its epochs, kept in its folder as it trains.

It stands in no part of the package that a run's identity is made of: it looks at a training, and
changes nothing in it.
"""

from pathlib import Path

from lightning.pytorch import Callback, Trainer

from da_bench.io.curves import CURVES_FILE, HEADER, is_whole_line
from da_bench.io.files import without_links, write_whole
from da_bench.methods import DomainAdapter

VALIDATION_PREFIXES = ("val/", "oracle/", "divergence/", "bound/")
"""Beginnings of what is logged by a validation: stale at the end of an epoch that had none."""


class KeepCurves(Callback):
    """Adds every scalar that was logged to ``curves.csv`` at each epoch's end.

    Terms of the loss stand there as ``train/NAME``: their mean over the last steps of the epoch,
    as the loggers' interval cuts it. A line is added at a time, so that a run that is killed
    loses no finished epoch, and one that goes on from a checkpoint goes on from there.

    Args:
        folder: Folder of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.validated = folder / CURVES_FILE, False

    def on_train_start(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Drops what lies after the step that this training goes on from."""
        if not trainer.is_global_zero:
            return
        batches_done = trainer.fit_loop.epoch_loop.batch_progress.total.ready
        remaining_lines = [HEADER]
        if batches_done and self.path.is_file():
            lines = self.path.read_text(errors="replace").splitlines(keepends=True)[1:]
            remaining_lines += [
                line
                for line in lines
                if is_whole_line(line) and int(line.split(",")[1]) <= batches_done
            ]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(self.path, "".join(remaining_lines))

    def on_validation_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Notes that this epoch has scores of a validation."""
        self.validated = True

    def on_train_epoch_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Adds a line for each scalar."""
        pl_module.flush()  # the model's own turn is after the callbacks'
        if not trainer.is_global_zero:
            return
        step = trainer.fit_loop.epoch_loop.batch_progress.total.ready
        lines = []
        for name, value in trainer.callback_metrics.items():
            if self.validated or not name.startswith(VALIDATION_PREFIXES):
                full = name if "/" in name else f"train/{name}"
                lines.append(f"{trainer.current_epoch},{step},{full},{float(value):.9g}\n")
        with open(self.path, "a", opener=without_links) as file:
            file.write("".join(lines))
        self.validated = False
