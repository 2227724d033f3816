"""What every page is given: the runs, all and filtered, and the benchmark that was chosen."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

import pandas as pd

from da_bench.dashboard.live import Live
from da_bench.results import significance
from da_bench.results.benchmark import Benchmark
from da_bench.results.collection import Results
from da_bench.results.row import FOLDER, LABELS, TASK
from da_bench.results.scores import Scores, scores
from da_bench.results.store import StoreError

Made = TypeVar("Made")


@dataclass
class Here:
    """One visitor's choice.

    Attributes:
        live: What reads the folder.
        everything: All runs.
        results: Those that meet the filters.
        name: Of the benchmark.
        filters: As text: what is made of the runs depends on them.
    """

    live: Live
    everything: Results
    results: Results
    name: str
    filters: str

    @property
    def of(self) -> Benchmark:
        """The benchmark's runs that meet the filters."""
        return self.results.benchmark(self.name)

    @cached_property
    def looks(self) -> dict[str, int]:
        """Each method's number of colour, symbol and dash: the same whatever is filtered."""
        return {method: place for place, method in enumerate(self.everything.methods)}

    def made(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives for these runs, once."""
        return self.live.made((self.name, self.filters, key), make)

    @cached_property
    def scores(self) -> Scores | str:
        """The finished runs as statistics take them, or why they can't."""
        if not self.of.parts:
            return "No finished run has a score on the target."
        try:
            return self.made("scores", lambda: scores(self.of.with_labels.runs))
        except ValueError as error:
            return f"No statistics: {error}."

    def estimates(self, of: Scores) -> pd.DataFrame:
        """Of :func:`da_bench.results.significance.estimates`, once: seconds where runs are many."""
        return self.made("estimates", lambda: significance.estimates(of))

    def readable(self, runs: pd.DataFrame, file: str) -> pd.DataFrame:
        """Those of some runs whose file does not lie elsewhere, by a link."""

        def within(folder: str) -> bool:
            try:
                return bool(self.results.path(folder, file))
            except StoreError:
                return False

        return runs[[within(folder) for folder in runs[FOLDER]]]


def on_line(runs: pd.DataFrame, line: str) -> pd.DataFrame:
    """The runs that stand on one line of the table: a task, or a task and granted labels.

    What was granted no labels stands on each of its task's lines, as the table has it.
    """
    task = runs[TASK].astype(str)
    count = pd.to_numeric(runs[LABELS], errors="coerce")
    labelled = task + count.map(lambda c: f", {int(c)} labels" if c == c else "").astype(str)
    ungranted = count.isna() & task.map(lambda t: line.startswith(f"{t}, ")).astype(bool)
    return runs[(task == line) | (labelled == line) | ungranted]
