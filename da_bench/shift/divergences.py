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

from .samples import Sample, read_pair, thinned

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
"""By the name under which the command knows them."""

WHOLE = "mmd_exact"
"""The one that looks at every sample: exact, block by block, with a progress bar."""

SMALL = {"sinkhorn": 300}
"""Most samples of a side where each permutation is a transport problem of its own.

Its 19 permutations tell a p-value of 0.05 at the least. All measures together take about half a
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
    records = measured(source, target, measures, most)
    adjusted = adjust(records)
    table = Table("measure", "value", "95 % interval", "p", "p (Holm)", "n", box=None)
    for name, r in records.items():
        interval = "" if math.isnan(r.low) else f"[{r.low:.4g}, {r.high:.4g}]"
        p, holm_p = (
            "" if math.isnan(v) else f"{v:.3g}" for v in (r.p_value, adjusted.get(name, math.nan))
        )
        table.add_row(name, f"{r.value:.4g}", interval, p, holm_p, f"{r.n_source} + {r.n_target}")
    console.print(table)
    seen = [min(len(s.x), most) for s in (source, target)]
    console.print(
        f"{len(source.x)} source and {len(target.x)} target samples of width {source.x.shape[1]}, "
        f"{seen[0]} and {seen[1]} of them looked at, evenly spaced"
        + (f"; {WHOLE} looks at all" if WHOLE in records else "")
        + "".join(f"; {n} at {k} a side at most" for n, k in SMALL.items() if n in records)
        + ". n: those that the figure rests on, held out where a classifier was fitted."
    )
    if out is not None:
        rows = {name: {**r._asdict(), "settings": dict(r.settings)} for name, r in records.items()}
        for name, row in rows.items():
            row["p_holm"] = adjusted.get(name, math.nan)
        plain = {n: {k: _plain(v) for k, v in row.items()} for n, row in rows.items()}
        out.parent.mkdir(parents=True, exist_ok=True)
        write_whole(out, json.dumps(plain, indent=1) + "\n")
    return 0


def measured(
    source: Sample, target: Sample, measures: Sequence[str], most: int
) -> dict[str, Divergence]:
    """Each measure's record, of at most ``most`` samples of a side."""
    watched = partial(track, description=WHOLE)
    found = {}
    for name in measures:
        if name == WHOLE:
            found[name] = F.mmd2_chunked(source.x, target.x, progress=watched)
        else:
            x, y = (thinned(s, min(most, SMALL.get(name, most))).x for s in (source, target))
            found[name] = MEASURES[name](x, y)
    return found


def adjust(records: dict[str, Divergence]) -> dict[str, float]:
    """Holm's adjusted p-values over those that test."""
    tested = {name: r.p_value for name, r in records.items() if not math.isnan(r.p_value)}
    return dict(zip(tested, holm(list(tested.values())), strict=True))


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and math.isnan(value) else value
