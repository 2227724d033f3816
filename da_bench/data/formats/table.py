"""Tables in text files, CSV above all: each column by its name, each fault by its line."""

from array import array
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from da_bench.data.check_inputs import check_count
from da_bench.data.columns import LABELS, Columns, Reading, Samples, normalize_names, parts

from .records import TRUTH, is_number, records
from .tensors import tensors

GAPS = ("", "na", "n/a", "#n/a", "<na>", "null", "none", "nan", "?")
"""What stands for a missing number."""


def read_table(path: Path, reading: Reading, labelled: bool = False) -> Samples:
    """A file of comma-separated values (or with another separator), a sample a line.

    Args:
        path: The file, in UTF-8, or UTF-16 with its mark.
        reading: Settings, where the file can be read in two ways.
        labelled: Whether labels come from elsewhere.

    Raises:
        ValueError: The file can be read in two ways, or a field is no number; its line is named.
    """
    rows, names = records(path, reading)
    part = parts(normalize_names(names), reading, str(path), labelled)
    if not part.features:
        raise ValueError(f"{path} holds no inputs")
    values, true_counts = array("d"), [0] * len(part.features)
    lines: list[int] = []
    texts: list[list[str]] = [[] for _ in part.labels]
    for line, fields in rows:
        lines.append(line)
        for column, i in zip(texts, part.labels, strict=True):
            column.append(fields[i].strip())
        try:
            values.extend(
                _numbers([fields[i] for i in part.features], reading.decimal, true_counts)
            )
        except NoNumber as error:
            name = names[part.features[error.at]]
            raise ValueError(_no_number(path, line, name, error.text, reading)) from None
    if not lines:
        raise ValueError(f"{path} holds no inputs")
    x = np.frombuffer(values).reshape(len(lines), len(part.features))
    kinds = _kinds(x, true_counts, [names[i] for i in part.features], path)
    titles = normalize_names([names[i] for i in part.features])
    columns = Columns(
        names=None if reading.header is False else titles,
        kinds=kinds,
        shapes=[[x.shape[1]]],
        sparse=False,
        left_out=normalize_names([names[i] for i in part.rest]),
    )
    y = [numbers_or_text(column, lines, path, reading) for column in texts]
    samples = Samples(x, join_columns(y, path), columns, str(path), lines, titles)
    check_count(samples, reading)
    return samples._replace(x=tensors(x, str(path)))


def table_labels(path: Path, reading: Reading) -> np.ndarray:
    """The labels of a table: its label column, its only one, or all of them as numbers."""
    rows, names = records(path, reading)
    column_names = normalize_names(names)
    part = parts(column_names, reading, str(path))
    positions = part.labels or part.features
    samples = list(rows)
    if (
        len(column_names) == 1
        and reading.header is None
        and names[0] in {f[0].strip() for _, f in samples}
    ):
        raise ValueError(f"{path}: the first line, {names[0]!r}, may be a label or the column's "
                         "name; say header: false or header: true")  # fmt: skip
    lines = [line for line, _ in samples]
    if not lines or not positions:
        raise ValueError(f"{path} holds no labels")
    columns = [[f[i].strip() for _, f in samples] for i in positions]
    y = join_columns([numbers_or_text(c, lines, path, reading) for c in columns], path)
    assert y is not None
    return y


class NoNumber(ValueError):
    """A field of a feature that is not a number.

    Args:
        at: Position among the features.
        text: The field's text.
    """

    def __init__(self, at: int, text: str) -> None:
        super().__init__(text)
        self.at, self.text = at, text


def _numbers(fields: list[str], decimal: str, true: list[int]) -> list[float]:
    """The fields as numbers, gaps as NaN; ``true`` counts the truth values of each column."""
    if decimal == ".":
        try:
            numbers = list(map(float, fields))
        except ValueError:
            pass
        else:
            if "_" not in "".join(fields):
                return numbers
    numbers = []
    for i, field in enumerate(fields):
        text = field.strip()
        if text.lower() in GAPS:
            numbers.append(np.nan)
        elif text.lower() in TRUTH:
            numbers.append(TRUTH[text.lower()])
            true[i] += 1
        else:
            number_text = text if decimal == "." else text.replace(".", "_").replace(",", ".")
            if not is_number(number_text):
                raise NoNumber(i, text)
            numbers.append(float(number_text))
    return numbers


def _no_number(path: Path, line: int, name: str, text: str, reading: Reading) -> str:
    if "," in text and reading.decimal == ".":
        hint = ("if the comma is the decimal sign, say decimal: ','; separators of thousands "
                "have to go")  # fmt: skip
    elif " " in text and all(map(is_number, text.split())):
        hint = "if spaces separate the fields, say separator: ' '"
    else:
        hint = (
            f"encode it, leave it out by drop: [{name}], or say label: {name} if it is the label "
            f"(which is otherwise called one of {', '.join(LABELS)})"
        )
    return f"{path}, line {line}: column {name!r} is not numeric, it holds {text[:40]!r}; {hint}"


def _kinds(x: np.ndarray, true: list[int], names: list[str], path: Path | str) -> list[str]:
    for j, count in enumerate(true):
        if count and count < (~np.isnan(x[:, j])).sum():
            raise ValueError(
                f"{path}: column {names[j]!r} mixes true and false with other numbers; write one "
                "kind of value"
            )
    return ["bool" if count else "number" for count in true]


def numbers_or_text(
    texts: list[str], lines: Sequence[int], path: Path, reading: Reading
) -> np.ndarray:
    """Labels ``(n,)`` as whole numbers or text (a gap is None), or as numbers (a gap is NaN).

    Raises:
        ValueError: One may be a gap or a class.
    """
    gap = [t.lower() in ("", "nan") for t in texts]
    for line, text in zip(lines, texts, strict=True):
        if text.lower() in GAPS and text.lower() not in ("", "nan"):
            raise ValueError(f"{path}, line {line}: the label {text!r} may be a gap or a class; "
                             "leave gaps empty, and call a class otherwise")  # fmt: skip
    present_texts = [t for t, missing in zip(texts, gap, strict=True) if not missing]
    plain_texts = (
        [t.replace(",", ".") for t in present_texts] if reading.decimal == "," else present_texts
    )
    if all(t.removeprefix("-").isdecimal() and len(t) < 17 for t in plain_texts):
        if not any(gap):
            return np.array([int(t) for t in plain_texts], dtype=np.int64)
        remaining_texts = iter(plain_texts)
        return np.array(
            [None if missing else int(next(remaining_texts)) for missing in gap], dtype=object
        )
    if all(map(is_number, plain_texts)):
        y = np.full(len(texts), np.nan)
        y[~np.array(gap, dtype=bool)] = [float(t) for t in plain_texts]
        return y
    return np.array([None if g else t for t, g in zip(texts, gap, strict=True)], dtype=object)


def join_columns(columns: list[np.ndarray], place: Path | str) -> np.ndarray | None:
    """One column of labels, or several numbers ``(n, k)``."""
    if len(columns) < 2:
        return columns[0] if columns else None
    if any(c.dtype.kind == "O" for c in columns):
        raise ValueError(f"{place}: of several label columns each holds numbers, and one does not")
    return np.column_stack(columns)
