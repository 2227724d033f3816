"""Labels as users write them - strings, numbers, one-hot rows, gaps - as a task's tensors."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple, cast, get_args

import numpy as np
import torch
from torch import Tensor

from .formats.label_forms import Kind, Labels, check_finite, floats, labels_of, position_text, texts
from .formats.tensors import as_float32, is_gap
from .task import Classification, MultiLabel, Regression, Task

TRUTH = {"False": "0", "True": "1", "0": "False", "1": "True"}
"""Truth values and the numbers that they equal."""


class Coding(NamedTuple):
    """A task, and which label is which of its classes."""

    task: Task
    numbers: dict[str, int]
    """Class as it is written -> its number; for other tasks than a classification, empty."""
    hidden: str | None = "-1"
    """Says, beside a gap, that a label is not known; None where it is a class."""
    complete: bool = False
    """Whether every number of a regression must be known, as inputs are: the source's."""
    lines: Sequence[int] | None = None
    """Line of a file for each label, for errors."""

    def encode(self, y: Any, place: str) -> Tensor:
        """Labels of any form as the task's tensor, with its fill value where one is not known.

        ``(n,)`` long for a classification; ``(n,)`` or ``(n, k)`` float32 for others.

        Raises:
            ValueError: A label that is no class of the task, or no number.
        """
        if isinstance(self.task, Classification):
            return self._classes(labels_of(y, place, "classification", self.lines).values, place)
        if isinstance(self.task, MultiLabel):
            return _indicators(labels_of(y, place, "multilabel"), self.task, place, self.lines)
        numbers = floats(labels_of(y, place, "regression").values, place, self.lines)
        if numbers[:1].size not in (0, self.task.outputs):
            raise ValueError(f"{place}: labels of shape {numbers.shape}, where the task has "
                             f"{self.task.outputs} numbers a sample")  # fmt: skip
        check_finite(numbers, place, self.complete, self.lines)
        return as_float32(numbers, f"{place}, labels")

    def _classes(self, y: np.ndarray, place: str) -> Tensor:
        class_names = [
            None if name == self.hidden else spelling_among(name, self.numbers) for name in texts(y)
        ]
        present_classes = {name for name in class_names if name is not None}
        if unknown_names := sorted(present_classes - self.numbers.keys(), key=_order):
            row = class_names.index(unknown_names[0])
            present_names = sorted(present_classes, key=_order)[:20]
            known_names = cast(Classification, self.task).names[:20]
            raise ValueError(
                f"{place}: labels {unknown_names[:5]} are not among the classes {known_names}"
                f"{position_text(row, y, self.lines)}; {place} has {present_names}. A label stands "
                "for itself, never for a position: write both domains' alike, declare all classes, "
                "or say allow_class_mismatch: true if that is meant"
            )
        fill = int(self.task.fill)
        return torch.tensor([fill if t is None else self.numbers[t] for t in class_names])


def infer_coding(
    source: Any,
    target: Any = None,
    kind: Kind | None = None,
    classes: int | list[str] | None = None,
    place: str = "source",
) -> Coding:
    """The task that labels belong to, and how they are written.

    Args:
        source: Labels of the source, in any form that ``labels_of`` takes.
        target: Labels whose classes count too; None takes the source's alone.
        kind: None infers classification from text, whole numbers and one-hot rows, regression from
            numbers that are not whole.
        classes: Number or names of the classes; None takes those that occur. Names that are no
            numbers may be given for classes that are written as 0 to k-1.
        place: What the source is called in errors.

    Raises:
        ValueError: The labels can be read in two ways; the message names both and the setting.
    """
    if kind not in (None, *get_args(Kind)):
        raise ValueError(f"kind={kind!r}: expected {', '.join(get_args(Kind))}, or none")
    labels = labels_of(source, place, kind or (None if classes is None else "classification"))
    y = labels.values
    if kind == "multilabel":
        names = [str(c) for c in classes] if isinstance(classes, list) else labels.columns
        return Coding(MultiLabel(names or classes or y.shape[1]), {})  # type: ignore[arg-type]
    if kind == "regression" or (kind is None and classes is None and _real(y, place)):
        return Coding(Regression(1 if y.ndim == 1 else y.shape[1]), {})
    class_names = {name for name in texts(y) if name is not None}
    if classes is not None:
        coding = declared_coding(
            Classification(classes if isinstance(classes, int) else [str(c) for c in classes])
        )
        are_positions = class_names - {"-1"} == {str(i) for i in range(coding.task.outputs)}
        return with_positions(coding) if are_positions else coding
    _check_classes(class_names, y, kind, place)
    hidden = None if "-1" in class_names else "-1"
    if target is not None:
        target_names = texts(labels_of(target, "target", "classification").values)
        class_names |= {
            cast(str, spelling_among(name, class_names))
            for name in target_names
            if name not in (None, hidden)
        }
    ordered_names = sorted(class_names, key=_order)
    return Coding(
        Classification(ordered_names), {name: i for i, name in enumerate(ordered_names)}, hidden
    )


