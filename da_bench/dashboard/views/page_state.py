"""State of a page for one visitor: all runs, those that meet the filters, and the benchmark."""

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
class PageState:
    """The choices of one visitor.

    Attributes:
        live: Reader of the folder.
        everything: All runs.
        results: Runs that meet the filters.
        name: Name of the chosen benchmark.
        filters: The filters as text, on which cached values depend.
    """

    live: Live
    everything: Results
    results: Results
    name: str
    filters: str

    @property
    def benchmark(self) -> Benchmark:
        """Results of the chosen benchmark, of the runs that meet the filters."""
        return self.results.benchmark(self.name)

    @cached_property
    def looks(self) -> dict[str, int]:
        """Number of each method's colour, symbol and dash, which does not depend on filters."""
        return {method: place for place, method in enumerate(self.everything.methods)}

    def cached(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Value that ``make`` returns, made once for each state of the folder and filters."""
        return self.live.cached((self.name, self.filters, key), make)

    @cached_property
    def scores(self) -> Scores | str:
        """Scores of the finished runs, or why there are none, in words."""
        if not self.benchmark.parts:
            return "No finished run has a score on the target."
        try:
            return self.cached("scores", lambda: scores(self.benchmark.with_labels.runs))
        except ValueError as error:
            return f"No statistics: {error}."

    def estimates(self, scores: Scores) -> pd.DataFrame:
        """Estimates of :func:`da_bench.results.significance.estimates`, computed once."""
        return self.cached("estimates", lambda: significance.estimates(scores))

    def readable(self, runs: pd.DataFrame, file: str) -> pd.DataFrame:
        """Keeps the runs whose file does not lie outside the folder by a link.

        Args:
            runs: Lines of the runs' frame.
            file: Name of a file of a run.
        """

        def within(run_folder: str) -> bool:
            try:
                return bool(self.results.path(run_folder, file))
            except StoreError:
                return False

        return runs[[within(folder) for folder in runs[FOLDER]]]


def on_line(runs: pd.DataFrame, line: str) -> pd.DataFrame:
    """Keeps the runs that stand in one line of the table: a task, or a task and its labels.

    Runs without target labels stand in each line of their task, as in the table.

    Args:
        runs: Lines of the runs' frame.
        line: Name of the line.
    """
    task = runs[TASK].astype(str)
    count = pd.to_numeric(runs[LABELS], errors="coerce")
    line_names = task + count.map(
        lambda number: f", {int(number)} labels" if number == number else ""
    ).astype(str)
    is_unlabelled = count.isna() & task.map(lambda name: line.startswith(f"{name}, ")).astype(bool)
    return runs[(task == line) | (line_names == line) | is_unlabelled]
