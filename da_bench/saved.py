"""Runs read back from their folders: nothing is unpickled, and only trusted classes are built."""

import os
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .archives import checkpoint as read_file
from .files import Damaged, one_line
from .spec import TRUSTED, check_trusted

if TYPE_CHECKING:
    from .methods import DomainAdapter

CHECKPOINTS = ("model.ckpt", "last.ckpt")
"""Names under which a run's folder holds its weights: chosen, or those of the last step."""


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """A checkpoint, from its file or from the folder of its run.

    Raises:
        FileNotFoundError: There is none.
        Damaged: It can't be read, or holds no weights.
    """
    return read_file(checkpoint_path(path))


def checkpoint_path(path: str | Path) -> Path:
    """The checkpoint of a run's folder; a file stays as it is.

    Raises:
        FileNotFoundError: There is none.
    """
    path = Path(path)
    candidates = [path / name for name in CHECKPOINTS] if path.is_dir() else [path]
    for candidate in candidates:
        if os.path.lexists(candidate):
            return candidate
    raise FileNotFoundError(f"{path} holds no checkpoint (looked for {', '.join(CHECKPOINTS)})")


RESUMED = ("loops", "optimizer_states", "lr_schedulers", "callbacks", "epoch", "global_step")
"""What a checkpoint holds beside its weights, from which a training goes on."""


def check_resumable(path: Path) -> None:
    """Raises where a training can't go on from a ``last.ckpt``.

    Raises:
        FileNotFoundError: There is none.
        Damaged: It can't be read, or lacks what a training goes on from.
    """
    advice = "remove it, and train from the start into another folder"
    if not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: there is no last.ckpt to go on from")
    held = read_file(path, advice)
    if lacking := [key for key in RESUMED if key not in held]:
        raise Damaged(path, f"lacks {', '.join(lacking)}, which a training goes on from", advice)


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
        raise Damaged(
            checkpoint_path(path),
            "was not written by da_bench: this checkpoint describes no model",
        )
    model: DomainAdapter = build(checkpoint["model"], DomainAdapter, trusted)
    take_weights(model, checkpoint, path)
    return model.eval()


def take_weights(model: "DomainAdapter", checkpoint: dict[str, Any], path: str | Path) -> None:
    """Gives a model the weights of its checkpoint.

    Raises:
        Damaged: They are not those of this model.
    """
    model.on_load_checkpoint(checkpoint)
    try:
        model.load_state_dict(checkpoint["state_dict"])
    except RuntimeError as error:
        fault = f"holds weights that are not of its model ({one_line(error)})"
        raise Damaged(checkpoint_path(path), fault) from error


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
