"""Values that a run logged over its epochs, read from its folder."""

from pathlib import Path

import pandas as pd

from da_bench.io.curves import points


def read(folder: Path) -> pd.DataFrame:
    """Reads the curves of a run: ``epoch``, ``step`` and a column for each scalar, by name.

    The table is empty where a run of an older version wrote none. Incomplete lines are left out; of
    an epoch that was run twice the later counts.

    Args:
        folder: Folder of the run.
    """
    values = pd.DataFrame(points(folder), columns=["epoch", "step", "name", "value"]).dropna()
    if values.empty:
        return pd.DataFrame(columns=["epoch", "step"])
    steps = values.groupby("epoch")["step"].max()
    table = values.drop_duplicates(["epoch", "name"], keep="last").pivot(
        index="epoch", columns="name", values="value"
    )
    table.columns.name = None
    return table.assign(step=steps).reset_index()[["epoch", "step", *table.columns]]


def over_seeds(runs: pd.DataFrame, out: Path, max_epochs: int = 40) -> pd.DataFrame:
    """Mean and spread over seeds: ``method``, ``task``, ``name``, ``epoch``, ``mean``, ``spread``.

    Args:
        runs: Columns ``name``, ``task`` and ``folder``, a line for each run.
        out: Folder of the comparison.
        max_epochs: Largest number of epochs of a curve; of more, so many, evenly spaced, are taken,
            the last among them.
    """
    records = [
        (method, task, *point)
        for method, task, folder in zip(runs["name"], runs["task"], runs["folder"], strict=True)
        for point in points(out / folder)
    ]
    columns = ["method", "task", "epoch", "step", "name", "value"]
    values = pd.DataFrame(records, columns=columns).replace(
        [float("inf"), -float("inf")], float("nan")
    )
    keys = ["method", "task", "name", "epoch"]
    statistics = (
        values.dropna().groupby(keys, sort=False)["value"].agg(["mean", "std"]).reset_index()
    )
    epochs = sorted(statistics["epoch"].unique())
    if len(epochs) > max_epochs:
        drawn_epochs = {
            epochs[round(place * (len(epochs) - 1) / (max_epochs - 1))]
            for place in range(max_epochs)
        }
        statistics = statistics[statistics["epoch"].isin(drawn_epochs)]
    return statistics.rename(columns={"std": "spread"}).sort_values(keys, kind="stable")
