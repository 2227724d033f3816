"""Columns of a run whose target can't be scored: predicted shares, validators, distance."""

import json
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from da_bench.data.domain import labels
from da_bench.data.task import known
from da_bench.functional import proxy_a_distance
from da_bench.methods import DomainAdapter
from da_bench.results.row import A_DISTANCE, PREDICTED, UNSCORED
from da_bench.results.unlabelled import SCORES
from da_bench.selection import outputs
from da_bench.selection.catalogue import VALIDATORS

MAX_SAMPLES = 1000
"""Samples of a side that the A-distance is measured on, evenly spaced."""


def unscored_columns(
    trainer: Trainer, model: DomainAdapter, data: Any, folder: Path
) -> dict[str, float | str]:
    """Columns of a finished run's row that has no ``oracle/target``.

    Args:
        trainer: The run's trainer.
        model: The trained model.
        data: The run's data module.
        folder: Folder of the run, which holds its outputs.
    """
    test = data.view("target", "test")
    y = labels(data.view("target", "train").data)
    lacks_samples = not len(test) and (y is None or bool(known(y).any()))
    columns: dict[str, float | str] = {
        UNSCORED: "no test samples" if lacks_samples else "no labels"
    }
    if len(test):
        logits = torch.cat(trainer.predict(model, data)).float()  # type: ignore[arg-type]
        columns[PREDICTED] = json.dumps(predicted_shares(logits, model.task))
    try:
        stored_outputs = outputs.read(folder)
    except outputs.MissingOutputs:  # of a method whose features say nothing
        return columns
    for name in SCORES:
        validator = VALIDATORS[name]
        try:
            columns[f"validator/{name}"] = (
                validator(stored_outputs) if validator.higher else -validator(stored_outputs)
            )
        except outputs.Undefined:
            continue  # a regression has no classes, a diverged run no finite features
    try:
        source, target = (
            thin(outputs.check_defined(z))
            for z in (stored_outputs.source_z, stored_outputs.target_z)
        )
    except outputs.Undefined:  # without a common space there is no distance in it
        return columns
    if all(len(z) >= 20 and bool(z.isfinite().all()) for z in (source, target)):
        columns[A_DISTANCE] = proxy_a_distance(source, target).value
    return columns


def predicted_shares(logits: Tensor, task: Any) -> dict[str, float]:
    """Share of samples called each class or label, or the mean of each output of a regression.

    Args:
        logits: Shape ``(n, k)``.
        task: The run's task.
    """
    if hasattr(task, "labels"):  # a sample may have several, each at a probability of half
        return dict(zip(task.columns, (logits > 0).float().mean(0).tolist(), strict=True))
    if not hasattr(task, "names"):
        return {f"output_{i}": v for i, v in enumerate(logits.mean(0).tolist())}
    counts = logits.argmax(1).bincount(minlength=len(task.names))
    return dict(zip(task.names, (counts / len(logits)).tolist(), strict=True))


def thin(z: Tensor) -> Tensor:
    """At most ``MAX_SAMPLES`` rows, evenly spaced."""
    return z if len(z) <= MAX_SAMPLES else z[torch.arange(MAX_SAMPLES) * len(z) // MAX_SAMPLES]
