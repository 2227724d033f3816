"""Conditions such as ``wall_s>10`` on the columns of stored rows, as SQL over their JSON."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from da_bench.config.objects import nearest

from .row import FOLDER, STANDARD

JsonPath = str
"""Path of a value in a row's JSON, as SQLite's ``json_extract`` takes it."""

OPERATORS = ("=", "!=", ">", ">=", "<", "<=", "~")
"""Operators of a condition. ``~`` means "contains"; ``null`` stands for a missing value."""


class UnknownColumn(ValueError):
    """A column that no row has; the message names the nearest."""


@dataclass(frozen=True)
class Condition:
    """One comparison of a column with a value.

    Attributes:
        column: Name of the column, with dots between levels.
        operator: One of ``OPERATORS``.
        text: The value as it was typed.
    """

    column: str
    operator: str
    text: str

    @property
    def value(self) -> Any:
        """The text read as a JSON number, ``true``, ``false`` or ``null``; else the text itself."""
        try:
            value = json.loads(self.text)
        except ValueError:
            return self.text
        return self.text if isinstance(value, dict | list) else value


def condition(text: str) -> Condition:
    """Parses a condition such as ``method=dann``, ``wall_s>10`` or ``error~memory``.

    Args:
        text: Column, operator and value.

    Raises:
        ValueError: There is no operator in the text, or nothing before it.
    """
    # ``==`` is what many write; ``=>`` would else ask for a text that begins with ``>``.
    match = re.match(r"\s*([^=<>!~]+?)\s*(!=|>=|<=|==|=(?![<>])|>|<|~)(.*)", text, re.DOTALL)
    if not match:
        raise ValueError(
            f"{text!r} is no condition: write COLUMN, one of {' '.join(OPERATORS)}, VALUE, "
            "such as method=dann or 'wall_s>10'"
        )
    return Condition(match[1], "=" if match[2] == "==" else match[2], match[3].strip())


def flat_paths(row: Mapping[str, Any], prefix: str = "", path: str = "$") -> dict[str, JsonPath]:
    """JSON paths of all values of a row, by names with dots between levels.

    A key that contains a quotation mark is left out.

    Args:
        row: Values by column, which may be mappings themselves.
        prefix: Beginning of each name.
        path: JSON path of ``row``.
    """
    paths = {}
    for key, value in row.items():
        if '"' in key:
            continue
        value_path = f'{path}."{key}"'
        paths[prefix + key] = value_path
        if isinstance(value, dict):
            paths |= flat_paths(value, f"{prefix}{key}.", value_path)
    return paths


def expression(column: str, columns: Mapping[str, JsonPath]) -> str:
    """SQL expression of a column's value.

    Args:
        column: Name of the column.
        columns: JSON paths of all columns.

    Raises:
        UnknownColumn: No row has the column.
    """
    if column == FOLDER:
        return FOLDER
    if column not in columns and column in STANDARD:
        return "NULL"
    if column not in columns:
        known_columns = [name for name in {*columns, *STANDARD} if "." in column or "." not in name]
        raise UnknownColumn(f"no run has a column {column!r}{nearest(column, known_columns)}")
    path = columns[column].replace("'", "''")
    return f"json_extract(coalesce(data, row), '{path}')"


def selection(where: Sequence[Condition], columns: Mapping[str, JsonPath]) -> tuple[str, list[Any]]:
    """Conditions as the end of an SQL WHERE clause, and the values of its placeholders."""
    clause, values = "", list[Any]()
    for condition in where:
        value, column = condition.value, expression(condition.column, columns)
        if condition.operator == "~":
            clause += f" AND instr(lower({column}), lower(?)) > 0"
            values.append(condition.text)
        elif condition.operator in ("=", "!="):
            # Domains can be called "20": a number matches the text of itself as well.
            negation = "NOT" if condition.operator == "!=" else ""
            clause += f" AND {negation} ({column} IS ? OR {column} IS ?)"
            values += [value, value if value is None else condition.text]
        else:
            # SQLite holds any text to be greater than any number: only like is compared with like.
            sign = "=" if isinstance(value, str) else "!="
            clause += f" AND typeof({column}) {sign} 'text' AND {column} {condition.operator} ?"
            values.append(value)
    return clause, values


def ordering(sort: str | None, columns: Mapping[str, JsonPath]) -> str:
    """SQL ORDER BY clause of a column; rows without a value come last in either direction."""
    if not sort:
        return ""
    column = expression(sort.removeprefix("-"), columns)
    return (
        f" ORDER BY {column} IS NULL, {column} {'DESC' if sort.startswith('-') else 'ASC'}, folder"
    )


def value_at(row: Mapping[str, Any], column: str) -> Any:
    """Value of a column in a row, with dots between levels; None where there is none."""
    if column in row:
        return row[column]
    for dot in (place for place, character in enumerate(column) if character == "."):
        nested_values = row.get(column[:dot])
        if isinstance(nested_values, Mapping):
            value = value_at(nested_values, column[dot + 1 :])
            if value is not None:
                return value
    return None
