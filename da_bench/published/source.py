"""What the benchmarks are made of: files with checksums, folders of images, where to get them."""

import os
from pathlib import Path
from typing import NamedTuple

EXTENSIONS = (".jpg", ".jpeg", ".jfif", ".png", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm",
              ".pgm", ".pnm")  # fmt: skip
"""Endings of files that are taken for images."""
NOT_READ = (".heic", ".heif", ".avif", ".jp2", ".jxl", ".dcm", ".dng", ".exr")
"""Endings of images that can't be read: an error, or they would be missing without a word."""
IGNORED = ("__MACOSX", "@eaDir")
"""Folders that programs leave behind, besides hidden ones."""


def is_ignored(name: str) -> bool:
    """Whether a file or folder of that name is no data: hidden, or left behind by a program."""
    return name.startswith(".") or name in IGNORED


def images_below(folder: Path) -> list[Path]:
    """All images of a folder and its sub-folders, sorted; what is hidden at any depth is no data.

    Raises:
        ValueError: An image of a kind that is not read.
        OSError: A folder can't be looked into.
    """

    def unreadable(error: OSError) -> None:
        raise error

    images = []
    for subfolder, subfolders, files in os.walk(folder, onerror=unreadable, followlinks=True):
        real_folder = Path(subfolder).resolve()
        parent_folders = {
            real_folder,
            *real_folder.parents,
        }  # a link back to one of them would go round for ever
        subfolders[:] = [
            n
            for n in subfolders
            if not is_ignored(n) and Path(subfolder, n).resolve() not in parent_folders
        ]
        for name in files:
            suffix = os.path.splitext(name)[1].lower()
            if suffix in EXTENSIONS and not is_ignored(name):
                images.append(Path(subfolder, name))
            elif suffix in NOT_READ and not is_ignored(name):
                raise ValueError(
                    f"{Path(subfolder, name)}: {suffix} is not read, and leaving it out would "
                    "change "
                    "the data: convert it to .png or .jpg, or move it elsewhere"
                )
    return sorted(images)


class Domain(NamedTuple):
    """One domain of a data set of photographs."""

    images: int
    folders: tuple[str, ...]
    """Where it may lie, below the data set's folder; the first is how it is published."""
    archives: dict[str, str] = {}
    """Archives that may stand in for the folder, by path below the data folder -> sha256."""


class Layout(NamedTuple):
    """How a data set of photographs is laid out: ``NAME/DOMAIN/CLASS/*.jpg``."""

    domains: dict[str, Domain]
    classes: tuple[str, ...] | int
    """Names of the class folders, or their number."""
    lists: dict[str, int] = {}
    """Published list files that are needed, by path below the data set's folder -> lines."""


class Source(NamedTuple):
    """Files of one data set and where the public finds them."""

    files: dict[str, str]
    """Path below the data folder -> sha256, or ``md5:`` and that; empty where none is published."""
    url: str
    """Address of the folder that holds the files, by their last name, or of the page to visit."""
    licence: str
    reference: str
    mebibytes: float
    forms: dict[str, dict[str, str]] = {}
    """A file -> other files that serve in its place, as path -> sha256."""
    layout: Layout | None = None
    by_hand: str = ""
    """What to fetch, from where and into which folder, where no address serves it to a program."""

    def address(self, path: str) -> str:
        """Where ``path`` is downloaded from."""
        return self.url + path.rpartition("/")[2]


def files_with_checksums(folder: str, text: str) -> dict[str, str]:
    """Path -> sha256, of lines as ``sha256sum`` writes them inside ``folder``."""
    lines = (line.split() for line in text.strip().splitlines())
    return {f"{folder}/{name}": sha for sha, name in lines}
