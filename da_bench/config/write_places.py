"""Where a stored configuration may write: into the folder of its run, whatever it says."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from da_bench.io.files import Damaged

from .objects import parameters
from .trusted import find

FOLDERS = ("save_dir", "root_dir", "dirpath", "folder", "run", "dir", "log_dir")
"""Arguments of loggers and callbacks that say where they write."""
NAMES = ("name", "version", "sub_dir", "filename", "prefix", "id")
"""Arguments that become names of files and folders there."""
REPLACED = ("config.yaml", "result.json", "model.ckpt", "last.ckpt", "outputs.npz", "outputs.part",
            "curves.csv", "predictions.csv", "log.txt", "lost.txt", ".claim")  # fmt: skip
"""Files of a run that are written by :mod:`da_bench.io.files`, which follows no link."""
LOGGER = "da_bench.runs.tracking.logger.RunLogger"


def keep_inside(config: dict[str, Any], folder: Path, run: Path | None = None) -> dict[str, Any]:
    """A checked configuration whose trainer writes below ``folder``.

    Loggers, callbacks and the like that were to write elsewhere write there; W&B stays offline.
    This command's own options come after it and may say otherwise.

    Args:
        config: The run's configuration.
        folder: Folder that the run may write to.
        run: Folder of the run, where it differs from ``folder``: then no notice is printed.

    Raises:
        ValueError: A name of a file leads out of the folder.
    """
    trainer = dict(config.get("trainer") or {})
    moved_settings: list[str] = []
    for part in ("logger", "callbacks", "profiler", "plugins", "strategy", "accelerator"):
        if part in trainer:
            trainer[part] = _keep_inside(trainer[part], folder, f"trainer.{part}", moved_settings)
    if moved_settings and run is None:
        print(f"da-bench: {folder / 'config.yaml'} would write outside its folder; this is kept in "
              f"it: {', '.join(moved_settings)}", file=sys.stderr)  # fmt: skip
    folder_settings = {
        "default_root_dir": str(folder),
        "model_registry": None,
    }  # which would be uploaded to
    return config | {"trainer": trainer | folder_settings}


def _keep_inside(value: Any, folder: Path, place: str, moved_settings: list[str]) -> Any:
    if isinstance(value, list):
        return [
            _keep_inside(v, folder, f"{place}[{i}]", moved_settings) for i, v in enumerate(value)
        ]
    if not isinstance(value, Mapping):
        return value
    if "class_path" not in value:
        return {
            k: _keep_inside(v, folder, f"{place}.{k}", moved_settings) for k, v in value.items()
        }
    arguments = dict(value.get("init_args") or {})
    for name in parameters(find(value["class_path"])):
        argument_place, argument = f"{place}.{name}", arguments.get(name)
        if name in FOLDERS and (argument is not None or name == "save_dir"):
            arguments[name] = str(folder)
            if argument is not None and leaves(str(argument), folder):
                moved_settings.append(f"{argument_place}: {argument!r}")
            elif argument is not None:
                arguments[name] = argument
        elif name in NAMES and isinstance(argument, str) and leads_out(argument):
            raise ValueError(
                f"{folder / 'config.yaml'}: {argument_place}: {argument!r} leads out of the folder"
            )
        else:
            continue
    arguments = {
        k: _keep_inside(v, folder, f"{place}.{k}", moved_settings) for k, v in arguments.items()
    }
    if value["class_path"] == LOGGER and arguments.get("online"):
        arguments["online"] = False
        moved_settings.append(f"{place}.online: True")
    return {"class_path": value["class_path"], "init_args": arguments}


def check_links(folder: Path) -> None:
    """Raises where something could be written through a link in the folder of a run.

    Loggers and callbacks make files by names that stand in a stored file, or that Lightning gives:
    a link that lies there by such a name would lead them elsewhere.

    Raises:
        Damaged: A folder in it, or a file that others than we write, is a link to elsewhere.
    """
    for place, folders, names in os.walk(folder):
        is_below = Path(place) != folder
        for name in [*folders, *(name for name in names if is_below or name not in REPLACED)]:
            path = Path(place) / name
            if path.is_symlink() and leaves(str(path), folder):
                advice = "remove it, or put what it leads to in its place"
                raise Damaged(path, "is a link out of the folder that is written to", advice)
        if not is_below and "wandb" in folders:  # full of links, and none that is written through
            folders.remove("wandb")


def leaves(path: str, folder: Path) -> bool:
    """Whether a path, links followed, lies outside a folder."""
    return not Path(path).resolve().is_relative_to(folder.resolve())


def leads_out(name: str) -> bool:
    """Whether a name, joined to a folder, could lie outside it."""
    paths = PurePosixPath(name), PureWindowsPath(name)
    return "://" in name or any(p.anchor or ".." in p.parts for p in paths) or name.startswith("~")