def _check_classes(names: set[str], y: np.ndarray, kind: Kind | None, place: str) -> None:
    """Raises ValueError where labels, as text, may be no classes, or -1 may be one or none."""
    if not names:
        raise ValueError(f"{place}: no label is known; the source needs some")
    if kind is None and y.dtype.kind in "iu" and len(names) > max(20, y.size // 2):
        raise ValueError(
            f"{place}: {y.size} samples have {len(names)} different whole numbers as labels: say "
            "kind: regression if they are amounts, classification if they are classes"
        )
    if gap_names := sorted(names & {"nan", "NaN", "None", "<NA>"}):
        raise ValueError(
            f"{place}: the label {gap_names[0]!r} is text: a gap that became text (give None), or "
            "a class (name all of them as classes)?"
        )
    if "-1" in names and len(names) > 2:
        raise ValueError(
            f"{place}: labels are {sorted(names, key=_order)[:20]}: is -1 a class, or does it say "
            "that a label is not known? Name the classes (classes: [...]), with -1 or without"
        )


def declared_coding(task: Task) -> Coding:
    """How the labels of a declared task are written: by name, or as 0 to k-1 where no name is one.

    So the classes ``["1", "2"]`` are written 1 and 2, and ``["cat", "dog"]`` also 0 and 1.
    """
    if not isinstance(task, Classification):
        return Coding(task, {})
    numbers = {name: i for i, name in enumerate(task.names)}
    if len(numbers) < task.outputs:
        raise ValueError(f"classes={task.names}: a name occurs twice")
    return Coding(task, numbers, None if "-1" in numbers else "-1")


def with_positions(coded: Coding) -> Coding:
    """A coding that also accepts the numbers of classes, where no class is called by a number."""
    places = {} if any(map(_whole, coded.numbers)) else {str(i): i for i in coded.numbers.values()}
    return coded._replace(numbers=coded.numbers | places)


def _real(y: np.ndarray, place: str) -> bool:
    """Whether labels are real numbers; raises ValueError where floats are whole."""
    if y.ndim == 2:
        return True
    if y.dtype == object:
        if any(isinstance(v, str | bytes) for v in y.flat):
            return False
        real_values = [
            float(v) for v in y.flat if isinstance(v, float | np.floating) and not is_gap(v)
        ]
    else:
        real_values = y[~np.isnan(y)].tolist() if y.dtype.kind == "f" else []
    if real_values and all(v.is_integer() for v in real_values):
        raise ValueError(
            f"{place}: labels are whole numbers of a type for fractions, "
            f"{sorted(set(real_values))[:5]}: "
            "say kind: classification if they are classes, regression if they are amounts"
        )
    return bool(real_values)


def _indicators(
    labels: Labels, task: MultiLabel, place: str, lines: Sequence[int] | None
) -> Tensor:
    """``(n, k)`` float32 of 0, 1 and NaN; a table's columns in the order of the task's labels."""
    rows, names = floats(labels.values, place, lines), task.columns
    if labels.columns is not None and isinstance(task.labels, list):
        if sorted(labels.columns) != sorted(names):
            raise ValueError(
                f"{place}: columns {labels.columns[:20]} are not the labels {names[:20]}"
            )
        rows = rows[:, [labels.columns.index(name) for name in names]]
    if rows.shape[1] != task.outputs:
        raise ValueError(f"{place}: {rows.shape[1]} columns of labels, where the task has "
                         f"{task.outputs}: {names[:20]}")  # fmt: skip
    rows = np.where(rows == -1, np.nan, rows)
    is_wrong = ~(np.isnan(rows) | (rows == 0) | (rows == 1))
    if is_wrong.any():
        row, column = np.argwhere(is_wrong)[0]
        raise ValueError(f"{place}: label {rows[row, column]:g}, column {column}"
                         f"{position_text(row, rows, lines)}: expected 0, 1 or NaN (not "
                         "known)")  # fmt: skip
    return torch.from_numpy(rows.astype(np.float32))


def spelling_among(name: str | None, known_names: Collection[str]) -> str | None:
    """How a label is written among the ``known_names``: True where they have 1, and the like."""
    other_spelling = TRUTH.get(name or "")
    return other_spelling if other_spelling in known_names and name not in known_names else name


def _whole(name: str) -> bool:
    """Whether a class is called by a whole number."""
    return name.removeprefix("-").isdecimal()


def _order(name: str) -> tuple[bool, float, str]:
    """Numbers in order of size, then the others."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
