"""Which features a model was trained on: kept in its checkpoint, and held to wherever it goes."""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from da_bench.config.objects import describe
from da_bench.data.align import align_to_run

from .checkpoint import read_checkpoint
from .lightning_shortcuts import attached_trainer
from .undescribed import describe_model

if TYPE_CHECKING:
    from .base import DomainAdapter


def keep(module: "DomainAdapter", checkpoint: dict[str, Any]) -> None:
    """Adds to a checkpoint the model, its data's transform and its features, as plain values."""
    with suppress(TypeError):  # of which training has warned
        checkpoint["model"], undescribed = describe_model(module)
        if undescribed:
            checkpoint["undescribed"] = undescribed
    data = getattr(module.trainer, "datamodule", None)
    checkpoint["transform"] = describe(getattr(data, "transform", None))
    checkpoint["columns"] = getattr(data, "columns", None)


def restore(module: "DomainAdapter", checkpoint: dict[str, Any]) -> None:
    """Takes the features from a checkpoint; data that has been read already follows.

    Raises:
        ValueError: The data has other features.
    """
    module.columns = checkpoint.get("columns")
    align_to_run(getattr(attached_trainer(module), "datamodule", None), module.columns)


def start(module: "DomainAdapter", path: str) -> dict[str, Any]:
    """The weights of the run that a model starts from, whose features it takes over.

    Where the target has an encoder of its own, so it has features of its own.
    """
    checkpoint = read_checkpoint(path)
    columns = checkpoint.get("columns")
    if columns and module.target_encoder is not None:
        columns = {**columns, "target": None}
    module.columns = columns
    return checkpoint["state_dict"]
