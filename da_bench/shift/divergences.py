"""How far two data sets lie apart, by several measures in one table."""

import json
import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table
from torch import Tensor

from da_bench import functional as F
from da_bench.functional import Divergence, holm
from da_bench.io.files import write_whole
from da_bench.metrics import probe_a_distance

from .samples import Sample, read_pair, thin

Measure = Callable[[Tensor, Tensor], Divergence]

MEASURES: dict[str, Measure] = {
    "a_distance": F.proxy_a_distance,
    "a_distance_linear": partial(probe_a_distance, probe="linear"),
    "a_distance_mlp": partial(probe_a_distance, probe="mlp"),
    "a_distance_rbf_svm": partial(probe_a_distance, probe="rbf_svm"),
    "h": F.h_divergence,
    "h_delta_h": F.h_delta_h_divergence,
    "c2st": F.c2st,
    "mmd": F.mmd_test,
    "mmd_power": F.mmd_power_test,
    "energy": F.energy_test,
    "sliced_wasserstein": partial(F.permutation_test, statistic=F.sliced_wasserstein),
    "sinkhorn": partial(F.permutation_test, statistic=F.sinkhorn_divergence, permutations=19),
    "coral": partial(F.permutation_test, statistic=F.coral),
    "frechet": F.frechet_distance,
    "kl": F.kl_from_ratio,
    "chi_square": F.chi_square_from_ratio,
}
"""Measures by the name that the command line takes."""

FULL_MEASURE = "mmd_exact"
"""The one that looks at every sample: exact, block by block, with a progress bar."""

SAMPLE_LIMITS = {"sinkhorn": 300}
"""Most samples of a side where each permutation is a transport problem of its own.

Its 19 permutations give a p-value of at least 0.05. All measures together take about half a
minute of one core on 500 + 500 samples of width 10, most of it permutations.
"""

DEFAULT = ("a_distance", "a_distance_rbf_svm", "h_delta_h", "c2st", "mmd", "energy", "frechet",
           "kl", "chi_square")  # fmt: skip


def divergence(
    a: Path,
    b: Path | None,
    measures: Sequence[str],
    run: Path | None,
    layer: str,
    most: int,
    out: Path | None,
    settings: dict[str, Any] | None = None,
) -> int:
    """Prints a line for each measure, and writes them as JSON where ``out`` says.

    Returns:
        Exit status: 0.
    """
    console = Console()
    source, target = read_pair(a, b, run, layer, settings)
    records = measure(source, target, measures, most)
    adjusted = adjust(records)
    table = Table("measure", "value", "95 % interval", "p", "p (Holm)", "n", box=None)
    for name, r in records.items():
        interval = "" if math.isnan(r.low) else f"[{r.low:.4g}, {r.high:.4g}]"
        p, holm_p = (
            "" if math.isnan(v) else f"{v:.3g}" for v in (r.p_value, adjusted.get(name, math.nan))
        )
        table.add_row(name, f"{r.value:.4g}", interval, p, holm_p, f"{r.n_source} + {r.n_target}")
    console.print(table)
    counts = [min(len(s.x), most) for s in (source, target)]
    console.print(
        f"{len(source.x)} source and {len(target.x)} target samples of width {source.x.shape[1]}, "
        f"{counts[0]} and {counts[1]} of them looked at, evenly spaced"
        + (f"; {FULL_MEASURE} looks at all" if FULL_MEASURE in records else "")
        + "".join(f"; {n} at {k} a side at most" for n, k in SAMPLE_LIMITS.items() if n in records)
        + ". n: those that the figure rests on, held out where a classifier was fitted."
    )
    if out is not None:
        rows = {name: {**r._asdict(), "settings": dict(r.settings)} for name, r in records.items()}
        for name, row in rows.items():
            row["p_holm"] = adjusted.get(name, math.nan)
        plain_rows = {n: {k: _plain(v) for k, v in row.items()} for n, row in rows.items()}
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(plain_rows, indent=1) + "\n")
    return 0


def measure(
    source: Sample, target: Sample, measures: Sequence[str], most: int
) -> dict[str, Divergence]:
    """The record of each measure by its name, from at most ``most`` samples of a side."""
    progress = partial(track, description=FULL_MEASURE)
    records = {}
    for name in measures:
        if name == FULL_MEASURE:
            records[name] = F.mmd2_chunked(source.x, target.x, progress=progress)
        else:
            x, y = (thin(s, min(most, SAMPLE_LIMITS.get(name, most))).x for s in (source, target))
            records[name] = MEASURES[name](x, y)
    return records


def adjust(records: dict[str, Divergence]) -> dict[str, float]:
    """Holm's adjusted p-values over those that test."""
    p_values = {name: r.p_value for name, r in records.items() if not math.isnan(r.p_value)}
    return dict(zip(p_values, holm(list(p_values.values())), strict=True))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
