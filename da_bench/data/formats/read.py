"""Samples from the user's files: tables, arrays and images."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from da_bench.data.align import align, leaf_names
from da_bench.data.batch import Tree, leaves, tree_map
from da_bench.data.check_inputs import check_finite
from da_bench.data.columns import LABELS, Columns, Reading, Samples, normalize_names
from da_bench.data.sparse import SparseRows, dense
from da_bench.published.source import EXTENSIONS, images_below

from .archive import ARCHIVES, load_archive, name_file_in_errors
from .frame import is_frame, read_frame
from .images import ImageTransform
from .svmlight import SPARSE, read_svmlight
from .table import read_table, table_labels
from .tensors import array_of, tensors

BATCH_SIZE = 512
TABLES = (".csv", ".tsv")


def read_array(path: str | Path) -> Tree:
    """The inputs ``(n, ...)`` that a file holds; a label column or entry is left out.

    Args:
        path: A file as :func:`read_file` reads it.

    Raises:
        ValueError: Another kind of file, or one that holds no inputs.
        FileNotFoundError: The file does not exist.
    """
    return tree_map(lambda leaf: dense(leaf, str(path)), read_file(path).x)


def read_file(path: str | Path, reading: Reading = Reading(), labelled: bool = False) -> Samples:
    """Inputs, labels where the file has them, and the names and kinds of features.

    * ``.npy``: the inputs. ``.npz``: entry ``x`` (or the only one), labels in ``y``, names in
      ``feature_names``.
    * ``.csv``, ``.tsv``: numbers, a sample a line below a header; a column called ``y``,
      ``label``, ``labels``, ``target`` or ``class`` holds the labels.
    * ``.svmlight``, ``.libsvm``: the labels lead; the width is that of the largest index.
    * ``.pt``: a tensor, or a dictionary with ``x`` and ``y``; nothing is unpickled.

    Args:
        path: The file.
        reading: Settings, where the file can be read in two ways.
        labelled: Whether labels come from elsewhere.

    Raises:
        ValueError: Another kind of file, one that holds no inputs, or one that can be read in two
            ways, where the setting is named that decides.
        FileNotFoundError: The file does not exist.
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"{path}: there is no such file")
    readers = {
        **{suffix: lambda: _archive(path, load_archive(path), reading) for suffix in ARCHIVES},
        **{suffix: lambda: read_table(path, reading, labelled) for suffix in TABLES},
        **{suffix: lambda: read_svmlight(path, reading) for suffix in SPARSE},
    }
    if path.suffix.lower() not in readers:
        raise ValueError(
            f"{path}: can't read {path.suffix!r}; expected one of {', '.join(readers)}"
        )
    with name_file_in_errors(path):
        return readers[path.suffix.lower()]()


def inputs(x: Any, reading: Reading, place: str, labelled: bool = False) -> Samples:
    """Inputs however they are given: a path, a data frame, an array or a tree of arrays.

    Args:
        x: The inputs in any of these forms.
        reading: Settings, where it can be read in two ways.
        place: Name of the argument, for errors.
        labelled: Whether labels come from elsewhere.

    Raises:
        ValueError: There are no inputs, or a sample is NaN or infinite; its row is named.
        FileNotFoundError: There is no such file.
    """
    if isinstance(x, str | Path):
        return check_finite(read_file(x, reading, labelled))
    if is_frame(x):
        return check_finite(read_frame(x, reading, place, labelled))
    return check_finite(_array(place, x))


def read_labels(path: str | Path, reading: Reading) -> np.ndarray:
    """Labels ``(n,)`` or ``(n, k)`` from a file of their own.

    Raises:
        ValueError: The file holds no labels, or can be read in two ways.
        FileNotFoundError: The file does not exist.
    """
    path = Path(path)
    if path.suffix.lower() in TABLES and path.is_file():
        return table_labels(path, reading)
    if path.suffix.lower() not in ARCHIVES or not path.is_file():
        samples = read_file(path, reading)
        return array_of(dense(samples.x, str(path)) if samples.y is None else samples.y, str(path))
    with name_file_in_errors(path):
        content = load_archive(path)
        if isinstance(content, dict):
            name = _label(path, content, reading) or (
                next(iter(content)) if len(content) == 1 else None
            )
            if name is None:
                raise ValueError(f"{path} holds {sorted(content)}: the labels should be called 'y'")
            content = content[name]
        return array_of(content, str(path))


def _array(place: str | Path, x: Any, y: np.ndarray | None = None, **column_facts: Any) -> Samples:
    """Samples of a tree of arrays; the entries of a mapping are its features' names."""
    x = tensors(x, str(place))
    shapes = [list(leaf.shape[1:]) for leaf in leaves(x)]
    if isinstance(x, Mapping):
        column_facts["names"] = leaf_names(x)
    return Samples(x, y, Columns(shapes=shapes, sparse=False, **column_facts), str(place))


