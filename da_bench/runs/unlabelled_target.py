"""What a run tells of a target that it can't be scored on: shares, validators, distance."""

import json
from pathlib import Path
from typing import Any

import torch
from lightning.pytorch import Trainer
from torch import Tensor

from da_bench.data.task import known
from da_bench.data.domain import labels
from da_bench.functional import proxy_a_distance
from da_bench.methods import DomainAdapter
from da_bench.selection import outputs
from da_bench.selection.catalogue import VALIDATORS

from da_bench.results.row import UNSCORED
from da_bench.results.unlabelled import SCORES

MOST = 1000
"""Samples of a side that the A-distance is measured on, evenly spaced."""


def figures(
    trainer: Trainer, model: DomainAdapter, data: Any, folder: Path
) -> dict[str, float | str]:
    """Columns of a finished run's row that has no ``oracle/target``.

    Args:
        trainer: Of the run.
        model: Trained.
        data: Its data module.
        folder: Of the run, which holds its outputs.
    """
    test = data.view("target", "test")
    y = labels(data.view("target", "train").data)
    some = not len(test) and (y is None or bool(known(y).any()))
    found: dict[str, float | str] = {UNSCORED: "no test samples" if some else "no labels"}
    if len(test):
        logits = torch.cat(trainer.predict(model, data)).float()  # type: ignore[arg-type]
        found["predicted"] = json.dumps(predicted(logits, model.task))
    try:
        held = outputs.read(folder)
    except outputs.MissingOutputs:  # of a method whose features say nothing
        return found
    for name in SCORES:
        one = VALIDATORS[name]
        try:
            found[f"validator/{name}"] = one(held) if one.higher else -one(held)
        except outputs.Undefined:
            continue  # a regression has no classes, a diverged run no finite features
    try:
        source, target = (thinned(outputs.defined(z)) for z in (held.source_z, held.target_z))
    except outputs.Undefined:  # without a common space there is no distance in it
        return found
    if all(len(z) >= 20 and bool(z.isfinite().all()) for z in (source, target)):
        found["a_distance"] = proxy_a_distance(source, target).value
    return found


def predicted(logits: Tensor, task: Any) -> dict[str, float]:
    """Share of samples called each class or label, or the mean of each output of a regression.

    Args:
        logits: Shape ``(n, k)``.
        task: Of the run.
    """
    if hasattr(task, "labels"):  # a sample may have several, each at a probability of half
        return dict(zip(task.columns, (logits > 0).float().mean(0).tolist(), strict=True))
    if not hasattr(task, "names"):
        return {f"output_{i}": v for i, v in enumerate(logits.mean(0).tolist())}
    counts = logits.argmax(1).bincount(minlength=len(task.names))
    return dict(zip(task.names, (counts / len(logits)).tolist(), strict=True))


def thinned(z: Tensor) -> Tensor:
    """At most ``MOST`` rows, evenly spaced."""
    return z if len(z) <= MOST else z[torch.arange(MOST) * len(z) // MOST]
