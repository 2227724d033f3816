"""Filters over any column of the runs, and how they stand in an address that can be shared."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from da_bench.results.collection import Results
from da_bench.results.query import value_at

FEW = 50
"""Distinct values at most that are offered one by one; texts of more are searched."""
NOTHING = "(none)"
"""Stands for a value that a run does not have."""
BEFORE = "if."
"""Before a column's name in an address."""


class FilterError(ValueError):
    """A filter that can't be read; the message says what was expected, and what to do."""


@dataclass(frozen=True)
class Column:
    """What one column can be filtered by.

    Attributes:
        name: Of the runs' frame, or of a nested value, with dots.
        values: Of each run, in the order of the runs.
    """

    name: str
    values: pd.Series

    @cached_property
    def kind(self) -> str:
        """``between`` for numbers, ``one of`` for few values, ``contains`` for many texts."""
        known = self.values.dropna()
        if len(known) and known.map(_is_number).all():
            return "between"
        return "one of" if self.texts.nunique() <= FEW else "contains"

    @cached_property
    def texts(self) -> pd.Series:
        """The values as they are shown."""
        return self.values.astype(object).where(self.values.notna(), NOTHING).astype(str)

    @cached_property
    def options(self) -> list[str]:
        """Of ``one of``: the values, as they appear."""
        return list(dict.fromkeys(self.texts))

    def kept(self, asked: Sequence[str]) -> pd.Series:
        """Which runs meet what an address asks; all where it asks nothing.

        Raises:
            FilterError: It can't be read.
        """
        asked = [text for text in asked if text != ""]
        if not asked:
            return pd.Series(True, index=self.values.index)
        if self.kind == "one of":
            return self.texts.isin(asked)
        if self.kind == "contains":
            return self.texts.str.lower().str.contains(asked[0].lower(), regex=False)
        low, high = limits(self.name, asked[0])
        numbers = pd.to_numeric(self.values, errors="coerce")
        return numbers.ge(-np.inf if low is None else low) & numbers.le(
            np.inf if high is None else high
        )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool | np.bool_)


def limits(name: str, text: str) -> tuple[float | None, float | None]:
    """``1..10`` as numbers; an end that is left out is None.

    Raises:
        FilterError: It is no range.
    """
    low, dots, high = text.partition("..")
    try:
        if not dots:
            raise ValueError
        found = tuple(float(end) if end.strip() else None for end in (low, high))
        if any(end is not None and np.isnan(end) for end in found):
            raise ValueError
    except ValueError:
        raise FilterError(
            f"{BEFORE}{name}={text} is no range: expected LOW..HIGH, such as 1..10, 1.. or ..10; "
            "remove this filter, or mend it in the address"
        ) from None
    return found[0], found[1]


def written(low: float | None, high: float | None) -> str:
    """A range as an address has it; nothing where both ends are open."""
    ends = ["" if end is None else f"{end:.12g}" for end in (low, high)]
    return "..".join(ends) if any(ends) else ""


def names(results: Results, nested: Iterable[str]) -> list[str]:
    """Columns that some run has a value in: those of the frame, then those within others."""
    own = [str(c) for c in results.runs.columns if results.runs[c].notna().any()]
    inner = [name for name in nested if "." in name and name not in results.runs.columns]
    return own + sorted(inner)


def column(results: Results, name: str) -> Column:
    """One column of the runs.

    Raises:
        FilterError: No run has it.
    """
    if name in results.runs.columns:
        return Column(name, results.runs[name])
    found = [value_at(row, name) for row in results.rows]
    plain = [None if isinstance(value, dict | list) else value for value in found]
    if all(value is None for value in plain):
        raise FilterError(f"no run has a column {name!r}: remove this filter")
    return Column(name, pd.Series(plain, index=results.runs.index, dtype=object))


def filtered(results: Results, asked: Mapping[str, Sequence[str]]) -> Results:
    """The runs that meet all filters; each keeps the gain over its twin, shown or not.

    Args:
        results: All runs.
        asked: For each column what the address asks of it.

    Raises:
        FilterError: A filter that can't be read.
    """
    kept = pd.Series(True, index=results.runs.index)
    for name, texts in asked.items():
        kept &= column(results, name).kept(texts)
    if kept.all():
        return results
    rows = [row for row, good in zip(results.rows, kept, strict=True) if good]
    return replace(results, rows=rows, runs=results.runs[kept].reset_index(drop=True))
