"""Panels of what single runs hold: curves, cost, divergences, diagnoses, validators' scores."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from da_bench import figures
from da_bench.figures.style import units
from da_bench.results import choosing, curves
from da_bench.results.benchmark import Benchmark
from da_bench.results.collection import Results
from da_bench.results.costs import costs
from da_bench.results.regret import trust
from da_bench.results.renderers import choice_table
from da_bench.results.row import (
    BENCHMARK,
    CURRENT,
    DIAGNOSIS,
    FOLDER,
    METHOD,
    OK,
    SCORE,
    SEED,
    STATUS,
    TASK,
    WRITTEN,
)
from da_bench.selection.catalogue import VALIDATORS

from .panels import NO_MEAN, Panel, row, whole

DIVERGENCES = ("divergence/", "bound/half_divergence")
FIRST = ("val/", "oracle/", "divergence/", "bound/", "train/")
"""The order in which curves are offered; others follow."""
MOST = 120_000
"""Points of all curves that a page carries."""


def cost(of: Benchmark, looks: dict[str, int]) -> Panel:
    """Seconds of a run against the mean over tasks."""
    title, line = f"Cost against {of.metric}", whole(of)
    if line is None:
        return Panel("cost", title, NO_MEAN)
    try:
        spent = costs(of.finished_runs, "wall", allow_mixed=bool(of.faults))
        means = row(of.parts["mean"], line)
        figure = figures.cost_points(
            spent["seconds"], means, of.metric, of.higher, of.percent, looks
        )
    except ValueError as error:
        return Panel("cost", title, f"Not drawn: {str(error).removeprefix('--normalise wall: ')}.")
    best = figures.pareto_front(spent["seconds"], means, of.higher)
    scale, form = units(of.percent)
    words = (
        f"On the Pareto front, cheapest first: {', '.join(best)}: nothing scores better for as "
        "little time. Wall seconds of a run, mean over tasks; budget: that over source_only's."
    )
    names = [n for n in spent.sort_values("seconds").index if pd.notna(means.get(n))]
    table = pd.DataFrame(
        {METHOD: names, "wall s a run": [f"{spent.loc[n, 'seconds']:.3g}" for n in names],
         "budget": [f"{spent.loc[n, 'budget']:.2f}x" for n in names],
         of.metric: [f"{means[n] * scale:{form}}" for n in names],
         "Pareto front": ["yes" if n in best else "" for n in names]}
    )  # fmt: skip
    return Panel("cost", title, words, figure, table)


def divergences(of: Benchmark, looks: dict[str, int]) -> list[Panel]:
    """One panel for each divergence that rows hold; one that says so where they hold none."""
    runs = of.finished_runs
    columns = [name for name in map(str, runs) if name.startswith(DIVERGENCES)]
    columns = [name for name in columns if runs[name].notna().any()]
    if not columns:
        words = (
            "No run holds a divergence: add da_bench.callbacks.Divergences to trainer.callbacks "
            "to measure how far apart the features of both domains lie."
        )
        return [Panel("divergence", f"Divergence against {of.metric}", words)]
    found, scale_form = [], units(of.percent)
    for place, column in enumerate(columns):
        runs = of.finished_runs[["name", TASK, SEED, column, SCORE]]
        runs = runs.set_axis([METHOD, TASK, SEED, "divergence", "score"], axis=1)
        runs = runs.assign(divergence=pd.to_numeric(runs["divergence"], errors="coerce")).dropna()
        if runs.empty:
            continue
        figure = figures.divergence_points(runs, column, of.metric, of.percent, looks)
        rank = runs["divergence"].rank().corr(runs["score"].rank())
        told = "" if pd.isna(rank) else f" Rank correlation over all of them: {rank:+.2f}."
        left = len(of.finished_runs) - len(runs)
        words = f"Each of {len(runs)} runs: {column} of its features, and its target test.{told}"
        words += f" {left} others lack one of the two." if left else ""
        by = runs.groupby(METHOD, sort=False)[["divergence", "score"]].mean()
        scale, form = scale_form
        table = pd.DataFrame(
            {METHOD: by.index, f"{column}, mean of runs": [f"{v:.3g}" for v in by["divergence"]],
             f"{of.metric}, mean of runs": [f"{v * scale:{form}}" for v in by["score"]]}
        )  # fmt: skip
        title = f"Divergence against {of.metric}: {column}"
        found.append(Panel(f"divergence{place}", title, words, figure, table))
    return found


def training(of: Benchmark, folder: Path, looks: dict[str, int]) -> Panel:
    """Curves with bands over seeds, one task and one scalar at a time."""
    title = "Training curves"
    found = curves.over_seeds(of.finished_runs, folder)
    if found.empty:
        words = "No run keeps curves: runs of this version write them to curves.csv as they train."
        return Panel("curves", title, words)
    left, found = fewer(found)
    tasks, names = (list(dict.fromkeys(found[column])) for column in (TASK, "name"))
    figure = figures.training_curves(found, "", looks)
    words = "Mean over seeds, the band one standard deviation; choose the task and what is shown."
    if left:
        words += f" Left out, to keep the page small: {', '.join(left)}."
    last = found.drop_duplicates([METHOD, TASK, "name"], keep="last")
    shown = last[last["name"] == names[0]]
    table = pd.DataFrame(
        {METHOD: shown[METHOD], TASK: shown[TASK], "epoch": shown["epoch"] + 1,
         f"{names[0]}, last": [f"{m:.4g}" + ("" if pd.isna(s) else f" ±{s:.2g}")
                               for m, s in zip(shown["mean"], shown["spread"], strict=True)]}
    )  # fmt: skip
    return Panel("curves", title, words, figure, table, {TASK: tasks, "scalar": names})


def fewer(found: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Names of scalars that are left out, and the others in the order of :data:`FIRST`."""

    def place(name: str) -> tuple[int, bool, str]:
        known = [i for i, start in enumerate(FIRST) if name.startswith(start)]
        return (known[0] if known else len(FIRST), name.endswith("_risk"), name)

    counts = found.groupby("name").size()
    kept, total = list[str](), 0
    for name in sorted(counts.index, key=place):
        if kept and total + counts[name] > MOST:
            continue
        kept.append(name)
        total += counts[name]
    left = [name for name in counts.index if name not in kept]
    order = {name: i for i, name in enumerate(kept)}
    found = found[found["name"].isin(kept)]
    return left, found.sort_values("name", key=lambda s: s.map(order), kind="stable")


