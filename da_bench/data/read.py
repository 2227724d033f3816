"""Samples from the user's files: tables, arrays and images."""

from collections.abc import Iterator
from pathlib import Path
from pickle import UnpicklingError
from typing import Any, NamedTuple
from zipfile import BadZipFile

import numpy as np
import torch

from ..sources import EXTENSIONS, images_below
from .batch import Tree, leaves, tree_map
from .images import ImageTransform
from .tensors import tensors

LABELS = ("y", "label", "labels", "target", "class")
"""Names under which a table's column or an archive's entry is taken for the label."""
BATCH = 512
SPARSE = (".svmlight", ".libsvm")


class Samples(NamedTuple):
    """What one file holds."""

    x: Tree
    """Inputs ``(n, ...)``, or a tree of such tensors."""
    y: np.ndarray | None
    """Labels ``(n,)`` or ``(n, k)`` as they stand in the file: numbers or strings."""


def read_array(path: str | Path) -> Tree:
    """The inputs ``(n, ...)`` that a file holds; a label column or entry is left out.

    Args:
        path: A file as :func:`read_file` reads it.

    Raises:
        ValueError: Another kind of file, or one that holds no inputs.
        FileNotFoundError: There is none.
    """
    return read_file(path).x


def read_file(path: str | Path) -> Samples:
    """Inputs and, where the file has them, labels.

    * ``.npy``: the inputs. ``.npz``: entry ``x`` (or the only one), labels in ``y``.
    * ``.csv``: numbers, a sample a line, with or without a header; where there is one, a column
      called ``y``, ``label``, ``labels``, ``target`` or ``class`` holds the labels.
    * ``.svmlight``, ``.libsvm``: the labels lead; features count from 0 (counted from 1, the first
      column stays empty). The width is that of the largest index.
    * ``.pt``: a tensor, or a dictionary with ``x`` and ``y``; nothing is unpickled.

    Raises:
        ValueError: Another kind of file, or one that holds no inputs.
        FileNotFoundError: There is none.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    readers = {
        ".npy": lambda: Samples(np.load(path, allow_pickle=False), None),
        ".npz": lambda: _archive(path, dict(np.load(path, allow_pickle=False))),
        ".csv": lambda: _table(path),
        **{suffix: lambda: _svmlight(path) for suffix in SPARSE},
        ".pt": lambda: _archive(path, torch.load(path, map_location="cpu", weights_only=True)),
    }
    if path.suffix.lower() not in readers:
        raise ValueError(
            f"{path}: can't read {path.suffix!r}; expected one of {', '.join(readers)}"
        )
    try:
        x, y = readers[path.suffix.lower()]()
    except (BadZipFile, EOFError, UnpicklingError, RuntimeError, ValueError) as error:
        told = str(error) if str(path) in str(error) else f"{path} can't be read: {error}"
        raise ValueError(told) from error
    return Samples(tensors(x, str(path)), y)


def _archive(path: Path, held: Any) -> Samples:
    if not isinstance(held, dict):
        return Samples(held, None)
    y = next((held[name] for name in LABELS if name in held), None)
    rest = [name for name in held if name not in LABELS]
    if "x" not in held and len(rest) != 1:
        raise ValueError(f"{path} holds {sorted(held)}: the inputs should be called 'x'")
    return Samples(held["x" if "x" in held else rest[0]], None if y is None else np.asarray(y))


def _table(path: Path) -> Samples:
    import pandas as pd

    with path.open() as file:
        first = file.readline().strip().split(",")
    table = pd.read_csv(path, header=None if all(map(_number, first)) else 0)
    named = [c for c in table.columns if str(c).lower() in LABELS]
    x = table.drop(columns=named[:1])
    if x.empty:
        raise ValueError(f"{path} holds no inputs")
    text = [str(c) for c in x.columns if x[c].dtype.kind not in "fiub"]
    if text:
        raise ValueError(
            f"{path}: column {text[0]!r} is not numeric; encode or drop it (a label column is "
            f"called one of {', '.join(LABELS)})"
        )
    return Samples(x.to_numpy(), table[named[0]].to_numpy() if named else None)


def _number(text: str) -> bool:
    try:
        float(text or "nan")
    except ValueError:
        return False
    return True


def _svmlight(path: Path) -> Samples:
    from sklearn.datasets import load_svmlight_file

    x, y = load_svmlight_file(str(path), zero_based=True)
    return Samples(x.toarray(), y)


def read_samples(
    path: str | Path, transform: Any = None, width: int | None = None
) -> Iterator[Tree]:
    """Batches of inputs from a file of arrays, from an image, or from a folder of images.

    Args:
        path: A file as :func:`read_file` reads it, an image, or a folder whose images (those of
            sub-folders too) are taken in order of their path.
        transform: The :class:`ImageTransform` of the training data, or its description as a run
            stores it; only images need it. It is applied without augmentation.
        width: Numbers of a flat sample that the model takes, where known. A sparse file tells no
            zeros, so its samples are filled up to it.

    Yields:
        Inputs ``(at most 512, ...)``, or a tree of such tensors.

    Raises:
        ValueError: Images without a transform, a folder without images, or another width.
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() not in EXTENSIONS:
        x = read_array(path)
        if width is not None and isinstance(x, torch.Tensor) and x.ndim == 2:
            x = as_wide(x, width, path)
        for begin in range(0, len(leaves(x)[0]), BATCH):
            yield tree_map(lambda leaf, at=begin: leaf[at : at + BATCH], x)
        return
    files = image_files(path)
    if transform is None:
        raise ValueError(f"{path}: the run stores no image transform, so it can't predict images")
    if isinstance(transform, dict):
        transform = ImageTransform(**transform.get("init_args", transform))
    for begin in range(0, len(files), BATCH):
        yield torch.stack([transform.read(file) for file in files[begin : begin + BATCH]])


def as_wide(x: torch.Tensor, width: int, path: Path) -> torch.Tensor:
    """Flat samples ``(n, d)`` of ``width`` numbers each; those of a sparse file are filled up."""
    found = x.shape[1]
    if found < width and path.suffix.lower() in SPARSE:
        return torch.nn.functional.pad(x, (0, width - found))
    if found != width:
        raise ValueError(f"{path}: {found} features a sample, and the run was trained on {width}")
    return x


def image_files(path: Path) -> list[Path]:
    """The image at ``path``, or all below it, sorted.

    Raises:
        FileNotFoundError: There is neither a file nor a folder.
        ValueError: The folder holds none.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path}: there is no such file or folder")
    if path.is_file():
        return [path]
    found = images_below(path)
    if not found:
        raise ValueError(f"{path} holds no images ({', '.join(EXTENSIONS)})")
    return found
