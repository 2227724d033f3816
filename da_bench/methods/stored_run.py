"""A stored run as objects: its model, its data, and its configuration with every name checked."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from lightning.pytorch import Trainer
from torch import nn

from da_bench.config.descriptions import check_description
from da_bench.config.trusted import trusting
from da_bench.config.worker_limits import check_processes
from da_bench.config.write_places import keep_inside
from da_bench.data import DomainPair
from da_bench.data.formats.images import ImageTransform

from .base import DomainAdapter
from .checkpoint import build, checkpoint_path, load_model, read_checkpoint, read_config


def load(path: str | Path, trusted: Iterable[str] = (), **parts: nn.Module) -> DomainAdapter:
    """The trained model of a run, from its folder (or checkpoint file) alone, in evaluation mode.

    Args:
        path: Folder of the run, or a checkpoint in it.
        trusted: Import paths of classes and functions of your own that the run may name.
        **parts: ``encoder`` or ``target_encoder``, where the run could not describe it: a network
            of the same form, whose weights are replaced by the run's.

    Raises:
        FileNotFoundError: The folder holds no checkpoint.
        TypeError: A part of another name.
        ValueError: The run names code that is neither da_bench's nor ``trusted``, all of which the
            error names, or describes no model, or needs a part.
    """
    return load_model(path, DomainAdapter, trusted, parts)


def load_transform(path: str | Path, trusted: Iterable[str] = ()) -> Any:
    """What turned a run's raw inputs, images say, into ``x``; None where nothing did.

    Args:
        path: Folder of the run, or a checkpoint in it.
        trusted: Import paths of classes and functions of your own that the run may name.

    Raises:
        ValueError: The run names code that is neither da_bench's nor ``trusted``.
    """
    spec = read_checkpoint(path).get("transform")
    if spec is None:
        return None
    with trusting(trusted):
        return build(spec, ImageTransform | Callable, checkpoint_path(path), "transform")


def load_data(folder: str | Path, trusted: Iterable[str] = ()) -> DomainPair:
    """The data that a run was trained on, from its folder.

    Args:
        folder: Folder of the run.
        trusted: Import paths of classes and functions of your own that the run may name.

    Raises:
        FileNotFoundError: The folder holds no configuration.
        ValueError: The run names code that is neither da_bench's nor ``trusted``.
    """
    file, config = Path(folder) / "config.yaml", read_config(Path(folder))
    check_processes(config, file)
    with trusting(trusted):
        data: DomainPair = build(config.get("data"), DomainPair, file, "data")
    return data


def checked_config(
    folder: Path, scratch: Path | None = None, options: Sequence[str] = ()
) -> dict[str, Any]:
    """The configuration of a run, every name in it checked, writing into its folder alone.

    Args:
        folder: Folder of the run.
        scratch: Where it is to write, in place of its folder.
        options: The command's own, which say otherwise of what they name.

    Raises:
        FileNotFoundError: The folder holds no configuration.
        ValueError: The configuration names code that is neither da_bench's nor trusted, or has a
            section that no run has.
    """
    file, config = folder / "config.yaml", read_config(folder)
    trainer = {"class_path": "lightning.pytorch.Trainer", "init_args": config.get("trainer") or {}}
    hints = {
        "seed_everything": int | bool,
        "trainer": Trainer,
        "model": DomainAdapter,
        "data": DomainPair,
        "health": bool,
        "lightning_shortcuts": bool,
    }
    description = check_description(config | {"trainer": trainer}, hints, file)
    check_processes(config, file, options)
    description["trainer"] = description["trainer"]["init_args"]
    return (
        keep_inside(description, folder)
        if scratch is None
        else keep_inside(description, scratch, folder)
    )
