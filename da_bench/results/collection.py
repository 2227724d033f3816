"""What a folder of runs holds: its rows, and the results of each of its benchmarks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from da_bench.io.curves import CURVES_FILE

from . import curves
from .benchmark import Benchmark, benchmarks
from .index import Index
from .query import condition
from .row import FOLDER, NAME, TASK, WRITTEN
from .store import StoreError
from .table import frame


@dataclass
class Results:
    """The runs below a folder.

    Attributes:
        folder: That was read.
        rows: As the store holds them, with their ``folder``.
        runs: :func:`da_bench.results.table.frame` of them, and ``written``, in ns.
        notes: What is to say of the reading.
        torn: Folders whose ``result.json`` is not whole, and what is wrong with it.
    """

    folder: Path
    rows: list[dict[str, Any]]
    runs: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    torn: dict[str, str] = field(default_factory=dict)

    @cached_property
    def benchmarks(self) -> list[str]:
        """Those with a finished run first, each as it appears."""
        return [one.name for one in self.every]

    @cached_property
    def every(self) -> list[Benchmark]:
        """The benchmarks; where protocols are mixed, each says so and its newest runs count."""
        return benchmarks(self.runs, allow_mixed=True)

    @cached_property
    def methods(self) -> list[str]:
        """Names of all benchmarks' methods, with variants, the twin first; then what only failed.

        The place in this list is the method's colour, symbol and dash in every figure.
        """
        shown = [name for one in self.benchmarks for name in self.benchmark(one).methods]
        return list(dict.fromkeys([*shown, *self.runs[NAME].astype(str)]))

    @cached_property
    def tasks(self) -> list[str]:
        """``source:target`` of all benchmarks."""
        return list(dict.fromkeys(self.runs[TASK].astype(str)))

    def benchmark(self, name: str) -> Benchmark:
        """One benchmark's runs; what is mixed is said, and of each cell the newest run counts.

        Raises:
            KeyError: No run is of it.
        """
        found = [one for one in self.every if one.name == name]
        if not found:
            raise KeyError(f"no run of benchmark {name!r}; there are {self.benchmarks}")
        return found[0]

    def path(self, run: str | Mapping[str, Any], file: str = "") -> Path:
        """The folder of a run, or a file in it, which lies below :attr:`folder`.

        Args:
            run: Its folder as rows name it, or its row.
            file: Name of one of its files; it need not be there.

        Raises:
            StoreError: It would lie elsewhere, by ``..`` or by a link.
        """
        named = str(Path(str(run[FOLDER] if isinstance(run, Mapping) else run), file))
        try:
            found = (self.folder / named).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # a loop of links; a zero byte
            raise StoreError(f"{named!r} is no path: {error}") from error
        if not found.is_relative_to(self.folder.resolve()):
            raise StoreError(f"{named!r} lies outside {self.folder}, and is not read")
        return found

    def curves(self, run: str | Mapping[str, Any]) -> pd.DataFrame:
        """What a run logged: ``epoch``, ``step``, a column a scalar; empty where it kept none.

        Raises:
            StoreError: The run would lie outside the folder.
        """
        return curves.read(self.path(run, CURVES_FILE).parent)


def load(folder: Path | str, where: Sequence[str] = ()) -> Results:
    """Reads a folder of results, by its index: quick where little changed since the last time.

    Args:
        folder: Of a comparison or sweep; it may hold no run.
        where: Conditions such as ``method=dann``, all to be met.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        UnknownColumn: A condition on a column that no row has.
        ValueError: A text that is no condition.
    """
    with Index(Path(folder)) as index:
        return read(index, where)


def read(index: Index, where: Sequence[str] = ()) -> Results:
    """The same from an index that is open already.

    Raises:
        UnknownColumn: A condition on a column that no row has.
        ValueError: A text that is no condition.
    """
    rows = index.rows([condition(text) for text in where])
    runs = frame(rows)
    if not rows:
        runs[FOLDER] = pd.Series(dtype=object)
    runs[WRITTEN] = runs[FOLDER].map(index.write_times())
    return Results(index.out, rows, runs, list(index.notes), index.faults())
