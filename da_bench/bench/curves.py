"""What a run logged over its epochs, kept in its folder: written as it trains, and read back.

It stands in no part of the package that a run's identity is made of: it looks at a training, and
changes nothing in it.
"""

from pathlib import Path

import pandas as pd
from lightning.pytorch import Callback, Trainer

from da_bench.methods import DomainAdapter

NAME = "curves.csv"
"""In the folder of a run."""
HEAD = "epoch,step,name,value\n"
VALIDATED = ("val/", "oracle/", "divergence/", "bound/")
"""Beginnings of what is logged by a validation: stale at the end of an epoch that had none."""


class KeepCurves(Callback):
    """Adds every scalar that was logged to ``curves.csv`` at each epoch's end.

    Terms of the loss stand there as ``train/NAME``: their mean over the last steps of the epoch,
    as the loggers' interval cuts it. A line is added at a time, so that a run that is killed
    loses nothing that it told, and one that goes on from a checkpoint goes on from there.

    Args:
        folder: Of the run.
    """

    def __init__(self, folder: Path) -> None:
        self.path, self.validated = folder / NAME, False

    def on_train_start(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Drops what lies after the step that this training goes on from."""
        if not trainer.is_global_zero:
            return
        done = trainer.fit_loop.epoch_loop.batch_progress.total.ready
        kept = [HEAD]
        if done and self.path.is_file():
            lines = self.path.read_text().splitlines(keepends=True)[1:]
            kept += [line for line in lines if whole(line) and int(line.split(",")[1]) <= done]
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_text("".join(kept))

    def on_validation_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Its scores are of this epoch."""
        self.validated = True

    def on_train_epoch_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Adds a line for each scalar."""
        pl_module.flush()  # the model's own turn is after the callbacks'
        if not trainer.is_global_zero:
            return
        step = trainer.fit_loop.epoch_loop.batch_progress.total.ready
        lines = []
        for name, value in trainer.callback_metrics.items():
            if self.validated or not name.startswith(VALIDATED):
                full = name if "/" in name else f"train/{name}"
                lines.append(f"{trainer.current_epoch},{step},{full},{float(value):.9g}\n")
        with self.path.open("a") as file:
            file.write("".join(lines))
        self.validated = False


def whole(line: str) -> bool:
    """Whether a line is one of ours, to its end; the last of a killed run may not be."""
    parts = line.rstrip("\n").split(",")
    return line.endswith("\n") and len(parts) == 4 and parts[0].isdigit() and parts[1].isdigit()


def points(folder: Path) -> list[tuple[int, int, str, float]]:
    """Epoch, step, name and value of each line that is whole, as they were written.

    Args:
        folder: Of the run; one that keeps no curves has no point.
    """
    try:
        lines = (folder / NAME).read_text(errors="replace").splitlines(keepends=True)[1:]
    except OSError:
        return []
    found = []
    for line in filter(whole, lines):
        epoch, step, name, value = line.rstrip("\n").split(",")
        try:
            found.append((int(epoch), int(step), name, float(value)))
        except ValueError:
            continue  # no number: written by something else
    return found


def read(folder: Path) -> pd.DataFrame:
    """The curves of a run: ``epoch``, ``step`` and a column for each scalar, by name.

    Empty where it kept none, as runs of older versions did; lines that are not whole are left out,
    and of an epoch that was done twice the later counts.

    Args:
        folder: Of the run.
    """
    long = pd.DataFrame(points(folder), columns=["epoch", "step", "name", "value"]).dropna()
    if long.empty:
        return pd.DataFrame(columns=["epoch", "step"])
    steps = long.groupby("epoch")["step"].max()
    wide = long.drop_duplicates(["epoch", "name"], keep="last").pivot(
        index="epoch", columns="name", values="value"
    )
    wide.columns.name = None
    return wide.assign(step=steps).reset_index()[["epoch", "step", *wide.columns]]


def over_seeds(runs: pd.DataFrame, out: Path, most: int = 40) -> pd.DataFrame:
    """Mean and spread over seeds: ``method``, ``task``, ``name``, ``epoch``, ``mean``, ``spread``.

    Args:
        runs: ``name``, ``task`` and ``folder``, a line a run.
        out: Folder of the comparison.
        most: Epochs of a curve that are kept: of more, so many, evenly spaced, the last among them.
    """
    lines = [
        (method, task, *point)
        for method, task, folder in zip(runs["name"], runs["task"], runs["folder"], strict=True)
        for point in points(out / folder)
    ]
    columns = ["method", "task", "epoch", "step", "name", "value"]
    long = pd.DataFrame(lines, columns=columns).replace([float("inf"), -float("inf")], float("nan"))
    keys = ["method", "task", "name", "epoch"]
    found = long.dropna().groupby(keys, sort=False)["value"].agg(["mean", "std"]).reset_index()
    epochs = sorted(found["epoch"].unique())
    if len(epochs) > most:
        kept = {epochs[round(i * (len(epochs) - 1) / (most - 1))] for i in range(most)}
        found = found[found["epoch"].isin(kept)]
    return found.rename(columns={"std": "spread"}).sort_values(keys, kind="stable")
