"""Labels as users write them - strings, numbers, one-hot rows, gaps - as a task's tensors."""

import unicodedata
from collections.abc import Iterable
from typing import Any, Literal, NamedTuple

import numpy as np
import torch
from torch import Tensor

from .task import Classification, MultiLabel, Regression, Task
from .tensors import array_of, as_float32, gap

Kind = Literal["classification", "regression", "multilabel"]

TRUTH = {"False": "0", "True": "1", "0": "False", "1": "True"}
"""Truth values and the numbers that they equal."""


class Labels(NamedTuple):
    """Labels in one of two forms, whatever they were handed over as."""

    values: np.ndarray
    """A class or number a sample, ``(n,)``; or ``(n, k)`` numbers."""
    columns: list[str] | None = None
    """Names of the ``k`` columns, where a table has them."""


class Coding(NamedTuple):
    """A task, and which label is which of its classes."""

    task: Task
    numbers: dict[str, int]
    """Class as it is written -> its number; for other tasks than a classification, empty."""
    hidden: str | None = "-1"
    """Says, beside a gap, that a label is not known; None where it is a class."""

    def encode(self, y: Any, where: str) -> Tensor:
        """Labels of any form as the task's tensor, with its fill value where one is not known.

        ``(n,)`` long for a classification; ``(n,)`` or ``(n, k)`` float32 for others.

        Raises:
            ValueError: A label that is no class of the task, or no number.
        """
        if isinstance(self.task, Classification):
            return self._classes(labels_of(y, where, "classification").values, where)
        if isinstance(self.task, MultiLabel):
            return _indicators(labels_of(y, where, "multilabel"), self.task, where)
        numbers = _floats(labels_of(y, where, "regression").values, where)
        if numbers[:1].size not in (0, self.task.outputs):
            raise ValueError(f"{where}: labels of shape {numbers.shape}, where the task has "
                             f"{self.task.outputs} numbers a sample")  # fmt: skip
        _check_finite(numbers, where)
        return as_float32(numbers, f"{where}, labels")

    def _classes(self, y: np.ndarray, where: str) -> Tensor:
        named = [None if name == self.hidden else same(name, self.numbers) for name in texts(y)]
        found = {name for name in named if name is not None}
        if unknown := sorted(found - self.numbers.keys(), key=_order):
            row = named.index(unknown[0])
            raise ValueError(
                f"{where}: labels {unknown[:5]} are not among the classes {list(self.numbers)[:20]}"
                f"{_at(row, y)}; {where} has {sorted(found, key=_order)[:20]}. A label stands for itself, never for a position: write both domains' alike, "
                "declare all classes, or say allow_class_mismatch: true if that is meant"
            )
        fill = int(self.task.fill)
        return torch.tensor([fill if t is None else self.numbers[t] for t in named])


