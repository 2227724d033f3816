"""Runs read back from their folders: nothing is unpickled, and only trusted classes are built."""

from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from .spec import TRUSTED, check_trusted

if TYPE_CHECKING:
    from .methods import DomainAdapter

CHECKPOINTS = ("model.ckpt", "last.ckpt")
"""Names under which a run's folder holds its weights: chosen, or those of the last step."""


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """A checkpoint, from its file or from the folder of its run.

    Raises:
        FileNotFoundError: There is none.
    """
    path = Path(path)
    candidates = [path / name for name in CHECKPOINTS] if path.is_dir() else [path]
    for candidate in candidates:
        if candidate.is_file():
            return torch.load(candidate, map_location="cpu", weights_only=True)
    raise FileNotFoundError(f"{path} holds no checkpoint (looked for {', '.join(CHECKPOINTS)})")


def load(path: str | Path, trusted: Iterable[str] = TRUSTED) -> "DomainAdapter":
    """The trained model of a run, from its folder (or checkpoint file) alone, in evaluation mode.

    Args:
        path: Folder of the run, or a checkpoint in it.
        trusted: Packages whose classes the run may name.

    Raises:
        FileNotFoundError: The folder holds no checkpoint.
        ValueError: The run names a class outside the trusted packages.
    """
    from .methods import DomainAdapter

    checkpoint = read_checkpoint(path)
    if "model" not in checkpoint:
        raise ValueError(
            f"{path}: this checkpoint was not written by da_bench, it describes no model"
        )
    model: DomainAdapter = build(checkpoint["model"], DomainAdapter, trusted)
    model.on_load_checkpoint(checkpoint)
    model.load_state_dict(checkpoint["state_dict"])
    return model.eval()


def load_transform(path: str | Path, trusted: Iterable[str] = TRUSTED) -> Any:
    """What turned a run's raw inputs, images say, into ``x``; None where nothing did."""
    spec = read_checkpoint(path).get("transform")
    if spec is None:
        return None
    check_trusted(spec, trusted)
    module, _, name = spec["class_path"].rpartition(".")
    return build(spec, getattr(import_module(module), name), trusted)


def build(spec: dict[str, Any], base: type, trusted: Iterable[str] = TRUSTED) -> Any:
    """The object that a description names, once its classes are trusted and its types checked."""
    from jsonargparse import ArgumentParser

    check_trusted(spec, trusted)
    parser = ArgumentParser(exit_on_error=False)
    # scikit-learn names no types; its arguments are plain values, or trusted classes again.
    parser.add_subclass_arguments(base, "thing", required=True, fail_untyped=False)
    return parser.instantiate_classes(parser.parse_object({"thing": spec})).thing
