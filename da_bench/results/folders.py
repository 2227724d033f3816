"""The folders of runs, found and removed."""

import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import closing, suppress
from pathlib import Path

from .store import StoreError, inside


def results(out: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Folders below ``out/runs`` that hold a result, with its time in ns and its size in bytes."""
    for folder in run_folders(out):
        path = f"{out}/{folder}/result.json"
        try:
            stat = os.stat(path)
        except OSError:
            if not os.path.islink(path):
                continue  # not finished, or removed meanwhile
            stat = os.lstat(path)  # a link that leads nowhere is a fault, to be told of
        yield folder, (stat.st_mtime_ns, stat.st_size)


def run_folders(out: Path) -> Iterator[str]:
    """All folders of runs, ``runs/<benchmark>/<method>/<run>``, relative to ``out``."""
    folders = ["runs"]
    for _ in range(3):
        subfolders = []
        for folder in folders:
            with (
                suppress(FileNotFoundError, NotADirectoryError),
                closing(os.scandir(f"{out}/{folder}")) as entries,
            ):
                subfolders += [f"{folder}/{entry.name}" for entry in entries if entry.is_dir()]
        folders = subfolders
    yield from folders


def stands_for(folder: str, names: Collection[str], identity: str) -> bool:
    """Whether a run's folder is one of ``names``, or ends in the first digits of ``identity``."""
    last = folder.rpartition("-")[2]
    return folder in names or (bool(identity) and last.startswith(identity[:10]))


def remove(out: Path, folder: str) -> None:
    """Removes a run's folder: its result first, so that half a removal reads as a run not done.

    Args:
        out: Folder of a comparison or sweep.
        folder: Folder of the run, relative to ``out``.

    Raises:
        StoreError: ``folder`` is not that of a run below ``out``, or leads elsewhere by a link.
    """
    parts = Path(folder).parts
    if len(parts) != 4 or parts[0] != "runs" or ".." in parts:
        raise StoreError(f"{folder!r} is not the folder of a run: runs/<benchmark>/<method>/<run>")
    place = inside(out, folder)
    if place.is_symlink():  # to elsewhere in the same folder: the link goes, not what it leads to
        place.unlink()
        return
    (place / "result.json").unlink(missing_ok=True)
    shutil.rmtree(place)
