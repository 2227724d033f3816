"""The forms that labels come in - columns, one-hot rows, text, gaps - brought to two."""

import unicodedata
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .tensors import array_of, is_gap

Kind = Literal["classification", "regression", "multilabel"]


class Labels(NamedTuple):
    """Labels in one of two forms, whatever they were handed over as."""

    values: np.ndarray
    """A class or number a sample, ``(n,)``; or ``(n, k)`` numbers."""
    columns: list[str] | None = None
    """Names of the ``k`` columns, where a table has them."""


def labels_of(
    y: Any, place: str, kind: Kind | None = None, lines: Sequence[int] | None = None
) -> Labels:
    """Labels of any usual form: of any library, as a column, as one-hot rows, with gaps.

    Args:
        y: ``(n,)``, ``(n, 1)``, or ``(n, k)``: one-hot rows are classes called by their column, 0
            to k-1 or by its name in a table; a row of -1 or of gaps is not known.
        place: What they are called in errors.
        kind: What they are known to be; None asks, of rows that could be several things.
        lines: Line of their file for each, for errors; None counts rows from 0.

    Raises:
        ValueError: They are not of the kind, or of two kinds at once.
    """
    values = array_of(y, f"{place}, labels")
    columns = [_text(c) for c in y.columns] if hasattr(y, "columns") else None
    if values.ndim == 2 and values.shape[1] == 1 and kind != "multilabel":
        values = values[:, 0]
    expected = {None: "(n,) or (n, k)", "multilabel": "(n, k)"}.get(kind, "(n,)")
    if values.ndim not in (1, 2) or (kind == "multilabel" and values.ndim != 2):
        raise ValueError(f"{place}: labels have shape {values.shape}; expected {expected}"
                         + ("" if kind != "multilabel" else ", a 0 or 1 for each label "
                            "(scikit-learn's MultiLabelBinarizer makes it of lists)"))  # fmt: skip
    if values.dtype.kind == "f":
        check_finite(values, place, lines=lines)
    if values.ndim == 1 or kind in ("regression", "multilabel"):
        return Labels(values, columns if values.ndim == 2 else None)
    return Labels(_from_rows(floats(values, place, lines), columns, place, kind))


def _from_rows(
    rows: np.ndarray, columns: list[str] | None, place: str, kind: Kind | None
) -> np.ndarray:
    """Classes ``(n,)`` of one-hot rows ``(n, k)``; the rows themselves where they are numbers."""
    is_unknown = (np.isnan(rows) | (rows == -1)).all(1)
    known_rows = rows[~is_unknown]
    binary = bool(((known_rows == 0) | (known_rows == 1)).all())
    if binary and (known_rows.sum(1) == 1).all():
        names = np.array(columns or [str(i) for i in range(rows.shape[1])], dtype=object)
        classes = names[np.nan_to_num(rows).argmax(1)]
        classes[is_unknown] = None
        return classes
    shape = f"{place}: labels of shape {rows.shape}"
    if kind == "classification":
        raise ValueError(f"{shape} are not one-hot: a classification expects one class a sample, "
                         "(n,), or rows with a single 1 (several: kind: multilabel)")  # fmt: skip
    if binary:
        i = int((known_rows.sum(1) != 1).argmax())
        raise ValueError(
            f"{shape} are 0 and 1 and not one-hot ({known_rows[i].sum():g} ones in a row): say "
            "kind: multilabel if a sample may have several labels or none, regression for amounts"
        )
    if (known_rows >= 0).all() and np.allclose(known_rows.sum(1), 1, atol=1e-4):
        raise ValueError(
            f"{shape} are shares that sum to 1: for classes give the likeliest of each row "
            "(y.argmax(1)); for numbers say kind: regression"
        )
    if (known_rows == np.floor(known_rows)).all():
        raise ValueError(f"{shape} are whole numbers: for amounts say kind: regression; for "
                         "classes give one a sample, (n,)")  # fmt: skip
    return rows


def floats(values: np.ndarray, place: str, lines: Sequence[int] | None = None) -> np.ndarray:
    """Numbers as doubles, a gap as NaN."""
    if values.dtype.kind in "fiub":
        return values.astype(float)
    flat_values = values.ravel().tolist()
    for i, value in enumerate(flat_values):
        if not (is_gap(value) or isinstance(value, int | float | np.number)):
            row = i // (values[:1].size or 1)
            raise ValueError(f"{place}: label {value!r}{position_text(row, values, lines)} is no "
                             "number; text is for classes, one a sample, (n,)")  # fmt: skip
    return np.array([np.nan if is_gap(v) else float(v) for v in flat_values]).reshape(values.shape)


def check_finite(
    numbers: np.ndarray, place: str, complete: bool = False, lines: Sequence[int] | None = None
) -> None:
    """Raises ValueError where a number is infinite, or, of a ``complete`` set, missing."""
    is_wrong = ~np.isfinite(numbers) if complete else np.isinf(numbers)
    if is_wrong.any():
        row = int(np.argwhere(is_wrong)[0, 0])
        fault = "NaN" if np.isnan(numbers[row]).any() else "infinite"
        raise ValueError(f"{place}: a label{position_text(row, numbers, lines)} is {fault}; "
                         "correct it or drop the sample")  # fmt: skip


def position_text(row: int, y: np.ndarray, lines: Sequence[int] | None = None) -> str:
    """Where a label stands among several: its line in a file, or its row."""
    if lines is not None and len(lines) == len(y):
        return f" (line {lines[row]})"
    return "" if len(y) == 1 else f" (row {row}, counted from 0)"


def texts(y: np.ndarray) -> list[str | None]:
    """Labels ``(n,)`` as text, a gap as None: beside gaps, numpy holds 1.0 for what else is 1."""
    return [None if is_gap(v) else _text(v) or None for v in y.tolist()]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = value.decode() if isinstance(value, bytes) else str(value)
    return unicodedata.normalize("NFC", text)
