"""A user's own data: two folders of images, two arrays or files, or any torch data sets."""

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from torch.utils.data import Dataset

from .align import align, align_pair, align_to_run, columns_record, expected_columns
from .batch import leaves
from .check_inputs import check_reading, check_rows_match
from .coded import encode_dataset, unknown_labels
from .columns import Columns, Reading, Samples, list_names
from .domain import InMemory
from .folders import Folders
from .formats.images import ImageTransform
from .formats.read import inputs, read_array, read_labels, read_samples
from .formats.tensors import array_of
from .labels import Kind, declared_coding, infer_coding, with_positions
from .sparse import SparseRows
from .splits import Divided
from .task import Task

__all__ = ["Arrays", "Datasets", "Folders", "ImageTransform", "read_array", "read_samples"]


class Arrays(Divided):
    """Two domains given as arrays, or as paths of files that hold them.

    Features that have names (columns of a CSV file or a data frame, entries of a mapping) are
    brought into the source's order; a run keeps them, and what it is scored on or predicts is
    brought into their order, too, or refused.

    Args:
        source: Name of the source in tables.
        target: Name of the target in tables.
        source_x: Inputs ``(n, ...)``: a tensor, an array, a data frame, a tree of arrays, or the
            path of a ``.npy``, ``.npz``, ``.csv``, ``.svmlight`` or ``.pt`` file (see
            :func:`da_bench.data.formats.read.read_file`).
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
        label: Name of a table's label column, or of several; of an archive's entry.
        drop: Columns of a table that are no features. An empty list says that there is none.
        separator: Between the fields of a text file: a character, or ``tab``; None finds it.
        decimal: Its decimal sign.
        header: Whether its first line holds names; None asks where that may be a sample.
        first_index: From where svmlight files count their features; None asks where the two may
            differ.
        entry: Entry of a ``.npz`` or ``.pt`` file that holds the inputs; None takes ``x``.
        **kwargs: What :class:`Divided` takes.

    Raises:
        ValueError: Inputs or source labels are missing, their lengths differ, the target has a
            class that was not declared, or a file can be read in two ways.
    """

    _apart: ValueError | None = None
    """Why the domains' features are not the same."""

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
        label: str | int | list[str | int] | None = None,
        drop: list[str | int] | None = None,
        separator: str | None = None,
        decimal: Literal[".", ","] = ".",
        header: bool | None = None,
        first_index: Literal[0, 1] | None = None,
        entry: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.source_x, self.source_y = source_x, source_y
        self.target_x, self.target_y = target_x, target_y
        self.kind, self.classes = kind, classes
        self.label, self.drop, self.separator, self.decimal = label, drop, separator, decimal
        self.header, self.first_index, self.entry = header, first_index, entry
        if self._given["source"].y is None:
            names = self._given["source"].columns.names
            hint = (
                f"; one of its columns may be named by label: {list_names(names)}" if names else ""
            )
            raise ValueError(f"source_y is missing: the source needs labels{hint}")
        target_labels = self._given["target"].y if self.allow_class_mismatch else None
        self._coding = infer_coding(self._given["source"].y, target_labels, kind, classes)
        self.task: Task = self._coding.task

    @cached_property
    def _given(self) -> dict[str, Samples]:
        source = _samples("source", self.source_x, self.source_y, self.reading)
        target = _samples("target", self.target_x, self.target_y, self.reading)
        check_reading(self.reading, source, target)
        try:
            source, target = align_pair(source, target)
        except ValueError as error:
            self._apart = error
        return {"source": source, "target": target}

    @property
    def reading(self) -> Reading:
        """The settings by which the files of both domains are read."""
        return Reading(*(getattr(self, name) for name in Reading._fields[:-1]))

    @property
    def columns(self) -> dict[str, Any]:
        """The record that a run stores: names and kinds of features, and how files were read."""
        return columns_record(self.reading, **self._given)

    def align(self, record: Mapping[str, Any] | None) -> None:
        """Brings both domains into the order of the features that a run was trained on.

        Args:
            record: The run's :attr:`columns`; None leaves the domains as they are.

        Raises:
            ValueError: The domains have other features than the run.
        """
        for role, samples in self._given.items():
            expected, _ = expected_columns(record, role)
            if expected not in (Columns(), samples.columns):
                self._given[role] = align(samples, expected, "the run")
                self._views.clear()
        if record and record.get("target"):
            self._apart = None

    def setup(self, stage: str | None = None) -> None:
        """Also refuses features that differ between the domains, unless each has its encoder.

        Raises:
            ValueError: The features differ, and the model has one encoder.
        """
        module = getattr(self.trainer, "lightning_module", None)
        if self._apart and getattr(module, "target_encoder", None) is None:
            raise self._apart
        align_to_run(self, getattr(module, "columns", None))
        super().setup(stage)

    def whole(self, name: str) -> InMemory:
        """All samples of ``source`` or ``target``; unknown labels hold the task's fill value."""
        role = next(
            (candidate for candidate in ("source", "target") if name in self.names(candidate)), None
        )  # type: ignore[arg-type]
        if role is None:
            raise ValueError(
                f"unknown domain {name!r}: Arrays has {self.source!r}, {self.target!r}"
            )
        samples = self._given[role]
        x, y = samples.x, samples.y
        if y is None:
            return InMemory(x, unknown_labels(self._coding, len(leaves(x)[0])))
        code = self._coding._replace(complete=role == "source", lines=samples.lines)
        return InMemory(x, code.encode(y, role))

    def checksum(self) -> str:
        """Digest of both domains' inputs and labels."""
        total = hashlib.sha256()
        for role in ("source", "target"):
            data = self.whole(self.names(role)[0])  # type: ignore[arg-type]
            for leaf in (*leaves(data.x), data.y):
                total.update(str((leaf.dtype, tuple(leaf.shape))).encode())
                for part in leaf.arrays() if isinstance(leaf, SparseRows) else [leaf]:
                    total.update(part.contiguous().numpy().tobytes())
        return total.hexdigest()


def _samples(role: str, x: Any, y: Any, reading: Reading) -> Samples:
    if x is None:
        raise ValueError(f"{role}_x is missing: give an array, or the path of a file")
    samples = inputs(x, reading, f"{role}_x", labelled=y is not None)
    check_rows_match(x, y, role)
    if isinstance(y, str | Path):
        y = read_labels(y, reading)
    y = samples.y if y is None else y
    shape = None if y is None else array_of(y, f"{role}_y").shape
    if shape == ():
        raise ValueError(f"{role}_y: a {type(y).__name__} is no column of labels; give an array")
    if shape and shape[0] != len(leaves(samples.x)[0]):
        raise ValueError(f"{role}: {len(leaves(samples.x)[0])} inputs but {shape[0]} labels")
    return samples._replace(y=y)


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
        """The data set or splits of the domain ``name``, with labels in the task's form."""
        if name not in self.domains:
            raise ValueError(f"unknown domain {name!r}: given were {', '.join(self.domains)}")
        if name not in self._whole:
            code = with_positions(declared_coding(self.task))
            data, code = self.domains[name], code._replace(complete=name in self.names("source"))
            self._whole[name] = (
                {
                    split: encode_dataset(part, code, f"{name} {split}")
                    for split, part in data.items()
                }
                if isinstance(data, Mapping)
                else encode_dataset(data, code, name)
            )
        return self._whole[name]
