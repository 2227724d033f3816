"""The one door from a stored run to objects: nothing is unpickled, and only what is known is built.

Every object that a run's folder describes is made here, or by :mod:`da_bench.bench.command`, which
takes its configuration from here: see :mod:`da_bench.trusted` for what is known.
"""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from . import experiments
from .admit import admitted
from .trusted import find, reading, trusting
from .writes import inside

if TYPE_CHECKING:
    from .data import DomainPair
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


def read_config(folder: Path) -> dict[str, Any]:
    """The resolved configuration of a run, in plain values: nothing in it is checked yet.

    Raises:
        FileNotFoundError: The folder holds none.
        ValueError: It is no YAML of settings.
    """
    path = folder / "config.yaml"
    if not path.is_file():
        raise FileNotFoundError(f"{folder} holds no config.yaml: it is not the folder of a run")
    config = experiments.load(path)
    if not isinstance(config, dict):
        raise ValueError(f"{path}: expected the settings of a run, found {config!r}"[:300])
    return config


def load(path: str | Path, trusted: Iterable[str] = ()) -> "DomainAdapter":
    """The trained model of a run, from its folder (or checkpoint file) alone, in evaluation mode.

    Args:
        path: Folder of the run, or a checkpoint in it.
        trusted: Import paths of classes and functions of your own that the run may name.

    Raises:
        FileNotFoundError: The folder holds no checkpoint.
        ValueError: The run names code that is neither da_bench's nor ``trusted``, all of which the
            error names, or describes no model.
    """
    from .methods import DomainAdapter

    checkpoint = read_checkpoint(path)
    if "model" not in checkpoint:
        raise ValueError(
            f"{path}: this checkpoint was not written by da_bench, it describes no model"
        )
    with trusting(trusted):
        model: DomainAdapter = build(checkpoint["model"], DomainAdapter, path, "model")
    model.on_load_checkpoint(checkpoint)
    model.load_state_dict(checkpoint["state_dict"])
    return model.eval()


def load_transform(path: str | Path, trusted: Iterable[str] = ()) -> Any:
    """What turned a run's raw inputs, images say, into ``x``; None where nothing did.

    Args:
        path: As :func:`load`.
        trusted: As :func:`load`.

    Raises:
        ValueError: As :func:`load`.
    """
    from .data.images import ImageTransform

    spec = read_checkpoint(path).get("transform")
    if spec is None:
        return None
    with trusting(trusted):
        return build(spec, ImageTransform | Callable, path, "transform")


def load_data(folder: str | Path, trusted: Iterable[str] = ()) -> "DomainPair":
    """The data that a run was trained on, from its folder.

    Args:
        folder: Of the run.
        trusted: As :func:`load`.

    Raises:
        FileNotFoundError: The folder holds no configuration.
        ValueError: As :func:`load`.
    """
    from .data import DomainPair

    file = Path(folder) / "config.yaml"
    with trusting(trusted):
        found: DomainPair = build(read_config(Path(folder)).get("data"), DomainPair, file, "data")
    return found


def checked_config(folder: Path, scratch: Path | None = None) -> dict[str, Any]:
    """The configuration of a run, every name in it checked, writing into its folder alone.

    Args:
        folder: Of the run.
        scratch: Where it is to write, in place of its folder.

    Raises:
        FileNotFoundError: The folder holds no configuration.
        ValueError: As :func:`load`; or it holds a section that no run has.
    """
    from lightning.pytorch import Trainer

    from .data import DomainPair
    from .methods import DomainAdapter

    file, config = folder / "config.yaml", read_config(folder)
    trainer = {"class_path": "lightning.pytorch.Trainer", "init_args": config.get("trainer") or {}}
    hints = {
        "seed_everything": int | bool,
        "trainer": Trainer,
        "model": DomainAdapter,
        "data": DomainPair,
        "health": bool,
    }
    found = admitted(config | {"trainer": trainer}, hints, file)
    found["trainer"] = found["trainer"]["init_args"]
    return inside(found, folder) if scratch is None else inside(found, scratch, folder)


def build(spec: Any, kind: Any, file: Any, place: str) -> Any:
    """The object of type ``kind`` that a part of a stored file describes, once that is admitted."""
    from jsonargparse import ArgumentParser

    checked = admitted(spec, kind, file, place)
    if not isinstance(checked, dict):
        raise ValueError(f"{file}: {place}: expected class_path and init_args, found {checked!r}")
    parser = ArgumentParser(exit_on_error=False)
    # scikit-learn names no types; its arguments are plain values, or listed classes again.
    parser.add_subclass_arguments(
        find(checked["class_path"]), "thing", required=True, fail_untyped=False
    )
    with reading():
        return parser.instantiate_classes(parser.parse_object({"thing": checked})).thing
