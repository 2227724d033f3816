"""Lines of a table in a text file: its coding, its separator, its header."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from da_bench.data.columns import Reading, list_names

SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
TRUTH = {"true": 1.0, "false": 0.0}
LOOK_LINES = 20
"""Lines that are looked at to find the separator."""

Record = tuple[int, list[str]]
"""A line's number, counted from 1, and its fields."""


def records(path: Path, reading: Reading) -> tuple[Iterator[Record], list[str]]:
    """The samples' fields by line, and the names of the columns (their positions without a header).

    Raises:
        ValueError: The file is empty, its lines differ in length, or the first may be a sample.
    """
    text = _decode(path)
    separator = {"tab": "\t", "\\t": "\t"}.get(reading.separator or "", reading.separator)
    if separator is not None and len(separator) != 1:
        raise ValueError(f"separator: {reading.separator!r} is no single character, nor 'tab'")
    rows = _regular(_lines(text, separator or _separator(text, path), path), path)
    first = next(rows, None)
    if first is None:
        raise ValueError(f"{path} holds no inputs: it is empty")
    second = next(rows, None)
    later_records = _chain(second, rows)
    if reading.header is None and (reason := _doubt(first[1], second[1] if second else None)):
        first_fields = list_names([f.strip() for f in first[1]], 4)
        raise ValueError(
            f"{path}, line {first[0]}: {first_fields} {reason}, so they may be the first sample or "
            "names of columns; say header: false or header: true"
        )
    if reading.header is False:
        return _chain(first, later_records), [str(i) for i in range(len(first[1]))]
    names = [f.strip() for f in first[1]]
    names[0] = names[0].lstrip("# ")  # as numpy.savetxt writes it
    return later_records, [name or f"Unnamed: {i}" for i, name in enumerate(names)]


def _decode(path: Path) -> str:
    raw = path.read_bytes()
    coding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return raw.decode(coding)
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise ValueError(
            f"{path}, line {line}: byte {raw[error.start : error.start + 1].hex()} is no "
            f"{coding.removesuffix('-sig').upper()}; save the file as UTF-8"
        ) from None


def _lines(text: str, separator: str, path: Path) -> Iterator[Record]:
    """Records that are not blank; a line of separators alone is blank at either end only."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True,
                        skipinitialspace=True)  # fmt: skip
    blank_lines: list[Record] = []
    has_begun, line = False, 1
    try:
        for fields in reader:
            line_number, line = line, reader.line_num + 1
            if not fields or (len(fields) == 1 and not fields[0].strip()):
                continue
            if any(f and not f.isspace() for f in fields):
                yield from blank_lines
                blank_lines, has_begun = [], True
                yield line_number, fields
            elif has_begun:
                blank_lines.append((line_number, fields))
    except csv.Error as error:
        raise ValueError(f"{path}, line {line}: {error}") from None


def _regular(rows: Iterator[Record], path: Path) -> Iterator[Record]:
    first: Record | None = None
    for line, fields in rows:
        first = first or (line, fields)
        if len(fields) != len(first[1]):
            raise ValueError(
                f"{path}, line {line}: {len(fields)} fields, where line {first[0]} has "
                f"{len(first[1])}; correct the line, or name the separator"
            )
        yield line, fields


def _chain(first: Record | None, rest: Iterator[Record]) -> Iterator[Record]:
    if first is not None:
        yield first
    yield from rest


def _separator(text: str, path: Path) -> str:
    """What separates the fields.

    Raises:
        ValueError: Two characters might.
    """
    head = text[: 1 + len("\n".join(text.split("\n", 5 * LOOK_LINES)[: 5 * LOOK_LINES]))]
    widths_by_mark: dict[str, list[int]] = {}
    for mark in SEPARATORS:
        rows = csv.reader(io.StringIO(head, newline=""), delimiter=mark, skipinitialspace=True)
        widths = [len(fields) for fields in rows if any(f.strip() for f in fields)][:LOOK_LINES]
        if widths and widths[0] > 1:
            widths_by_mark[mark] = widths
    regular = [mark for mark, widths in widths_by_mark.items() if len(set(widths)) == 1] or list(
        widths_by_mark
    )
    if len(regular) > 1:
        candidates = " or ".join(
            f"{SEPARATORS[m]} ({widths_by_mark[m][0]} fields)" for m in regular
        )
        raise ValueError(f"{path}: its fields may be separated by {candidates}; name the one by "
                         f"separator: {regular[0]!r}")  # fmt: skip
    return regular[0] if regular else ","


def _doubt(first: list[str], second: list[str] | None) -> str | None:
    """Why the first line may hold a sample; None where it holds names."""
    first = [f.strip().lower() for f in first]
    numbers = [f for f in first if is_number(f) or f in TRUTH]
    texts = [i for i, f in enumerate(first) if f and f not in numbers]
    if not numbers:
        return None
    if not texts:
        return "are numbers alone"
    counted = [str(i) for i in range(len(numbers))]
    if len(numbers) > 2 and numbers in (counted, [str(i + 1) for i in range(len(numbers))]):
        return None  # names that pandas gives
    if second is not None and any(is_number(second[i]) for i in texts):
        return None
    return "hold numbers beside text"


def is_number(text: str) -> bool:
    """Whether a field is one; Python's underscores are none of a table's."""
    try:
        float(text)
    except ValueError:
        return False
    return "_" not in text