def _label(path: Path, content: Mapping[str, Any], reading: Reading) -> str | None:
    """The entry that holds the labels, if one does."""
    matches = [name for name in content if name.lower() in LABELS]
    label = next(
        (n for n in (reading.label, *matches) if isinstance(n, str) and n in content), None
    )
    if label != reading.label and len(matches) > 1:
        raise ValueError(
            f"{path}: entries {' and '.join(map(repr, matches))} may each be the label; say label: "
            f"{matches[0]}"
        )
    return label


def _archive(path: Path, content: Any, reading: Reading) -> Samples:
    if not isinstance(content, dict):
        return _array(path, content)
    if not all(isinstance(name, str) for name in content):
        raise ValueError(f"{path} holds entries without names: {list(content)[:5]}")
    label = _label(path, content, reading)
    input_names = [
        n for n in content if n.lower() not in LABELS and n not in (label, "feature_names")
    ]
    entry = reading.entry or (
        "x" if "x" in content else input_names[0] if len(input_names) == 1 else None
    )
    if entry is None or entry not in content:
        raise ValueError(
            f"{path} holds {sorted(content)}: the inputs should be called "
            f"{reading.entry or 'x'!r}, or say entry: NAME"
        )
    y = None if label is None else array_of(content[label], str(path))
    samples = _array(path, content[entry], y, entry=entry)
    names = content.get("feature_names")
    if names is None or isinstance(samples.x, Mapping):
        return samples
    names = normalize_names(list(names))
    if [[len(names)]] != samples.columns.shapes or len(set(names)) < len(names):
        raise ValueError(f"{path}: feature_names are {len(names)} names, some alike perhaps, for "
                         f"inputs of shape {samples.columns.shapes}")  # fmt: skip
    return samples._replace(columns=samples.columns._replace(names=names))


def read_samples(
    path: str | Path,
    transform: Any = None,
    expected: Columns = Columns(),
    reading: Reading = Reading(),
) -> Iterator[Tree]:
    """Batches of inputs from a file of arrays, from an image, or from a folder of images.

    Args:
        path: A file as :func:`read_file` reads it, an image, or a folder whose images (those of
            sub-folders too) are taken in order of their path.
        transform: The :class:`ImageTransform` of the training data, or its description as a run
            stores it; only images need it. It is applied without augmentation.
        expected: Features of the run, as :func:`read_inputs` takes them.
        reading: Settings, where the file can be read in two ways.

    Yields:
        Inputs ``(at most 512, ...)``, or a tree of such tensors.

    Raises:
        ValueError: Images without a transform, a folder without images, or what
            :func:`read_inputs` refuses.
    """
    path = Path(path)
    if path.is_file() and path.suffix.lower() not in EXTENSIONS:
        yield from batches(read_inputs(path, expected, reading).x)
        return
    files = image_files(path)
    if transform is None:
        raise ValueError(f"{path}: the run stores no image transform, so it can't predict images")
    if isinstance(transform, dict):
        transform = ImageTransform(**transform.get("init_args", transform))
    for begin in range(0, len(files), BATCH_SIZE):
        yield torch.stack([transform.read(file) for file in files[begin : begin + BATCH_SIZE]])


def read_inputs(path: Path, expected: Columns, reading: Reading) -> Samples:
    """A file's samples as a run takes them.

    Args:
        path: The file.
        expected: The features that the run was trained on: those of the file are brought into their
            order, and a sparse file, which tells no zeros, is filled up to their number.
        reading: Settings, where the file can be read in two ways.

    Raises:
        ValueError: The file has no sample, other features or another width, or a sample is NaN or
            infinite.
    """
    samples = align(inputs(path, reading, str(path)), expected, "the run")
    if not len(leaves(samples.x)[0]):
        raise ValueError(f"{path} holds no sample")
    return samples


def batches(x: Tree) -> Iterator[Tree]:
    """Inputs, at most 512 samples at a time."""
    for begin in range(0, len(leaves(x)[0]), BATCH_SIZE):
        yield tree_map(lambda leaf, at=begin: part(leaf, at), x)


def part(leaf: Any, begin: int) -> Tensor:
    """512 samples of a tensor or of sparse inputs, dense."""
    rows = leaf[begin : begin + BATCH_SIZE]
    return rows.dense() if isinstance(rows, SparseRows) else rows


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
    images = images_below(path)
    if not images:
        raise ValueError(f"{path} holds no images ({', '.join(EXTENSIONS)})")
    return images
