"""The report's figures of a folder as plotly figures by name, for W&B and other pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from da_bench.results import table
from da_bench.results.collection import Results
from da_bench.results.row import FOLDER, WRITTEN

from . import panels, panels_runs
from .sections import told

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def media(
    folder: Path, rows: Sequence[Mapping[str, Any]], written: Mapping[str, int]
) -> dict[str, "Figure"]:
    """Figures by ``BENCHMARK/KEY``: those that stand for themselves, without a choice beside them.

    A benchmark whose runs differ in protocol has none: there is nobody there to be told.

    Args:
        folder: Of a comparison or sweep.
        rows: Its runs, or some of them, as the store holds them.
        written: When each folder's result was written.
    """
    runs = table.frame(rows)
    runs[WRITTEN] = runs[FOLDER].map(written)
    results = Results(folder, list(map(dict, rows)), runs)
    looks = {method: place for place, method in enumerate(results.methods)}
    found: dict[str, Figure] = {}
    for name in results.benchmarks:
        of = results.benchmark(name)
        if not of.parts or of.faults:
            continue
        statistics, _ = told(of.runs, "", "", looks)
        made = [
            panels.leaderboard(of, looks),
            panels.heat_map(of),
            *statistics,
            panels_runs.cost(of, looks),
            *panels_runs.divergences(of, looks),
            panels_runs.diagnoses(of),
        ]
        for panel in made:
            if panel.figure is not None and not panel.choices:
                found[f"{name}/{panel.key}"] = panel.figure  # its name is its title there
    return found
