"""What a run logged over its epochs, read from its folder."""

from pathlib import Path

import pandas as pd

from da_bench.io.curves import points


def read(folder: Path) -> pd.DataFrame:
    """The curves of a run: ``epoch``, ``step`` and a column for each scalar, by name.

    Empty where it kept none, as runs of older versions did; lines that are not whole are left out,
    and of an epoch that was done twice the later counts.

    Args:
        folder: Of the run.
    """
    long = pd.DataFrame(points(folder), columns=["epoch", "step", "name", "value"]).dropna()
    if long.empty:
        return pd.DataFrame(columns=["epoch", "step"])
    steps = long.groupby("epoch")["step"].max()
    wide = long.drop_duplicates(["epoch", "name"], keep="last").pivot(
        index="epoch", columns="name", values="value"
    )
    wide.columns.name = None
    return wide.assign(step=steps).reset_index()[["epoch", "step", *wide.columns]]


def over_seeds(runs: pd.DataFrame, out: Path, most: int = 40) -> pd.DataFrame:
    """Mean and spread over seeds: ``method``, ``task``, ``name``, ``epoch``, ``mean``, ``spread``.

    Args:
        runs: ``name``, ``task`` and ``folder``, a line a run.
        out: Folder of the comparison.
        most: Epochs of a curve that are kept: of more, so many, evenly spaced, the last among them.
    """
    lines = [
        (method, task, *point)
        for method, task, folder in zip(runs["name"], runs["task"], runs["folder"], strict=True)
        for point in points(out / folder)
    ]
    columns = ["method", "task", "epoch", "step", "name", "value"]
    long = pd.DataFrame(lines, columns=columns).replace([float("inf"), -float("inf")], float("nan"))
    keys = ["method", "task", "name", "epoch"]
    found = long.dropna().groupby(keys, sort=False)["value"].agg(["mean", "std"]).reset_index()
    epochs = sorted(found["epoch"].unique())
    if len(epochs) > most:
        kept = {epochs[round(i * (len(epochs) - 1) / (most - 1))] for i in range(most)}
        found = found[found["epoch"].isin(kept)]
    return found.rename(columns={"std": "spread"}).sort_values(keys, kind="stable")
