"""The report's figures of a folder as plotly figures by name, for W&B and other pages."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from . import panels, panels_runs
from .results import load
from .sections import told

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def media(folder: Path, where: Sequence[str] = ()) -> dict[str, "Figure"]:
    """Figures by ``BENCHMARK/KEY``: those that stand for themselves, without a choice beside them.

    A benchmark whose runs differ in protocol has none: there is nobody there to be told.

    Args:
        folder: Of a comparison or sweep.
        where: Conditions such as ``method=dann``, all to be met.
    """
    results = load(folder, where)
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
                titled = panel.figure.update_layout(title=panel.title)
                found[f"{name}/{panel.key}"] = titled
    return found
