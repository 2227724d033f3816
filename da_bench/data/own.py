"""A user's own data: two folders of images, two arrays or files, or any torch data sets."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor
from torch.utils.data import Dataset

from .batch import leaves
from .divided import Divided
from .folders import Folders
from .images import ImageTransform
from .labels import Kind, encode, names_of, task_of
from .read import Samples, read_array, read_file, read_samples
from .task import Task
from .tensors import tensors
from .unlabelled import paired
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
        source_y: Labels ``(n,)`` or ``(n, k)``: numbers or strings, or the path of a file; None
            takes those in the file of ``source_x``.
        target_x: As ``source_x``.
        target_y: As ``source_y``; the target is unlabelled where no labels are found, and so are
            single samples whose label is NaN (or -1, unless that is a class of the source).
        kind: ``classification`` or ``regression``; None infers the first from strings and whole
            numbers, the second from others.
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
        given = self._given["source"].y
        if given is None:
            raise ValueError("source_y is missing: the source needs labels")
        also = self._given["target"].y if self.allow_class_mismatch else None
        self.task: Task = task_of(given, also, kind, classes)

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
            like = np.asarray(self._given["source"].y)
            y = np.full((len(leaves(x)[0]), *like.shape[1:]), np.nan)
        known = names_of(self._given["source"].y)
        return InMemory(x, encode(y, self.task, role, hidden_minus_one="-1" not in known))

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
    held = read_file(x) if isinstance(x, str | Path) else Samples(tensors(x, f"{role}_x"), None)
    if isinstance(y, str | Path):
        found = read_file(y)
        y = found.x if found.y is None else found.y
    y = held.y if y is None else y
    y = y.numpy() if isinstance(y, Tensor) else None if y is None else np.asarray(y)
    if y is not None and y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y is not None and len(y) != len(leaves(held.x)[0]):
        raise ValueError(f"{role}: {len(leaves(held.x)[0])} inputs but {len(y)} labels")
    return Samples(held.x, y)


class Datasets(Divided):
    """Any torch data sets of ``(x, y)``, or of ``x`` alone for a target without labels.

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

    def whole(self, name: str) -> Dataset | Mapping[str, Dataset]:
        """What was given under ``name``."""
        if name not in self.domains:
            raise ValueError(f"unknown domain {name!r}: given were {', '.join(self.domains)}")
        found = self.domains[name]
        if isinstance(found, Mapping):
            return {s: paired(part, self.task, f"{name} {s}") for s, part in found.items()}
        return paired(found, self.task, name)
