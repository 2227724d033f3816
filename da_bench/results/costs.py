"""What the runs cost, and gains by the budget that they took."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from .negative_transfer import BOUNDS
from .protocol import MixedProtocols
from .row import DEVICE, GAIN, NAME, TASK, TWIN

Resource = Literal["wall", "cpu", "gpu"]


def costs(good: pd.DataFrame, resource: Resource, allow_mixed: bool = False) -> pd.DataFrame:
    """For each method: ``seconds`` a run, and ``budget``, that over the twin's of the same tasks.

    Args:
        good: Finished rows of one benchmark, of :func:`da_bench.results.table.frame`.
        resource: Which seconds: the columns ``wall_s``, ``cpu_s``, ``gpu_s``.
        allow_mixed: Compare seconds of different devices.

    Raises:
        ValueError: Rows lack those seconds, or the twin took none or was not run.
        MixedProtocols: Rows come from different devices.
    """
    column = f"{resource}_s"
    lack = good[column].isna().sum() if column in good else len(good)
    if lack:
        raise ValueError(
            f"--normalise {resource}: {lack} of {len(good)} finished runs hold no {column}; "
            "normalise by wall, which every run holds, or leave those runs out with --where"
        )
    devices = sorted(good[DEVICE].dropna().astype(str).unique()) if DEVICE in good else []
    if len(devices) > 1 and not allow_mixed:
        raise MixedProtocols(f"seconds of different devices do not compare: {devices}")
    seconds = good.pivot_table(index=TASK, columns=NAME, values=column, aggfunc="mean")
    twins = [name for name in seconds.columns if str(name).partition("[")[0] == TWIN]
    if not twins or not (seconds[twins].mean(axis=1) > 0).all():
        raise ValueError(
            f"--normalise {resource}: {TWIN}, whose budget is the unit, "
            f"{'took no time on some task' if twins else 'was not run'}"
        )
    unit = seconds[twins].mean(axis=1)
    return pd.DataFrame({"seconds": seconds.mean(), "budget": seconds.div(unit, axis=0).mean()})


def normalised(parts: Mapping[str, pd.DataFrame], spent: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """The same summary, gains and their limits divided by the budget: what a unit of it bought."""
    budget = spent["budget"].reindex(parts[GAIN].columns)
    return dict(parts) | {name: parts[name] / budget for name in (GAIN, *BOUNDS)}


def cost_lines(spent: pd.DataFrame, columns: pd.Index, resource: Resource) -> pd.DataFrame:
    """Two lines for a table's foot: seconds a run, and how many times the twin's."""
    shown = spent.reindex(columns)
    return pd.DataFrame(
        [
            [f"{s:.3g}" if pd.notna(s) else "-" for s in shown["seconds"]],
            [f"{b:.2f}x" if pd.notna(b) else "-" for b in shown["budget"]],
        ],
        index=[f"{resource} s a run", f"budget of {TWIN}"],
        columns=columns,
    )