def diagnoses(of: Benchmark) -> Panel:
    """How many runs of each method were diagnosed with what."""
    title = "Health"
    own = of.runs[of.runs[CURRENT]]
    none = "No run was diagnosed with anything; runs with health: false are not watched."
    if DIAGNOSIS not in own:
        return Panel("health", title, none)
    named = own[own[DIAGNOSIS].fillna("").astype(str) != ""]
    if named.empty:
        return Panel("health", title, none)
    counts = pd.crosstab(named["name"], named[DIAGNOSIS].astype(str))
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    counts = counts.loc[order, counts.sum().sort_values(ascending=False, kind="stable").index]
    total = own["name"].value_counts()
    table = counts.map(lambda n: str(n) if n else "").rename_axis(METHOD).reset_index()
    table["diagnosed, of runs"] = [f"{counts.loc[n].sum()} of {total[n]}" for n in counts.index]
    figure = figures.diagnosis_counts(counts)
    return Panel("health", title, of.diagnosis_words, figure, table)


def regret(results: Results, of: Benchmark) -> Panel:
    """What every validator's choices lose, of runs that keep outputs: slow where they are many."""
    title = "Validators' regret"
    mine = [row for row in results.rows if str(row.get(BENCHMARK)) == of.name]
    written = dict(zip(results.runs[FOLDER], results.runs[WRITTEN], strict=True))
    rows, _ = choosing.newest_rows(mine, written)
    rows = [row for row in rows if row.get(STATUS) == OK]
    runs, lost = choosing.score_rows(rows, results.folder, list(VALIDATORS.values()))
    found = trust(runs, VALIDATORS) if runs else []
    numbers = pd.DataFrame(
        {"mean": [t.regret.mean for t in found], "deviation": [t.regret.deviation for t in found],
         "rank": [t.rank.mean for t in found]},
        index=[t.validator for t in found],
    )  # fmt: skip
    if numbers["mean"].isna().all():
        words = "Nothing to choose: no method has runs of two settings that keep outputs."
        return Panel("regret", title, words)
    best = found[0]
    words = (
        f"Chosen by {best.validator}, a method's setting loses {choice_table.spread(best.regret)} "
        f"of {of.metric} to the best by target labels; last is choosing at random. {len(runs)} "
        f"runs keep outputs{f', {len(lost)} notes of others' if lost else ''}. Bars: one standard "
        "deviation. Target labels are read after every choice."
    )
    table = pd.DataFrame(
        {"validator": [t.validator for t in found],
         "oracle/regret": [choice_table.spread(t.regret) for t in found],
         "oracle/rank": [choice_table.spread(t.rank) for t in found],
         "undefined": [str(t.undefined) for t in found]}
    )  # fmt: skip
    return Panel("regret", title, words, figures.validator_regret(numbers, of.metric), table)


def with_outputs(results: Results) -> int:
    """How many finished runs keep outputs."""
    from da_bench.selection.outputs import OUTPUTS_FILE

    good: Iterable[str] = results.runs.loc[results.runs[STATUS] == OK, FOLDER]
    return sum((results.folder / folder / OUTPUTS_FILE).is_file() for folder in good)
