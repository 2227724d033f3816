"""A user's own data: two folders of images, two arrays or files, or any torch data sets."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from torch.utils.data import Dataset

from .batch import leaves
from .check import check_rows
from .coded import coded, unlabelled
from .divided import Divided
from .folders import Folders
from .images import ImageTransform
from .labels import Kind, coding, declared, positions
from .read import Samples, read_array, read_file, read_labels, read_samples
from .task import Task
from .tensors import array_of, tensors
from .view import InMemory

__all__ = ["Arrays", "Datasets", "Folders", "ImageTransform", "read_array", "read_samples"]


class Arrays(Divided):
    """Two domains given as arrays, or as paths of files that hold them.

    Args:
        source: Name of the source in tables.
        target: Name of the target in tables.
        source_x: Inputs ``(n, ...)``: a tensor, an array, a tree of them, or the path of a
            ``.npy``, ``.npz``, ``.csv``, ``.svmlight`` or ``.pt`` file (see
            :func:`da_bench.data.read.read_file`).
        source_y: Labels of any usual form (see :func:`da_bench.data.labels.labels_of`): whole
            numbers, text or truth values, ``(n,)`` or ``(n, 1)``; one-hot rows ``(n, k)``; real
            numbers ``(n,)`` or ``(n, k)``; or the path of a file. None takes those in the file of
            ``source_x``.
        target_x: As ``source_x``.
        target_y: As ``source_y``, and compared with it by what a label is, never by its position;
            the target is unlabelled where no labels are found, and so are single samples whose
            label is a gap (or -1, unless that is a class of the source).
        kind: ``classification``, ``regression`` or ``multilabel`` (``(n, k)`` of 0 and 1); None
            infers the first from text and whole numbers, the second from numbers that are not
            whole, and asks where labels can be read in two ways.
        classes: Their number or names; None takes those of the source (of both domains where
            ``allow_class_mismatch``).
        **kwargs: What :class:`Divided` takes.

    Raises:
        ValueError: Inputs or source labels are missing, their lengths differ, or the target has a
            class that was not declared.
    """

    def __init__(
        self,
        source: str = "source",
        target: str = "target",
        *,
        source_x: Any = None,
        source_y: Any = None,
        target_x: Any = None,
        target_y: Any = None,
        kind: Kind | None = None,
        classes: int | list[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.source_x, self.source_y = source_x, source_y
        self.target_x, self.target_y = target_x, target_y
        self.kind, self.classes = kind, classes
        if self._given["source"].y is None:
            raise ValueError("source_y is missing: the source needs labels")
        also = self._given["target"].y if self.allow_class_mismatch else None
        self._coding = coding(self._given["source"].y, also, kind, classes)
        self.task: Task = self._coding.task

    @cached_property
    def _given(self) -> dict[str, Samples]:
        return {
            "source": _samples("source", self.source_x, self.source_y),
            "target": _samples("target", self.target_x, self.target_y),
        }

    def whole(self, name: str) -> InMemory:
        """All samples of ``source`` or ``target``; unknown labels hold the task's fill value."""
        role = next((r for r in ("source", "target") if name in self.names(r)), None)  # type: ignore[arg-type]
        if role is None:
            raise ValueError(
                f"unknown domain {name!r}: Arrays has {self.source!r}, {self.target!r}"
            )
        x, y = self._given[role]
        if y is None:
            return InMemory(x, unlabelled(self._coding, len(leaves(x)[0])))
        code = self._coding._replace(complete=role == "source")
        return InMemory(x, code.encode(y, role))

    def checksum(self) -> str:
        """Digest of both domains' inputs and labels."""
        total = hashlib.sha256()
        for role in ("source", "target"):
            data = self.whole(self.names(role)[0])  # type: ignore[arg-type]
            for leaf in (*leaves(data.x), data.y):
                total.update(str((leaf.dtype, tuple(leaf.shape))).encode())
                total.update(leaf.contiguous().numpy().tobytes())
        return total.hexdigest()


def _samples(role: str, x: Any, y: Any) -> Samples:
    if x is None:
        raise ValueError(f"{role}_x is missing: give an array, or the path of a file")
    place = str(x) if isinstance(x, str | Path) else f"{role}_x"
    held = read_file(x) if isinstance(x, str | Path) else Samples(tensors(x, place), None)
    if isinstance(y, str | Path):
        y = read_labels(y)
    y = held.y if y is None else y
    check_rows(held.x, place)
    shape = None if y is None else array_of(y, f"{role}_y").shape
    if shape == ():
        raise ValueError(f"{role}_y: a {type(y).__name__} is no column of labels; give an array")
    if shape and shape[0] != len(leaves(held.x)[0]):
        raise ValueError(f"{role}: {len(leaves(held.x)[0])} inputs but {shape[0]} labels")
    return Samples(held.x, y)


class Datasets(Divided):
    """Any torch data sets of ``(x, y)``, or of ``x`` alone, from Python.

    Labels are the task's: a classification's by number, 0 to k-1, or by name, one-hot or not; where
    its names are numbers themselves, by name. -1 and gaps are not known.

    Args:
        source: Name of the source in ``domains``, or several.
        target: Name of the target in ``domains``, or several.
        domains: Name -> data set, which is then cut at random, or name -> split (``train``,
            ``val``, ``test``) -> data set.
        task: What is predicted.
        **kwargs: What :class:`Divided` takes.
    """

    def __init__(
        self,
        source: str | list[str] = "source",
        target: str | list[str] = "target",
        *,
        domains: Mapping[str, Any],
        task: Task,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.domains, self.task = domains, task
        self._whole: dict[str, Any] = {}

    def whole(self, name: str) -> Dataset | Mapping[str, Dataset]:
        """What was given under ``name``, in the task's form."""
        if name not in self.domains:
            raise ValueError(f"unknown domain {name!r}: given were {', '.join(self.domains)}")
        if name not in self._whole:
            code = positions(declared(self.task))
            held, code = self.domains[name], code._replace(complete=name in self.names("source"))
            self._whole[name] = (
                {split: coded(part, code, f"{name} {split}") for split, part in held.items()}
                if isinstance(held, Mapping)
                else coded(held, code, name)
            )
        return self._whole[name]
