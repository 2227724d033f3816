"""Filters over any column of the runs, and how they stand in an address that can be shared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from da_bench.results.collection import Results
from da_bench.results.query import value_at

FEW = 50
"""Largest number of distinct values that are offered one by one; texts of more are searched."""
NOTHING = "(none)"
"""Stands for a value that a run does not have."""
BEFORE = "if."
"""Beginning of a filter's name in an address, before the column's name."""


class FilterError(ValueError):
    """A filter that can't be read; the message says what was expected, and what to do."""


@dataclass(frozen=True)
class Column:
    """One column of the runs, by which they can be filtered.

    Attributes:
        name: Name of a column of the runs' frame, or of a nested value, with dots.
        values: Value of each run, in the order of the runs.
    """

    name: str
    values: pd.Series

    @cached_property
    def kind(self) -> str:
        """Kind of filter: ``between`` for numbers, ``one of`` for few values, else ``contains``."""
        values = self.values.dropna()
        if len(values) and values.map(_is_number).all():
            return "between"
        return "one of" if self.texts.nunique() <= FEW else "contains"

    @cached_property
    def texts(self) -> pd.Series:
        """The values as text; ``(none)`` for a missing one."""
        return self.values.astype(object).where(self.values.notna(), NOTHING).astype(str)

    @cached_property
    def options(self) -> list[str]:
        """Distinct texts of the values, in order of appearance, for the filter ``one of``."""
        return list(dict.fromkeys(self.texts))

    def matches(self, terms: Sequence[str]) -> pd.Series:
        """Whether each run meets a filter; all do where it has no terms.

        Args:
            terms: Values of the filter in an address: options, one text or one range.

        Raises:
            FilterError: The range can't be read.
        """
        terms = [text for text in terms if text != ""]
        if not terms:
            return pd.Series(True, index=self.values.index)
        if self.kind == "one of":
            return self.texts.isin(terms)
        if self.kind == "contains":
            return self.texts.str.lower().str.contains(terms[0].lower(), regex=False)
        low, high = limits(self.name, terms[0])
        numbers = pd.to_numeric(self.values, errors="coerce")
        return numbers.ge(-np.inf if low is None else low) & numbers.le(
            np.inf if high is None else high
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)


def limits(name: str, text: str) -> tuple[float | None, float | None]:
    """Parses a range such as ``1..10``; an end that is left out is None.

    Args:
        name: Name of the column, for the message.
        text: The range.

    Raises:
        FilterError: The text is no range.
    """
    low, separator, high = text.partition("..")
    try:
        if not separator:
            raise ValueError
        bounds = tuple(float(end) if end.strip() else None for end in (low, high))
        if any(end is not None and np.isnan(end) for end in bounds):
            raise ValueError
    except ValueError:
        raise FilterError(
            f"{BEFORE}{name}={text} is no range: expected LOW..HIGH, such as 1..10, 1.. or ..10; "
            "remove this filter, or mend it in the address"
        ) from None
    return bounds[0], bounds[1]


def range_text(low: float | None, high: float | None) -> str:
    """Writes a range as it stands in an address; empty where both ends are None."""
    ends = ["" if end is None else f"{end:.12g}" for end in (low, high)]
    return "..".join(ends) if any(ends) else ""


def names(results: Results, nested: Iterable[str]) -> list[str]:
    """Names of columns with a value: those of the runs' frame, then those of nested values.

    Args:
        results: All runs.
        nested: Names of all columns of the rows, with dots.
    """
    columns = [str(name) for name in results.runs.columns if results.runs[name].notna().any()]
    nested_names = [name for name in nested if "." in name and name not in results.runs.columns]
    return columns + sorted(nested_names)


def column(results: Results, name: str) -> Column:
    """One column of the runs by its name.

    Args:
        results: All runs.
        name: Name of a column of the runs' frame, or of a nested value, with dots.

    Raises:
        FilterError: No run has the column.
    """
    if name in results.runs.columns:
        return Column(name, results.runs[name])
    raw_values = [value_at(row, name) for row in results.rows]
    values = [None if isinstance(value, dict | list) else value for value in raw_values]
    if all(value is None for value in values):
        raise FilterError(f"no run has a column {name!r}: remove this filter")
    return Column(name, pd.Series(values, index=results.runs.index, dtype=object))


def filter_runs(results: Results, terms_by_column: Mapping[str, Sequence[str]]) -> Results:
    """Keeps the runs that meet all filters, with their gains over twins that may be left out.

    Args:
        results: All runs.
        terms_by_column: Values of each column's filter in the address.

    Raises:
        FilterError: A filter can't be read.
    """
    matches = pd.Series(True, index=results.runs.index)
    for name, terms in terms_by_column.items():
        matches &= column(results, name).matches(terms)
    if matches.all():
        return results
    rows = [row for row, is_match in zip(results.rows, matches, strict=True) if is_match]
    return replace(results, rows=rows, runs=results.runs[matches].reset_index(drop=True))
