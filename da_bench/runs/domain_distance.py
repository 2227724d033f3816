"""How far a method brings the domains together.

Proxy A-distances, paired with the source-only twin's.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from scipy import stats

from da_bench.config.objects import paths
from da_bench.io.escape import csv_text
from da_bench.io.files import write_whole
from da_bench.methods.stored_run import load
from da_bench.results.row import TWIN
from da_bench.results.store import check_writable
from da_bench.shift.samples import held_out

from .compare import finish
from .plan import Job, jobs, plans

MAX_SAMPLES = 2000
"""Samples of each domain that are looked at, evenly spaced."""


def distance(benchmark: str, method: str, task: str, seeds: int, workers: int, out: Path) -> int:
    r"""Prints the proxy A-distance of held-out features, method against twin, and their difference.

    The features are those of both domains' test samples, which no training saw; the interval is
    Student's t at 95 % over the paired differences of the seeds.

    Returns:
        Exit status, a verdict: 0 where the interval lies below zero, 1 where it does not. With one
        seed there is no interval and no verdict: 0.
    """
    console = Console()
    check_writable(out)
    grid = jobs(plans([benchmark], [TWIN, method], [task], seeds))
    finish(grid, out, workers, console)
    distances = {
        name: np.array([features_distance(job, out) for job in grid if job.plan.method == name])
        for name in (TWIN, method)
    }
    difference = distances[method] - distances[TWIN]
    table = Table(
        "seed", TWIN, method, "difference", box=None, title=f"Proxy A-distance, {benchmark} {task}"
    )
    for seed, (twin_distance, method_distance, gap) in enumerate(
        zip(distances[TWIN], distances[method], difference, strict=True)
    ):
        table.add_row(str(seed), f"{twin_distance:.3f}", f"{method_distance:.3f}", f"{gap:+.3f}")
    table.add_row(
        "mean", *(f"{distances[n].mean():.3f}" for n in (TWIN, method)), f"{difference.mean():+.3f}"
    )
    console.print(table)
    words, status = verdict(difference, method)
    console.print(words, highlight=False)
    console.print(
        "Features of held-out samples, 0: alike, 2: separable without error.", highlight=False
    )
    lines = pd.DataFrame({"seed": range(seeds), **distances, "difference": difference})
    write_whole(out / f"distance-{method}.csv", csv_text(lines))
    return status


def verdict(difference: np.ndarray, method: str) -> tuple[str, int]:
    """What the paired differences of the seeds ``(n,)`` say, in words and as an exit status."""
    mean = float(difference.mean())
    words = f"Paired difference {mean:+.3f}; 95 % interval"
    if len(difference) < 2:
        return f"{words} not available: needs at least 2 seeds. No verdict.", 0
    half_width = float(stats.t.ppf(0.975, len(difference) - 1) * stats.sem(difference))
    words += f" [{mean - half_width:+.3f}, {mean + half_width:+.3f}]"
    words += f" (Student's t, {len(difference)} seeds).\n"
    if mean + half_width < 0:
        return f"{words}Verdict: {method} brings the domains together (exit status 0).", 0
    return (
        f"{words}Verdict: not shown that {method} brings the domains together: the interval does "
        "not lie below zero (exit status 1)."
    ), 1


def features_distance(job: Job, out: Path) -> float:
    """Proxy A-distance of a finished run's features on both domains' test samples."""
    from da_bench.functional import proxy_a_distance
    from da_bench.methods.lightning_shortcuts import quiet

    from .train import Command

    quiet()
    model = load(out / job.folder, paths(job.config))  # whose names are this command's own
    features = held_out(model, Command(job.config).datamodule, most=MAX_SAMPLES)
    return float(proxy_a_distance(features[0], features[1]).value)
