"""A comparison as a whole in W&B: table and figures of what was sent, on a page of its own."""

import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from da_bench.io.escape import csv_text
from da_bench.results import table
from da_bench.results.benchmark import benchmarks
from da_bench.results.protocol import MixedProtocols
from da_bench.results.renderers.document import long_parts, tabulate
from da_bench.results.row import BENCHMARK, FAILED, OK, STATUS

from . import ledger
from .session import Destination, begin, clear, files_of

JOB = "comparison"
RUNS, CELLS = "comparison/runs", "comparison/cells"
"""Names of the two tables: a line a run, and a line for each task and method."""
DrawFigures = Callable[[Sequence[Mapping[str, Any]], Mapping[str, int]], Mapping[str, Any]]
"""Makes plotly figures by name, of rows and of when each folder's result was written."""
FIGURES = "figures"
"""Section of the media."""


def push_comparison(
    out: Path,
    rows: Sequence[Mapping[str, Any]],
    write_times: Mapping[str, int],
    to: Destination,
    notes: list[str],
    draw_figures: DrawFigures,
) -> bool:
    """Sends the table of results, unless it went there as it is now; returns whether it did.

    As two W&B tables, and as an artifact with ``results.csv`` and ``table.md``: W&B makes a new
    version of it only where it changed.

    Args:
        out: Folder of the comparison.
        rows: Rows of the store.
        write_times: When each folder's result was written.
        to: The project.
        notes: Takes what could not be tabulated, and why.
        draw_figures: Makes plotly figures by name, of rows and when each was written.
    """
    if not rows:
        return False
    runs = table.frame(rows)
    files = {"results.csv": csv_text(runs)}
    cells = pd.DataFrame()
    if (runs[STATUS] == OK).any():
        try:
            files["table.md"] = tabulate(rows, write_times) + "\n"
            cells = pd.concat(
                [part for benchmark in benchmarks(runs) for part in long_parts(benchmark)]
            )
        except MixedProtocols as error:
            notes.append(f"the table of methods was left out: {error}")
    content = ledger.digest([text for name in sorted(files) for text in (name, files[name])])
    if ledger.holds(out, to, content):
        return False
    # One page for a folder, wherever it lies: what names it is in the folder.
    known_id = str(ledger.read(out).get(to.label, {}).get("id"))
    id = known_id if re.fullmatch(r"[0-9a-f]{16}", known_id) else secrets.token_hex(8)
    names = sorted({str(row.get(BENCHMARK)) for row in rows})
    place = {"id": id, "name": out.resolve().name, "group": JOB, "job_type": JOB,
             "tags": [name[:64] for name in names]}  # fmt: skip
    import wandb

    clear(out, id)
    run = begin(out, to, place, {"benchmarks": names, "runs": len(rows)})
    send(run, runs, cells, files, id)
    figures = draw_figures(rows, write_times)
    run.log({f"{FIGURES}/{name}": wandb.Plotly(figure) for name, figure in figures.items()})
    run.summary.update({"runs": len(rows), "failed": int((runs[STATUS] == FAILED).sum())})
    run.finish()
    ledger.add(out, to, content, id, files_of(run, to, out))
    return True


def send(
    run: Any, runs: pd.DataFrame, cells: pd.DataFrame, files: Mapping[str, str], id: str
) -> None:
    """Logs both tables and the artifact to a W&B run."""
    import wandb

    run.log({RUNS: wandb.Table(dataframe=with_plain_types(runs))})
    if len(cells):
        run.log({CELLS: wandb.Table(dataframe=with_plain_types(cells))})
    artifact = wandb.Artifact(f"results-{id}", type="results")
    for name, text in files.items():
        with artifact.new_file(name) as file:
            file.write(text)
    run.log_artifact(artifact)


def with_plain_types(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with one type in each column, as W&B's tables need; missing values are None."""
    result = frame.copy()
    for column in result:
        values = result[column].dropna()
        if values.map(lambda v: isinstance(v, bool | int | float)).all() and len(values):
            continue
        result[column] = result[column].map(
            lambda v: v if isinstance(v, str) else json.dumps(v, default=str), na_action="ignore"
        )
    return result.astype(object).where(result.notna(), None)
