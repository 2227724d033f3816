"""What the runs cost, and gains by the budget that they took."""

from collections.abc import Mapping
from typing import Literal

import pandas as pd

from .negative_transfer import BOUNDS
from .protocol import MixedProtocols
from .row import DEVICE, GAIN, NAME, TASK, TWIN

Resource = Literal["wall", "cpu", "gpu"]


def costs(good: pd.DataFrame, resource: Resource, allow_mixed: bool = False) -> pd.DataFrame:
    """Time of each method: ``seconds`` a run, and ``budget``, its ratio to the twin's.

    Args:
        good: Finished runs of one benchmark, lines of :func:`da_bench.results.table.frame`.
        resource: Which seconds to take: of the column ``wall_s``, ``cpu_s`` or ``gpu_s``.
        allow_mixed: Whether seconds of different devices may be compared.

    Raises:
        ValueError: Rows lack the seconds, or the twin took none or was not run.
        MixedProtocols: Rows come from different devices.
    """
    column = f"{resource}_s"
    missing_count = good[column].isna().sum() if column in good else len(good)
    if missing_count:
        raise ValueError(
            f"--normalise {resource}: {missing_count} of {len(good)} finished runs hold no "
            f"{column}; normalise by wall, which every run holds, or leave those runs out with "
            "--where"
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
    twin_seconds = seconds[twins].mean(axis=1)
    return pd.DataFrame(
        {"seconds": seconds.mean(), "budget": seconds.div(twin_seconds, axis=0).mean()}
    )


def divide_by_budget(
    parts: Mapping[str, pd.DataFrame], costs: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """A copy of a summary, its gains and their limits divided by each method's budget.

    Args:
        parts: Tables that :func:`da_bench.results.table.summary` made.
        costs: Seconds and budgets that :func:`costs` made.
    """
    budget = costs["budget"].reindex(parts[GAIN].columns)
    return dict(parts) | {name: parts[name] / budget for name in (GAIN, *BOUNDS)}


def cost_lines(costs: pd.DataFrame, columns: pd.Index, resource: Resource) -> pd.DataFrame:
    """Two lines for a table's foot, as text: seconds a run, and their ratio to the twin's.

    Args:
        costs: Seconds and budgets that :func:`costs` made.
        columns: Methods in the order of the table's columns.
        resource: Whose seconds they are.
    """
    costs_by_column = costs.reindex(columns)
    return pd.DataFrame(
        [
            [
                f"{seconds:.3g}" if pd.notna(seconds) else "-"
                for seconds in costs_by_column["seconds"]
            ],
            [f"{budget:.2f}x" if pd.notna(budget) else "-" for budget in costs_by_column["budget"]],
        ],
        index=[f"{resource} s a run", f"budget of {TWIN}"],
        columns=columns,
    )
