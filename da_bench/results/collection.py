"""The results below one folder: its rows, and the results of each of its benchmarks."""

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
        folder: Folder of a comparison or sweep.
        rows: Rows as the store holds them, with their ``folder``.
        runs: Lines of :func:`da_bench.results.table.frame`, with ``written``, the time at which
            each result was written, in nanoseconds.
        notes: Remarks on the reading, such as an index that was rebuilt.
        damaged: Folders whose ``result.json`` can't be read, and what is wrong with it.
    """

    folder: Path
    rows: list[dict[str, Any]]
    runs: pd.DataFrame
    notes: list[str] = field(default_factory=list)
    damaged: dict[str, str] = field(default_factory=dict)

    @cached_property
    def benchmarks(self) -> list[str]:
        """Names of the benchmarks, those with a finished run first."""
        return [benchmark.name for benchmark in self.all_benchmarks]

    @cached_property
    def all_benchmarks(self) -> list[Benchmark]:
        """Results of each benchmark; where protocols are mixed, the newest runs count."""
        return benchmarks(self.runs, allow_mixed=True)

    @cached_property
    def methods(self) -> list[str]:
        """Names of all methods with their variants: the twin, others that finished, then the rest.

        A method's place in this list decides its colour, symbol and dash in every figure.
        """
        finished_methods = [
            name for benchmark in self.benchmarks for name in self.benchmark(benchmark).methods
        ]
        return list(dict.fromkeys([*finished_methods, *self.runs[NAME].astype(str)]))

    @cached_property
    def tasks(self) -> list[str]:
        """Tasks of all benchmarks, as ``source:target``."""
        return list(dict.fromkeys(self.runs[TASK].astype(str)))

    def benchmark(self, name: str) -> Benchmark:
        """Results of one benchmark; where protocols are mixed, the newest run of each cell counts.

        Args:
            name: Name of the benchmark.

        Raises:
            KeyError: No run belongs to this benchmark.
        """
        matches = [benchmark for benchmark in self.all_benchmarks if benchmark.name == name]
        if not matches:
            raise KeyError(f"no run of benchmark {name!r}; there are {self.benchmarks}")
        return matches[0]

    def path(self, run: str | Mapping[str, Any], file: str = "") -> Path:
        """Path of a run's folder, or of a file in it, checked to lie below :attr:`folder`.

        Args:
            run: The run's folder as rows name it, or its row.
            file: Name of one of its files, which need not exist.

        Raises:
            StoreError: The path would lie elsewhere, by ``..`` or by a link.
        """
        name = str(Path(str(run[FOLDER] if isinstance(run, Mapping) else run), file))
        try:
            path = (self.folder / name).resolve()
        except (OSError, ValueError, RuntimeError) as error:  # a loop of links; a zero byte
            raise StoreError(f"{name!r} is no path: {error}") from error
        if not path.is_relative_to(self.folder.resolve()):
            raise StoreError(f"{name!r} lies outside {self.folder}, and is not read")
        return path

    def curves(self, run: str | Mapping[str, Any]) -> pd.DataFrame:
        """Values that a run logged: ``epoch``, ``step`` and a column for each scalar.

        Args:
            run: The run's folder as rows name it, or its row.

        Raises:
            StoreError: The run would lie outside the folder.
        """
        return curves.read(self.path(run, CURVES_FILE).parent)


def load(folder: Path | str, where: Sequence[str] = ()) -> Results:
    """Reads a folder of results, by its index: quick where little changed since the last time.

    Args:
        folder: Folder of a comparison or sweep; it may hold no run.
        where: Conditions such as ``method=dann``, all to be met.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
        UnknownColumn: A condition on a column that no row has.
        ValueError: A text that is no condition.
    """
    with Index(Path(folder)) as index:
        return read(index, where)


def read(index: Index, where: Sequence[str] = ()) -> Results:
    """Reads results from an index that is open already.

    Args:
        index: Index of a folder.
        where: Conditions such as ``method=dann``, all to be met.

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