def coding(
    source: Any,
    target: Any = None,
    kind: Kind | None = None,
    classes: int | list[str] | None = None,
    where: str = "source",
) -> Coding:
    """The task that labels belong to, and how they are written.

    Args:
        source: Labels of the source, in any form that ``labels_of`` takes.
        target: Labels whose classes count too; None takes the source's alone.
        kind: None infers classification from text, whole numbers and one-hot rows, regression from
            numbers that are not whole.
        classes: Number or names of the classes; None takes those that occur. Names that are no
            numbers may be given for classes that are written as 0 to k-1.
        where: What the source is called in errors.

    Raises:
        ValueError: The labels can be read in two ways; shows both, and the setting that tells.
    """
    given = labels_of(source, where, "classification" if classes and kind is None else kind)
    y = given.values
    if kind == "multilabel":
        names = [str(c) for c in classes] if isinstance(classes, list) else given.columns
        return Coding(MultiLabel(names or classes or y.shape[1]), {})  # type: ignore[arg-type]
    if kind == "regression" or (kind is None and classes is None and _real(y, where)):
        return Coding(Regression(1 if y.ndim == 1 else y.shape[1]), {})
    found = {name for name in texts(y) if name is not None}
    if classes is not None:
        task = Classification(classes if isinstance(classes, int) else [str(c) for c in classes])
        coded = declared(task)
        if found - {"-1"} <= coded.numbers.keys() or isinstance(classes, int):
            return coded
        places = {str(i) for i in range(task.outputs)}
        if found - {"-1"} == places and not any(map(_whole, task.names)):
            return coded._replace(numbers={str(i): i for i in range(task.outputs)})
        return coded
    if len(found) > max(20, y.size // 2) and y.dtype.kind in "iu":
        raise ValueError(f"{where}: {len(found)} different whole numbers are the labels of {y.size} "
                         "samples: say kind: regression for amounts, classification for classes")  # fmt: skip
    if wrong := sorted(found & {"nan", "NaN", "None", "<NA>"}):
        raise ValueError(
            f"{where}: the label {wrong[0]!r} is text: a gap that became text (give None), or a "
            "class (name all of them as classes)?"
        )
    if "-1" in found and len(found) > 2:
        raise ValueError(
            f"{where}: labels are {sorted(found, key=_order)[:20]}: is -1 a class, or does it say "
            "that a label is not known? Name the classes (classes: [...]), with -1 or without"
        )
    hidden = None if "-1" in found else "-1"
    if target is not None:
        other = texts(labels_of(target, "target", "classification").values)
        found |= {same(name, found) for name in other if name not in (None, hidden)}
    names = sorted(found, key=_order)
    return Coding(Classification(names), {name: i for i, name in enumerate(names)}, hidden)


def declared(task: Task) -> Coding:
    """How the labels of a declared task are written: by name, or as 0 to k-1 where no name is one.

    So the classes ``["1", "2"]`` are written 1 and 2, and ``["cat", "dog"]`` also 0 and 1.
    """
    if not isinstance(task, Classification):
        return Coding(task, {})
    numbers = {name: i for i, name in enumerate(task.names)}
    if len(numbers) < task.outputs:
        raise ValueError(f"classes={task.names}: a name occurs twice")
    return Coding(task, numbers, None if "-1" in numbers else "-1")


def positions(coded: Coding) -> Coding:
    """The same, where labels may also be numbers of classes whose names are none."""
    places = {} if any(map(_whole, coded.numbers)) else {str(i): i for i in coded.numbers.values()}
    return coded._replace(numbers=coded.numbers | places)


def labels_of(y: Any, where: str, kind: Kind | None = None) -> Labels:
    """Labels of any usual form: of any library, as a column, as one-hot rows, with gaps.

    Args:
        y: ``(n,)``, ``(n, 1)``, or ``(n, k)``: one-hot rows are classes called by their column, 0
            to k-1 or by its name in a table; a row of -1 or of gaps is not known.
        where: What they are called in errors.
        kind: What they are known to be; None asks, of rows that could be several things.

    Raises:
        ValueError: They are not of the kind, or of two kinds at once.
    """
    values = array_of(y, f"{where}, labels")
    columns = [_text(c) for c in y.columns] if hasattr(y, "columns") else None
    if values.ndim == 2 and values.shape[1] == 1 and kind != "multilabel":
        values = values[:, 0]
    expected = {None: "(n,) or (n, k)", "multilabel": "(n, k)"}.get(kind, "(n,)")
    if values.ndim not in (1, 2) or (kind == "multilabel" and values.ndim != 2):
        raise ValueError(f"{where}: labels have shape {values.shape}; expected {expected}"
                         + ("" if kind != "multilabel" else ", a 0 or 1 for each label "
                            "(scikit-learn's MultiLabelBinarizer makes it of lists)"))  # fmt: skip
    if values.ndim == 1 or kind in ("regression", "multilabel"):
        return Labels(values, columns if values.ndim == 2 else None)
    return Labels(_from_rows(_floats(values, where), columns, where, kind))


def _from_rows(
    rows: np.ndarray, columns: list[str] | None, where: str, kind: Kind | None
) -> np.ndarray:
    """Classes ``(n,)`` of one-hot rows ``(n, k)``; the rows themselves where they are numbers."""
    unknown = (np.isnan(rows) | (rows == -1)).all(1)
    known = rows[~unknown]
    binary = bool(((known == 0) | (known == 1)).all())
    if binary and (known.sum(1) == 1).all():
        names = np.array(columns or [str(i) for i in range(rows.shape[1])], dtype=object)
        return np.where(unknown, None, names[np.nan_to_num(rows).argmax(1)])
    shape = f"{where}: labels of shape {rows.shape}"
    if kind == "classification":
        raise ValueError(f"{shape} are not one-hot: a classification expects one class a sample, "
                         "(n,), or rows with a single 1 (several: kind: multilabel)")  # fmt: skip
    if binary:
        i = int((known.sum(1) != 1).argmax())
        raise ValueError(
            f"{shape} are 0 and 1 and not one-hot ({known[i].sum():g} ones in a row): say kind: "
            "multilabel if a sample may have several labels or none, regression for amounts"
        )
    if (known >= 0).all() and np.allclose(known.sum(1), 1, atol=1e-4):
        raise ValueError(
            f"{shape} are shares that sum to 1: for classes give the likeliest of each row "
            "(y.argmax(1)); for numbers say kind: regression"
        )
    if (known == np.floor(known)).all():
        raise ValueError(f"{shape} are whole numbers: for amounts say kind: regression; for classes "
                         "give one a sample, (n,)")  # fmt: skip
    return rows


def _real(y: np.ndarray, where: str) -> bool:
    """Whether labels are real numbers; raises ValueError where floats are whole."""
    if y.ndim == 2:
        return True
    if y.dtype == object:
        if any(isinstance(v, str | bytes) for v in y.flat):
            return False
        floats = [v for v in y.flat if isinstance(v, float | np.floating) and not gap(v)]
    elif y.dtype.kind == "f":
        floats = y[~np.isnan(y)].tolist()
    else:
        return False
    if not floats:
        return False
    if whole := all(float(v).is_integer() for v in floats):
        raise ValueError(
            f"{where}: labels are whole numbers stored with a fraction, {sorted(set(floats))[:5]}: "
            "say kind: classification if they are classes, regression if they are amounts"
        )
    return not whole


def _indicators(given: Labels, task: MultiLabel, where: str) -> Tensor:
    """``(n, k)`` float32 of 0, 1 and NaN; a table's columns in the order of the task's labels."""
    rows, names = _floats(given.values, where), task.columns
    if given.columns is not None and isinstance(task.labels, list):
        if sorted(given.columns) != sorted(names):
            raise ValueError(f"{where}: columns {given.columns[:20]} are not the labels {names[:20]}")
        rows = rows[:, [given.columns.index(name) for name in names]]
    if rows.shape[1] != task.outputs:
        raise ValueError(f"{where}: {rows.shape[1]} columns of labels, where the task has "
                         f"{task.outputs}: {names[:20]}")  # fmt: skip
    rows = np.where(rows == -1, np.nan, rows)
    wrong = ~(np.isnan(rows) | (rows == 0) | (rows == 1))
    if wrong.any():
        row, column = np.argwhere(wrong)[0]
        raise ValueError(f"{where}: label {rows[row, column]:g}, column {column}"
                         f"{_at(row, rows)}: expected 0 or 1; NaN or -1 where it is not known")  # fmt: skip
    return torch.from_numpy(rows.astype(np.float32))


def _floats(values: np.ndarray, where: str) -> np.ndarray:
    """Numbers as doubles, a gap as NaN."""
    if values.dtype.kind in "fiub":
        return values.astype(float)
    flat = values.ravel().tolist()
    for i, value in enumerate(flat):
        if not (gap(value) or isinstance(value, int | float | np.number)):
            at = _at(i // (values[:1].size or 1), values)
            raise ValueError(f"{where}: label {value!r}{at} is no number; "
                             "text is for classes, one a sample, (n,)")  # fmt: skip
    return np.array([np.nan if gap(v) else float(v) for v in flat]).reshape(values.shape)


def _check_finite(numbers: np.ndarray, where: str) -> None:
    wrong = np.isinf(numbers).reshape(len(numbers), -1).any(1)
    if wrong.any():
        raise ValueError(f"{where}: a label{_at(int(wrong.argmax()), numbers)} is infinite; correct "
                         "it or drop the sample")  # fmt: skip


def _at(row: int, y: np.ndarray) -> str:
    """Where a label stands among several."""
    return "" if len(y) == 1 else f" (row {row}, counted from 0)"


def texts(y: np.ndarray) -> list[str | None]:
    """Labels ``(n,)`` as text, a gap as None: beside gaps, numpy holds 1.0 for what else is 1."""
    return [None if gap(v) else _text(v) or None for v in y.tolist()]


def same(name: str | None, known: Iterable[str]) -> str | None:
    """How a label is written among the ``known``: True where they have 1, and the like."""
    other = TRUTH.get(name or "")
    return other if other in known and name not in known else name


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value.decode() if isinstance(value, bytes) else str(value)
    return unicodedata.normalize("NFC", text)


def _whole(name: str) -> bool:
    """Whether a class is called by a whole number."""
    return name.removeprefix("-").isdecimal()


def _order(name: str) -> tuple[bool, float, str]:
    """Numbers in order of size, then the others."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
