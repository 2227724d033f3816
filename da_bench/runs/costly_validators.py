"""Validators that need more of a run than its outputs: its model, its data, or a new training."""

import math
import sys
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch

from da_bench.data.align import align_to_run
from da_bench.data.vectors import say_whole
from da_bench.methods.stored_run import load, load_data
from da_bench.results.choice.choosing import ScoredRun
from da_bench.results.row import BENCHMARK, HIGHER_IS_BETTER
from da_bench.selection.mixval import mixval
from da_bench.selection.outputs import Undefined

from .reverse_validation import reverse_validation

MAX_SAMPLES = 10_000
"""Target samples that MixVal mixes, evenly spaced, as many as a run's outputs hold."""


def add_costly_score(runs: Sequence[ScoredRun], out: Path, name: str) -> list[ScoredRun]:
    """The runs with one more score, ``mixval`` or ``reverse_validation``; higher is better.

    A score that is undefined for a run, or can't be had from its data, is NaN, and stderr says why.
    No label of the target is read.

    Args:
        runs: Finished runs.
        out: Folder of the results, which holds the runs' folders.
        name: One of :data:`da_bench.selection.catalogue.FROM_FOLDER`.
    """
    figures: list[tuple[float, ...]] = []
    for run in runs:
        folder = str(run.row["folder"])
        try:
            if name == "mixval":
                figures.append(mixval_of_run(out / folder))
            else:
                sign = -1 if run.row.get(HIGHER_IS_BETTER) is False else 1
                figures.append((sign * reverse_validation(out / folder),))
        except (Undefined, ValueError, FileNotFoundError) as error:
            print(f"da-bench: {name}: {folder}: {error}", file=sys.stderr)
            figures.append((math.nan,) * (2 if name == "mixval" else 1))
    scores = mean_ranks(runs, figures) if name == "mixval" else [values[0] for values in figures]
    return [
        run._replace(scores={**run.scores, name: score})
        for run, score in zip(runs, scores, strict=True)
    ]


def mixval_of_run(folder: Path) -> tuple[float, float]:
    """MixVal's two figures of the run in ``folder``.

    Raises:
        Undefined: The run's predictions collapsed, or are of no classes.
        ValueError: The run's inputs are not one tensor.
        FileNotFoundError: The folder is of no finished run.
    """
    data = load_data(folder)
    if not hasattr(data.task, "classes"):
        raise Undefined(f"MixVal compares predicted classes; a {type(data.task).__name__} has none")
    model = load(folder)
    align_to_run(data, model.columns)
    data.setup()
    say_whole(data.view("target", "train"), f"target {data.target!r}", most=MAX_SAMPLES)
    parts = [batch.x for batch in data.sweep("target", "train", MAX_SAMPLES)]
    if not all(isinstance(part, torch.Tensor) for part in parts):
        raise ValueError("MixVal mixes inputs that are one tensor; these are several")
    return mixval(model, torch.cat(parts))


def mean_ranks(runs: Sequence[ScoredRun], figures: Sequence[tuple[float, ...]]) -> list[float]:
    """Mean of each run's ranks by its figures, among all runs of its task, over their number.

    In ``(0, 1]``, higher for better, ties at their mean rank, as Hu et al. (NeurIPS 2023) join the
    two figures of MixVal, which have no common scale. NaN where a figure is.
    """
    from scipy.stats import rankdata

    tasks: Mapping[tuple, list[int]] = defaultdict(list)
    for position, (run, values) in enumerate(zip(runs, figures, strict=True)):
        if not any(map(math.isnan, values)):
            tasks[tuple(str(run.row[key]) for key in (BENCHMARK, "source", "target"))] += [position]
    scores = [math.nan] * len(runs)
    for positions in tasks.values():
        ranks = rankdata(np.array([figures[position] for position in positions]), axis=0).mean(1)
        for position, rank in zip(positions, ranks, strict=True):
            scores[position] = float(rank) / len(positions)
    return scores
