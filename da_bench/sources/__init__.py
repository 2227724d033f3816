"""What the benchmarks are made of: files with checksums, folders of images, where to get them."""

from typing import NamedTuple

EXTENSIONS = (".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm")
"""Of files that are taken for images."""


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


def listed(folder: str, text: str) -> dict[str, str]:
    """Path -> sha256, of lines as ``sha256sum`` writes them inside ``folder``."""
    lines = (line.split() for line in text.strip().splitlines())
    return {f"{folder}/{name}": sha for sha, name in lines}
