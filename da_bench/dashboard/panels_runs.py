"""Panels on single runs: curves, cost, divergences, diagnoses and validators' scores."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from da_bench import figures
from da_bench.figures.style import units
from da_bench.results import curves
from da_bench.results.benchmark import Benchmark
from da_bench.results.choice import choosing
from da_bench.results.choice.regret import trust
from da_bench.results.collection import Results
from da_bench.results.costs import costs
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

from .panels import NO_MEAN, Panel, overall_line, row

DIVERGENCES = ("divergence/", "bound/half_divergence")
FIRST = ("val/", "oracle/", "divergence/", "bound/", "train/")
"""Beginnings of names in the order in which curves are offered; others follow."""
MOST = 120_000
"""Largest number of points of all curves in one page."""


def cost(benchmark: Benchmark, looks: dict[str, int]) -> Panel:
    """Panel of the score over all tasks against the seconds of a run.

    Args:
        benchmark: Results of one benchmark.
        looks: Number of each method's colour and symbol.
    """
    title, line = f"Cost against {benchmark.metric}", overall_line(benchmark)
    if line is None:
        return Panel("cost", title, NO_MEAN)
    try:
        seconds_and_budget = costs(
            benchmark.finished_runs, "wall", allow_mixed=bool(benchmark.faults)
        )
        means = row(benchmark.parts["mean"], line)
        figure = figures.cost_points(
            seconds_and_budget["seconds"],
            means,
            benchmark.metric,
            benchmark.higher,
            benchmark.percent,
            looks,
        )
    except ValueError as error:
        return Panel("cost", title, f"Not drawn: {str(error).removeprefix('--normalise wall: ')}.")
    best_names = figures.pareto_front(seconds_and_budget["seconds"], means, benchmark.higher)
    scale, form = units(benchmark.percent)
    words = (
        f"On the Pareto front, cheapest first: {', '.join(best_names)}: nothing scores better "
        "for as "
        "little time. Wall seconds of a run, mean over tasks; budget: that over source_only's."
    )
    names = [
        name
        for name in seconds_and_budget.sort_values("seconds").index
        if pd.notna(means.get(name))
    ]
    table = pd.DataFrame(
        {METHOD: names,
         "wall s a run": [f"{seconds_and_budget.loc[name, 'seconds']:.3g}" for name in names],
         "budget": [f"{seconds_and_budget.loc[name, 'budget']:.2f}x" for name in names],
         benchmark.metric: [f"{means[name] * scale:{form}}" for name in names],
         "Pareto front": ["yes" if name in best_names else "" for name in names]}
    )  # fmt: skip
    return Panel("cost", title, words, figure, table)


def divergences(benchmark: Benchmark, looks: dict[str, int]) -> list[Panel]:
    """One panel for each divergence in the rows, or one that says that there is none.

    Args:
        benchmark: Results of one benchmark.
        looks: Number of each method's colour and symbol.
    """
    runs = benchmark.finished_runs
    columns = [name for name in map(str, runs) if name.startswith(DIVERGENCES)]
    columns = [name for name in columns if runs[name].notna().any()]
    if not columns:
        words = (
            "No run holds a divergence: add da_bench.callbacks.Divergences to trainer.callbacks "
            "to measure how far apart the features of both domains lie."
        )
        return [Panel("divergence", f"Divergence against {benchmark.metric}", words)]
    result, scale_form = [], units(benchmark.percent)
    for place, column in enumerate(columns):
        runs = benchmark.finished_runs[["name", TASK, SEED, column, SCORE]]
        runs = runs.set_axis([METHOD, TASK, SEED, "divergence", "score"], axis=1)
        runs = runs.assign(divergence=pd.to_numeric(runs["divergence"], errors="coerce")).dropna()
        if runs.empty:
            continue
        figure = figures.divergence_points(runs, column, benchmark.metric, benchmark.percent, looks)
        rank = runs["divergence"].rank().corr(runs["score"].rank())
        rank_words = "" if pd.isna(rank) else f" Rank correlation over all of them: {rank:+.2f}."
        missing_count = len(benchmark.finished_runs) - len(runs)
        words = (
            f"Each of {len(runs)} runs: {column} of its features, and its target test.{rank_words}"
        )
        words += f" {missing_count} others lack one of the two." if missing_count else ""
        means = runs.groupby(METHOD, sort=False)[["divergence", "score"]].mean()
        scale, form = scale_form
        table = pd.DataFrame(
            {METHOD: means.index,
             f"{column}, mean of runs": [f"{value:.3g}" for value in means["divergence"]],
             f"{benchmark.metric}, mean of runs":
                 [f"{value * scale:{form}}" for value in means["score"]]}
        )  # fmt: skip
        title = f"Divergence against {benchmark.metric}: {column}"
        result.append(Panel(f"divergence{place}", title, words, figure, table))
    return result


def training(benchmark: Benchmark, folder: Path, looks: dict[str, int]) -> Panel:
    """Panel of training curves with bands over seeds, one task and one scalar at a time.

    Args:
        benchmark: Results of one benchmark.
        folder: Folder of the comparison or sweep.
        looks: Number of each method's colour and symbol.
    """
    title = "Training curves"
    curve_points = curves.over_seeds(benchmark.finished_runs, folder)
    if curve_points.empty:
        words = "No run keeps curves: runs of this version write them to curves.csv as they train."
        return Panel("curves", title, words)
    left_out, curve_points = limit_curves(curve_points)
    tasks, names = (list(dict.fromkeys(curve_points[column])) for column in (TASK, "name"))
    figure = figures.training_curves(curve_points, "", looks)
    words = "Mean over seeds, the band one standard deviation; choose the task and what is shown."
    if left_out:
        words += f" Left out, to keep the page small: {', '.join(left_out)}."
    end_points = curve_points.drop_duplicates([METHOD, TASK, "name"], keep="last")
    last_points = end_points[end_points["name"] == names[0]]
    ends = zip(last_points["mean"], last_points["spread"], strict=True)
    table = pd.DataFrame(
        {METHOD: last_points[METHOD], TASK: last_points[TASK], "epoch": last_points["epoch"] + 1,
         f"{names[0]}, last": [f"{mean:.4g}" + ("" if pd.isna(spread) else f" ±{spread:.2g}")
                               for mean, spread in ends]}
    )  # fmt: skip
    return Panel("curves", title, words, figure, table, {TASK: tasks, "scalar": names})


def limit_curves(points: pd.DataFrame) -> tuple[list[str], pd.DataFrame]:
    """Leaves out scalars beyond :data:`MOST` points, and sorts the others as in :data:`FIRST`.

    Args:
        points: Curves that :func:`da_bench.results.curves.over_seeds` made.

    Returns:
        Names of the scalars that are left out, and the points of the others.
    """

    def sort_key(name: str) -> tuple[int, bool, str]:
        matches = [place for place, start in enumerate(FIRST) if name.startswith(start)]
        return (matches[0] if matches else len(FIRST), name.endswith("_risk"), name)

    counts = points.groupby("name").size()
    names, total = list[str](), 0
    for name in sorted(counts.index, key=sort_key):
        if names and total + counts[name] > MOST:
            continue
        names.append(name)
        total += counts[name]
    left_out = [name for name in counts.index if name not in names]
    order = {name: sort_key for sort_key, name in enumerate(names)}
    points = points[points["name"].isin(names)]
    return left_out, points.sort_values("name", key=lambda column: column.map(order), kind="stable")


def diagnoses(benchmark: Benchmark) -> Panel:
    """Panel of the number of runs of each method with each diagnosis."""
    title = "Health"
    runs = benchmark.runs[benchmark.runs[CURRENT]]
    no_diagnosis = "No run was diagnosed with anything; runs with health: false are not watched."
    if DIAGNOSIS not in runs:
        return Panel("health", title, no_diagnosis)
    diagnosed_runs = runs[runs[DIAGNOSIS].fillna("").astype(str) != ""]
    if diagnosed_runs.empty:
        return Panel("health", title, no_diagnosis)
    counts = pd.crosstab(diagnosed_runs["name"], diagnosed_runs[DIAGNOSIS].astype(str))
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    counts = counts.loc[order, counts.sum().sort_values(ascending=False, kind="stable").index]
    total = runs["name"].value_counts()
    table = (
        counts.map(lambda number: str(number) if number else "").rename_axis(METHOD).reset_index()
    )
    table["diagnosed, of runs"] = [
        f"{counts.loc[name].sum()} of {total[name]}" for name in counts.index
    ]
    figure = figures.diagnosis_counts(counts)
    return Panel("health", title, benchmark.diagnosis_words, figure, table)


def regret(results: Results, benchmark: Benchmark) -> Panel:
    """Panel of the regret of every validator, scored over the outputs of runs, which takes a while.

    Args:
        results: All runs of the folder.
        benchmark: Results of one benchmark.
    """
    title = "Validators' regret"
    benchmark_rows = [row for row in results.rows if str(row.get(BENCHMARK)) == benchmark.name]
    write_times = dict(zip(results.runs[FOLDER], results.runs[WRITTEN], strict=True))
    rows, _ = choosing.newest_rows(benchmark_rows, write_times)
    rows = [row for row in rows if row.get(STATUS) == OK]
    runs, notes = choosing.score_rows(rows, results.folder, list(VALIDATORS.values()))
    records = trust(runs, VALIDATORS) if runs else []
    numbers = pd.DataFrame(
        {"mean": [record.regret.mean for record in records],
         "deviation": [record.regret.deviation for record in records],
         "rank": [record.rank.mean for record in records]},
        index=[record.validator for record in records],
    )  # fmt: skip
    if numbers["mean"].isna().all():
        words = "Nothing to choose: no method has runs of two settings that keep outputs."
        return Panel("regret", title, words)
    best_record = records[0]
    words = (
        f"Chosen by {best_record.validator}, a method's setting loses "
        f"{choice_table.spread(best_record.regret)} "
        f"of {benchmark.metric} to the best by target labels; last is choosing at random. "
        f"{len(runs)} runs keep outputs{f', {len(notes)} notes of others' if notes else ''}. "
        "Bars: one standard deviation. Target labels are read after every choice."
    )
    table = pd.DataFrame(
        {"validator": [record.validator for record in records],
         "oracle/regret": [choice_table.spread(record.regret) for record in records],
         "oracle/rank": [choice_table.spread(record.rank) for record in records],
         "undefined": [str(record.undefined) for record in records]}
    )  # fmt: skip
    return Panel("regret", title, words, figures.validator_regret(numbers, benchmark.metric), table)


def with_outputs(results: Results) -> int:
    """Number of finished runs that keep outputs."""
    from da_bench.selection.outputs import OUTPUTS_FILE

    folders: Iterable[str] = results.runs.loc[results.runs[STATUS] == OK, FOLDER]
    return sum((results.folder / folder / OUTPUTS_FILE).is_file() for folder in folders)
