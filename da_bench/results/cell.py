"""What stands in one place of a table: a figure with its spread, its gain, and what they mean."""

from dataclasses import dataclass, replace
from math import isnan, nan
from typing import TYPE_CHECKING, NamedTuple

from .limits import SHARES

if TYPE_CHECKING:
    import pandas as pd

NOTHING = "-"
"""Stands where there is no figure."""
HARM = "†"
"""Stands by a cell whose gain is harm."""
SUSPECT = "‡"
"""Stands by a cell whose chosen runs the guard suspects of a collapse."""

OTHER = "§"
"""Stands by a cell with runs that were made by other code than what is installed now."""


class Unit(NamedTuple):
    """How the figures of a metric are written: shares in per cent, others as they are."""

    scale: float
    digits: int

    def figure(self, value: float) -> str:
        """A value as text, such as ``76.3``."""
        return f"{self.scale * value:.{self.digits}f}"

    def difference(self, value: float) -> str:
        """A difference as text, always with its sign, such as ``+0.2``."""
        return f"{self.scale * value:+.{self.digits}f}"

    def interval(self, low: float, high: float) -> str:
        """An interval as text, such as ``[-0.1, +0.5]``; empty where a limit is NaN."""
        if isnan(low) or isnan(high):
            return ""
        return f"[{self.difference(low)}, {self.difference(high)}]"


PERCENT, PLAIN = Unit(100, 1), Unit(1, 3)


def unit_of(metric: object) -> Unit:
    """The unit of a metric: per cent for shares, plain for others and unknown names."""
    return PERCENT if metric in SHARES else PLAIN


@dataclass(frozen=True)
class Cell:
    """Numbers of one method on one task, or over all tasks, which a renderer turns into text.

    Attributes:
        value: Mean over seeds, in the metric's own unit.
        spread: Standard deviation over seeds; NaN for one seed.
        gain: Mean gain over the twin; NaN where there is none.
        low: Lower limit of the gain's interval; NaN where few seeds allow none.
        high: Upper limit of the gain's interval.
        count: Number of seeds.
        best: Whether no other cell of its line is better in the digits that are shown.
        harm: Whether the whole interval of the gain lies below zero.
        suspect: Whether a guard suspects the runs of a collapse.
        other_code: Whether some of its runs were made by other code, and not those of every cell.
        unit: How its figures are written.
    """

    value: float
    spread: float = nan
    gain: float = nan
    low: float = nan
    high: float = nan
    count: int = 0
    best: bool = False
    harm: bool = False
    suspect: bool = False
    other_code: bool = False
    unit: Unit = PLAIN

    @property
    def spread_text(self) -> str:
        """The spread as text, such as ``±0.4``; empty for one seed."""
        return "" if isnan(self.spread) else f"±{self.unit.figure(self.spread)}"

    @property
    def figure(self) -> str:
        """Value and spread as text, such as ``76.3 ±0.4``."""
        return " ".join(filter(None, [self.unit.figure(self.value), self.spread_text]))

    @property
    def gain_text(self) -> str:
        """The gain as text, such as ``(+0.2 [-0.1, +0.5])``; empty without a gain."""
        if isnan(self.gain):
            return ""
        parts = [self.unit.difference(self.gain), self.unit.interval(self.low, self.high)]
        return f"({' '.join(filter(None, parts))})"

    @property
    def marks(self) -> str:
        """Marks of harm, of suspicion and of other code: ``†``, ``‡`` and ``§``."""
        marks = {HARM: self.harm, SUSPECT: self.suspect, OTHER: self.other_code}
        return " ".join(mark for mark, applies in marks.items() if applies)

    def __str__(self) -> str:
        """The cell in plain text, such as ``76.3 ±0.4 (+0.2 [-0.1, +0.5]) †``."""
        return " ".join(filter(None, [self.figure, self.gain_text, self.marks]))

    def without_gain(self) -> "Cell":
        """A copy without the gain, for a narrow screen; marks stay."""
        return replace(self, gain=nan, low=nan, high=nan)


def without_gains(cells: "pd.DataFrame") -> "pd.DataFrame":
    """A copy of a table of cells without their gains, for a narrow screen."""
    return cells.map(lambda entry: entry.without_gain() if isinstance(entry, Cell) else entry)
