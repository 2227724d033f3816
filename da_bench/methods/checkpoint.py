"""The one door from a stored run to objects: nothing is unpickled, and only what is known is built.

Every object that a run's folder describes is made here, or by :mod:`da_bench.runs.train`, which
takes its configuration from here: see :mod:`da_bench.config.trusted` for what is known.
"""

import os
from collections.abc import Iterable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeVar

from lightning.pytorch import LightningModule
from torch import nn

from da_bench.config.construction import building
from da_bench.config.descriptions import check_description
from da_bench.config.trusted import find, reading, trusting
from da_bench.io.archives import CHECKPOINTS
from da_bench.io.archives import checkpoint as read_file
from da_bench.io.files import Damaged, one_line, yaml_of

from .undescribed import check_parts

Model = TypeVar("Model", bound=LightningModule)


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


def read_config(folder: Path) -> dict[str, Any]:
    """The resolved configuration of a run, in plain values: no name in it is checked yet.

    Raises:
        FileNotFoundError: The folder holds none.
        Damaged: It can't be read, or describes no run.
    """
    path = folder / "config.yaml"
    try:
        config = yaml_of(path)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"{folder} holds no config.yaml: it is not the folder of a run"
        ) from error
    for part in ("model", "data"):
        description = config.get(part)
        if not isinstance(description, dict) or not isinstance(description.get("class_path"), str):
            raise Damaged(path, f"lacks {part}.class_path")
        if not isinstance(description.setdefault("init_args", {}), dict):
            raise Damaged(path, f"has {part}.init_args that are no settings")
    if not isinstance(config.setdefault("trainer", {}), dict):
        raise Damaged(path, "has a trainer that is no settings")
    return config


RESUMED: Mapping[str, type] = {
    "loops": dict, "optimizer_states": list, "lr_schedulers": list, "callbacks": dict,
    "epoch": int, "global_step": int, "pytorch-lightning_version": str,
}  # fmt: skip
"""What a checkpoint holds beside its weights, from which a training goes on, and its types."""


def check_resumable(path: Path) -> None:
    """Raises where a training can't go on from a ``last.ckpt``.

    Raises:
        FileNotFoundError: There is none.
        Damaged: It can't be read, or lacks what a training goes on from.
    """
    advice = "remove it, and train from the start into another folder"
    if not os.path.lexists(path):
        raise FileNotFoundError(f"{path}: there is no last.ckpt to go on from")
    checkpoint = read_file(path, advice)
    if missing_keys := [key for key in RESUMED if key not in checkpoint]:
        raise Damaged(
            path, f"lacks {', '.join(missing_keys)}, which a training goes on from", advice
        )
    if wrong_keys := [
        key for key, kind in RESUMED.items() if not isinstance(checkpoint[key], kind)
    ]:
        raise Damaged(path, f"holds another {wrong_keys[0]} than a training writes", advice)
    if checkpoint["global_step"] < 0 or (
        checkpoint["global_step"] and not checkpoint["optimizer_states"]
    ):
        raise Damaged(path, f"holds no optimizer of its {checkpoint['global_step']} steps", advice)
    try:
        _loop().load_state_dict(deepcopy(checkpoint["loops"]["fit_loop"]))
    except Exception as error:  # whatever Lightning makes of it
        reason = one_line(error)
        raise Damaged(path, f"holds loops that can't be read ({reason})", advice) from error


def _loop() -> Any:
    """A training's loop as Lightning makes it, to read into what a checkpoint says of one."""
    from lightning.pytorch import Trainer

    return Trainer(
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    ).fit_loop


def load_model(
    path: str | Path,
    kind: type[Model],
    trusted: Iterable[str] = (),
    parts: Mapping[str, nn.Module] | None = None,
) -> Model:
    """The trained model of a checkpoint, in evaluation mode.

    Args:
        path: Folder of the run, or a checkpoint in it.
        kind: The class that the model must be of.
        trusted: Import paths of classes and functions of your own that the run may name.
        parts: Networks by argument, in place of those that the run describes; needed where it
            could not describe one.

    Raises:
        FileNotFoundError: The folder holds no checkpoint.
        TypeError: A part that can't be given.
        ValueError: The run names code that is neither da_bench's nor ``trusted``, all of which the
            error names, or describes no model of that class, or needs a part.
    """
    checkpoint, file = read_checkpoint(path), checkpoint_path(path)
    if "model" not in checkpoint:
        raise Damaged(file, "was not written by da_bench: this checkpoint describes no model")
    parts = parts or {}
    check_parts(checkpoint.get("undescribed"), parts, file)
    with trusting(trusted):
        model: Model = build(checkpoint["model"], kind, file, "model", parts)
    take_weights(model, checkpoint, path)
    return model.eval()


def take_weights(model: LightningModule, checkpoint: dict[str, Any], path: str | Path) -> None:
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


def build(
    spec: Any, kind: Any, file: Any, place: str, parts: Mapping[str, nn.Module] | None = None
) -> Any:
    """The object of type ``kind`` that a part of a stored file describes, once that is admitted.

    ``parts`` take the place of the arguments that they are named after.
    """
    from jsonargparse import ArgumentParser

    description = check_description(spec, kind, file, place)
    if not isinstance(description, dict):
        raise ValueError(
            f"{file}: {place}: expected class_path and init_args, found {description!r}"
        )
    parser = ArgumentParser(exit_on_error=False)
    # scikit-learn names no types; its arguments are plain values, or listed classes again.
    parser.add_subclass_arguments(
        find(description["class_path"]), "thing", required=True, fail_untyped=False
    )
    placeholders = {name: {"class_path": "torch.nn.Identity"} for name in parts or {}}
    description["init_args"] = {**description.get("init_args", {}), **placeholders}
    with reading(), building(Path(file)):
        parsed = parser.parse_object({"thing": description})
        for name, part in (parts or {}).items():
            parsed.thing.init_args[name] = part
        return parser.instantiate_classes(parsed).thing
