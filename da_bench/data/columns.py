"""The features of a table by name: what they are called, and one order for whoever reads them."""

import re
import unicodedata
import warnings
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from .batch import Tree

LABELS = ("y", "label", "labels", "target", "class")
"""Names under which a table's column or an archive's entry is taken for the label."""
UNNAMED = re.compile(r"Unnamed: \d+(_level_\d+)?")
"""What pandas calls a column whose header is empty: its index, most often."""


class Reading(NamedTuple):
    """How files and tables are read, where they can be read in two ways."""

    label: str | int | list[str | int] | None = None
    """Column or columns of the label; an archive's entry."""
    drop: list[str | int] | None = None
    """Columns to leave out. An empty list says that there is none, a table's index included."""
    separator: str | None = None
    """Between the fields of a line; None finds a comma, semicolon, tab or bar."""
    decimal: Literal[".", ","] = "."
    """The decimal sign."""
    header: bool | None = None
    """Whether the first line holds names; None asks where it might be a sample."""
    first_index: Literal[0, 1] | None = None
    """From where an svmlight file counts its features; None asks where its domains may differ."""
    entry: str | None = None
    """The entry of a ``.npz`` or ``.pt`` file that holds the inputs; None takes ``x``."""
    features: list[str] | None = None
    """Columns that are known for features, of a run; None knows none."""

    def with_settings(self, settings: Mapping[str, Any] | None) -> "Reading":
        """A copy with those settings that are not None; columns to drop are added to these."""
        values = {k: v for k, v in (settings or {}).items() if v is not None}
        if "drop" in values and self.drop:
            values["drop"] = [*self.drop, *values["drop"]]
        return self._replace(**values)


class Columns(NamedTuple):
    """What is known of the features of one domain besides their values."""

    names: list[str] | None = None
    """Names of the columns, or of the parts of a mapping; None where the data names none."""
    kinds: list[str] | None = None
    """``bool`` or ``number``, a column each."""
    shapes: list[list[int]] | None = None
    """Shape of one sample, for each leaf of the inputs."""
    sparse: bool | None = None
    """Whether a file leaves zeros out, so that its width is that of its largest index."""
    first_index: int | None = None
    """From where a sparse file counts: 0 where it has that index, else what was declared."""
    entry: str | None = None
    """Entry of the archive that held the inputs."""
    left_out: list[str] | None = None
    """Columns that are neither inputs nor label."""


class Samples(NamedTuple):
    """What a file, a table or an array holds."""

    x: Tree
    """Inputs ``(n, ...)``, or a tree of such tensors."""
    y: np.ndarray | None
    """Labels ``(n,)`` or ``(n, k)`` as they stand there: numbers or strings."""
    columns: Columns = Columns()
    """Names and kinds of the features."""
    where: str = "inputs"
    """What errors call it: a path, or an argument."""
    lines: Sequence[int] | None = None
    """Line of the file for each sample, counted from 1; None where it has none."""
    titles: Sequence[str] | None = None
    """What errors call the features of a table without names."""

    def row(self, i: int) -> str:
        """Where sample ``i`` stands, in the user's own count."""
        place = f"row {i} (counted from 0)" if self.lines is None else f"line {self.lines[i]}"
        return f"{self.where}, {place}"

    def column(self, j: int) -> str:
        """What the user calls feature ``j``."""
        names = self.columns.names or self.titles
        if names is not None:
            return f"column {names[j]!r}"
        if self.columns.sparse:
            return f"feature {j + (self.columns.first_index == 1)}"
        return f"column {j} (counted from 0)"


class Part(NamedTuple):
    """Which columns of a table are what, by position."""

    features: list[int]
    labels: list[int]
    rest: list[int]


def parts(names: Sequence[str], reading: Reading, place: str, labelled: bool = False) -> Part:
    """Features, label and rest of a table whose columns are called ``names``.

    Args:
        names: Column names, as :func:`normalize_names` gives them.
        reading: ``label`` and ``drop`` are read.
        place: The table, in errors.
        labelled: Labels come from elsewhere, so a column that looks like one may be either.

    Raises:
        ValueError: A name occurs twice, or two columns may be the label.
    """
    repeated = sorted({n for n in names if list(names).count(n) > 1}) if len(set(names)) < len(
        names) else []  # fmt: skip
    if repeated:
        raise ValueError(f"{place}: two columns are called {repeated[0]!r}; rename one of them")
    left_out = [i for i, n in enumerate(names) if n in normalize_names(reading.drop or [])]
    labels = _labels(names, left_out, reading, place, labelled)
    if reading.drop != []:
        known_columns = {
            *labels,
            *left_out,
            *(i for i, n in enumerate(names) if n in (reading.features or [])),
        }
        unnamed = [
            UNNAMED.fullmatch(n) is not None and i not in known_columns for i, n in enumerate(names)
        ]
        first = next((i for i, is_unnamed in enumerate(unnamed) if not is_unnamed), len(names))
        left_out += range(first)  # an index leads
        if later_names := [
            n for n, is_unnamed in zip(names[first:], unnamed[first:], strict=True) if is_unnamed
        ]:
            raise ValueError(
                f"{place}: a column has no name (pandas says {later_names[0]!r}); name it, or "
                "leave it "
                f"out by drop: [{later_names[0]!r}]"
            )
        if first:
            warnings.warn(
                f"{place}: the unnamed column in front is left out as the index of the table; if "
                "it is a feature, name it",
                stacklevel=2,
            )
    return Part(
        [i for i in range(len(names)) if i not in labels and i not in left_out],
        labels,
        sorted(left_out),
    )


def _labels(
    names: Sequence[str], left_out: list[int], reading: Reading, place: str, labelled: bool
) -> list[int]:
    if reading.label is not None:
        label_names = reading.label if isinstance(reading.label, list) else [reading.label]
        positions = [list(names).index(n) for n in normalize_names(label_names) if n in names]
        if positions and len(positions) < len(label_names):
            missing = [n for n in normalize_names(label_names) if n not in names]
            raise ValueError(
                f"{place}: label {missing[0]!r} is no column; it has {list_names(names)}"
            )
        return positions
    excluded = [*left_out, *(i for i, n in enumerate(names) if n in (reading.features or []))]
    matches = [i for i, n in enumerate(names) if n.lower() in LABELS and i not in excluded]
    if len(matches) > 1:
        candidates = " and ".join(repr(names[i]) for i in matches)
        raise ValueError(
            f"{place}: {candidates} may each be the label; say label: {names[matches[0]]}, and "
            f"leave the other out by drop: [{names[matches[1]]}] unless it is a feature"
        )
    if matches and labelled:
        name = names[matches[0]]
        raise ValueError(
            f"{place}: labels are given apart, and column {name!r} may be the label, too; leave it "
            f"out by drop: [{name}], or rename it if it is a feature"
        )
    return matches


def normalize_names(names: Sequence[Any]) -> list[str]:
    """Names as they are compared: text without spaces around it, in one Unicode form."""
    return [unicodedata.normalize("NFC", str(name)).strip() for name in names]


def list_names(names: Sequence[str], most: int = 12) -> str:
    """Names as words of a sentence: the first ``most``, and how many more there are."""
    text = ", ".join(map(repr, names[:most]))
    return f"{text} and {len(names) - most} more" if len(names) > most else text
