"""The report's figures of a folder as plotly figures by name, for W&B and other pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from da_bench.results import table
from da_bench.results.collection import Results
from da_bench.results.row import FOLDER, WRITTEN

from . import panels, panels_runs
from .sections import statistics_parts

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def media(
    folder: Path, rows: Sequence[Mapping[str, Any]], write_times: Mapping[str, int]
) -> dict[str, "Figure"]:
    """Figures by ``BENCHMARK/KEY`` that need no menus beside them.

    A benchmark whose runs differ in protocol has none, as there is no place for a warning.

    Args:
        folder: Folder of a comparison or sweep.
        rows: Rows as the store holds them.
        write_times: Time at which each folder's result was written, in nanoseconds.
    """
    runs = table.frame(rows)
    runs[WRITTEN] = runs[FOLDER].map(write_times)
    results = Results(folder, list(map(dict, rows)), runs)
    looks = {method: place for place, method in enumerate(results.methods)}
    figures: dict[str, Figure] = {}
    for name in results.benchmarks:
        benchmark = results.benchmark(name)
        if not benchmark.parts or benchmark.faults:
            continue
        statistics, _ = statistics_parts(benchmark.runs, "", "", looks)
        figure_panels = [
            panels.leaderboard(benchmark, looks),
            panels.heat_map(benchmark),
            *statistics,
            panels_runs.cost(benchmark, looks),
            *panels_runs.divergences(benchmark, looks),
            panels_runs.diagnoses(benchmark),
        ]
        for panel in figure_panels:
            if panel.figure is not None and not panel.choices:
                figures[f"{name}/{panel.key}"] = panel.figure  # its name is its title there
    return figures
