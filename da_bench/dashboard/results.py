"""What a folder of runs holds, as the report and the app show it: every number is ``bench``'s."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from da_bench.results import protocol, table, unlabelled
from da_bench.results.diagnoses import diagnosed
from da_bench.results.index import Index
from da_bench.results.negative_transfer import harm_words
from da_bench.results.query import condition
from da_bench.results.store import StoreError


@dataclass
class Benchmark:
    """The runs of one benchmark, as ``da-bench table`` takes them.

    Attributes:
        name: As the rows have it.
        runs: Lines of :attr:`Results.runs`; where protocols are mixed, of each cell the newest.
        faults: What is mixed, in words; empty where nothing is.
    """

    name: str
    runs: pd.DataFrame
    faults: list[str]

    @cached_property
    def good(self) -> pd.DataFrame:
        """The finished ones."""
        return self.runs[self.runs["status"] == "ok"]

    @cached_property
    def scored(self) -> pd.DataFrame:
        """The runs of tasks whose target has labels to test on."""
        return unlabelled.split(self.runs)[0]

    @cached_property
    def bare(self) -> pd.DataFrame:
        """The runs of the other tasks, of which validators and predicted shares alone are known."""
        return unlabelled.split(self.runs)[1]

    @cached_property
    def parts(self) -> dict[str, pd.DataFrame]:
        """Of :func:`da_bench.results.table.summary`; nothing where no run finished."""
        if not (self.scored["status"] == "ok").any():
            return {}
        return table.summary(self.scored, allow_mixed=bool(self.faults))

    @property
    def percent(self) -> bool:
        """Whether its figures are shown in per cent."""
        return not self.good.empty and self.good["metric"].iloc[0] in protocol.PERCENT

    @property
    def higher(self) -> bool:
        """Whether higher is better."""
        return protocol.higher_is_better(self.good)

    @property
    def metric(self) -> str:
        """Its name; several, where they are mixed, with strokes between."""
        return "/".join(sorted(self.good["metric"].dropna().astype(str).unique()))

    @property
    def title(self) -> str:
        """What its YAML calls it, or its name."""
        return str(protocol.about("data", self.name).get("title", self.name))

    @cached_property
    def cells(self) -> pd.DataFrame:
        """Tasks down, methods across, the text of ``da-bench table``; empty where none finished."""
        if not self.parts:
            return pd.DataFrame()
        return table.cells(self.parts, self.percent, self.higher, gains=True)

    @cached_property
    def words(self) -> str:
        """The protocol, and what brackets and marks mean."""
        if not self.parts:
            return "" if len(self.bare) else "No run finished."
        good = self.scored[self.scored["status"] == "ok"]
        told = protocol.words(good, self.parts["mean"], self.faults)
        return " ".join(filter(None, [told, harm_words(self.parts)]))

    @property
    def methods(self) -> list[str]:
        """Names with their variants, the twin first."""
        shown = [str(name) for name in self.parts["mean"].columns] if self.parts else []
        return list(
            dict.fromkeys([*shown, *(unlabelled.cells(self.bare) if len(self.bare) else [])])
        )

    @property
    def tasks(self) -> list[str]:
        """Lines of the table, without the mean's."""
        if not self.parts:
            return []
        return [str(task) for task in self.parts["mean"].index if task != table.MEAN]

    @cached_property
    def lacking(self) -> str:
        """Runs that failed or were not run, in a sentence; empty where none."""
        return protocol.lacking(self.runs)

    @cached_property
    def failures(self) -> pd.DataFrame:
        """Failed runs: ``method``, ``task``, ``seed``, ``error``."""
        return protocol.failures(self.runs)

    @cached_property
    def diagnosed(self) -> str:
        """What runs were diagnosed with, in a sentence; empty where none was."""
        return diagnosed(self.runs)


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
    _made: dict[str, Benchmark] = field(default_factory=dict, repr=False)

    @cached_property
    def benchmarks(self) -> list[str]:
        """Those with a finished run first, each as it appears."""
        done = self.runs.loc[self.runs["status"] == "ok", "benchmark"]
        return [str(name) for name in dict.fromkeys([*done, *self.runs["benchmark"]])]

    @cached_property
    def methods(self) -> list[str]:
        """Names of all benchmarks' methods, with variants, the twin first; then what only failed.

        The place in this list is the method's colour, symbol and dash in every figure.
        """
        shown = [name for one in self.benchmarks for name in self.benchmark(one).methods]
        return list(dict.fromkeys([*shown, *self.runs["name"].astype(str)]))

    @cached_property
    def tasks(self) -> list[str]:
        """``source:target`` of all benchmarks."""
        return list(dict.fromkeys(self.runs["task"].astype(str)))

    def benchmark(self, name: str) -> Benchmark:
        """One benchmark's runs; what is mixed is said, and of each cell the newest run counts.

        Raises:
            KeyError: No run is of it.
        """
        if name not in self._made:
            own = self.runs[self.runs["benchmark"].astype(str) == name]
            if own.empty:
                raise KeyError(f"no run of benchmark {name!r}; there are {self.benchmarks}")
            faults = protocol.mixed(own[own["status"] == "ok"])
            self._made[name] = Benchmark(name, protocol.newest(own) if faults else own, faults)
        return self._made[name]

    def parts(self, benchmark: str) -> dict[str, pd.DataFrame]:
        """Of :func:`da_bench.results.table.summary`: mean, spread, gain, runs, limits of gains."""
        return self.benchmark(benchmark).parts

    def path(self, run: str | Mapping[str, Any], file: str = "") -> Path:
        """The folder of a run, or a file in it, which lies below :attr:`folder`.

        Args:
            run: Its folder as rows name it, or its row.
            file: Name of one of its files; it need not be there.

        Raises:
            StoreError: It would lie elsewhere, by ``..`` or by a link.
        """
        named = str(Path(str(run["folder"] if isinstance(run, Mapping) else run), file))
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
        from da_bench.io.curves import CURVES_FILE
        from da_bench.results import curves

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
    runs = table.frame(rows)
    if not rows:
        runs["folder"] = pd.Series(dtype=object)
    runs["written"] = runs["folder"].map(index.written())
    return Results(index.out, rows, runs, list(index.notes), index.faults())
