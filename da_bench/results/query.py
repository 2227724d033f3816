"""Conditions such as ``wall_s>10`` on the columns of stored rows, as SQL over their JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from da_bench.config.objects import nearest

from .row import FOLDER, STANDARD

JsonPath = str
"""Of a value in a row, as SQLite's ``json_extract`` writes it."""

OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "~")
"""``~`` is "contains"; ``=`` and ``!=`` take ``null`` for a value that is not there."""


class UnknownColumn(ValueError):
    """A column that no row has; the message names the nearest."""


@dataclass(frozen=True)
class Condition:
    """One comparison of a column with a value."""

    column: str
    operator: str
    text: str

    @property
    def value(self) -> Any:
        """What the text says as JSON: a number, ``true``, ``null``; else the text itself."""
        try:
            read = json.loads(self.text)
        except ValueError:
            return self.text
        return self.text if isinstance(read, dict | list) else read


def condition(text: str) -> Condition:
    """``method=dann``, ``wall_s>10``, ``status!=ok``, ``error~memory`` as a condition.

    Raises:
        ValueError: There is no operator in it, or nothing before it.
    """
    # ``==`` is what many write; ``=>`` would else ask for a text that begins with ``>``.
    match = re.match(r"\s*([^=<>!~]+?)\s*(!=|>=|<=|==|=(?![<>])|>|<|~)(.*)", text, re.DOTALL)
    if not match:
        raise ValueError(
            f"{text!r} is no condition: write COLUMN, one of {' '.join(OPERATORS)}, VALUE, "
            "such as method=dann or 'wall_s>10'"
        )
    return Condition(match[1], "=" if match[2] == "==" else match[2], match[3].strip())


def flat_paths(row: Mapping[str, Any], before: str = "", path: str = "$") -> dict[str, JsonPath]:
    """Names of a row's values, dots between levels, and their JSON paths.

    A key with a quotation mark in it has none.
    """
    found = {}
    for key, value in row.items():
        if '"' in key:
            continue
        here = f'{path}."{key}"'
        found[before + key] = here
        if isinstance(value, dict):
            found |= flat_paths(value, f"{before}{key}.", here)
    return found


def expression(column: str, columns: Mapping[str, JsonPath]) -> str:
    """SQL for a column's value.

    Raises:
        UnknownColumn: No row has it.
    """
    if column == FOLDER:
        return FOLDER
    if column not in columns and column in STANDARD:
        return "NULL"
    if column not in columns:
        known = [c for c in {*columns, *STANDARD} if "." in column or "." not in c]
        raise UnknownColumn(f"no run has a column {column!r}{nearest(column, known)}")
    path = columns[column].replace("'", "''")
    return f"json_extract(coalesce(data, row), '{path}')"


def selection(where: Sequence[Condition], columns: Mapping[str, JsonPath]) -> tuple[str, list[Any]]:
    """The conditions as the end of a WHERE clause, and its values."""
    clause, values = "", list[Any]()
    for one in where:
        value, named = one.value, expression(one.column, columns)
        if one.operator == "~":
            clause += f" AND instr(lower({named}), lower(?)) > 0"
            values.append(one.text)
        elif one.operator in ("=", "!="):
            # Domains can be called "20": a number matches the text of itself as well.
            clause += f" AND {'NOT' if one.operator == '!=' else ''} ({named} IS ? OR {named} IS ?)"
            values += [value, value if value is None else one.text]
        else:
            # SQLite holds any text to be greater than any number: only like is compared with like.
            like = "=" if isinstance(value, str) else "!="
            clause += f" AND typeof({named}) {like} 'text' AND {named} {one.operator} ?"
            values.append(value)
    return clause, values


def ordering(sort: str | None, columns: Mapping[str, JsonPath]) -> str:
    """The ORDER BY of a column; what lacks a value comes last either way."""
    if not sort:
        return ""
    named = expression(sort.removeprefix("-"), columns)
    return f" ORDER BY {named} IS NULL, {named} {'DESC' if sort.startswith('-') else 'ASC'}, folder"


def value_at(row: Mapping[str, Any], column: str) -> Any:
    """The value of a column in a row, nested ones by dots; None where it has none."""
    if column in row:
        return row[column]
    for cut in (i for i, c in enumerate(column) if c == "."):
        inner = row.get(column[:cut])
        if isinstance(inner, Mapping):
            found = value_at(inner, column[cut + 1 :])
            if found is not None:
                return found
    return None
