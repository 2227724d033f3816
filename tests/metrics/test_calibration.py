"""Tests and distances of functional and metrics on equal distributions: valid and unbiased.

200 repetitions, seeds 0 to 199, five Gaussian features, 200 samples of the target against 200, 400,
1,000, 2,000 and 4,000 of the source in turn.
"""

import json
import os
from functools import partial

import pytest
import torch

from da_bench.functional import (
    c2st,
    coral,
    energy_test,
    h_delta_h_divergence,
    h_divergence,
    holm,
    mmd_power_test,
    mmd_test,
    permutation_test,
    proxy_a_distance,
    sliced_wasserstein,
)
from da_bench.metrics import PROBES, probe_a_distance

pytestmark = pytest.mark.slow

RATIOS = (1, 2, 5, 10, 20)
TESTS = {
    "mmd": partial(mmd_test, permutations=199),
    "mmd, chosen kernel": partial(mmd_power_test, permutations=199),
    "energy": partial(energy_test, permutations=199),
    "c2st": c2st,
    "coral": partial(permutation_test, statistic=coral, permutations=99),
    "sliced": partial(
        permutation_test, statistic=partial(sliced_wasserstein, projections=8), permutations=99
    ),
    **{f"{p} probe": partial(probe_a_distance, probe=p, clamp=False) for p in PROBES},
}
DISTANCES = {
    "cross-fitted": partial(proxy_a_distance, clamp=False),
    "h": partial(h_divergence, clamp=False),
    "h delta h": partial(h_delta_h_divergence, clamp=False, steps=60),
}


def pair(seed, ratio, shift=0.0):
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(n, 5, generator=generator) for n in (200 * ratio, 200))
    return x, y + shift * torch.eye(5)[0]


@pytest.fixture(scope="module")
def null():
    found = []
    for seed in range(200):
        samples = pair(seed, RATIOS[seed % 5])
        measures = {**TESTS, **DISTANCES}
        found.append({name: measure(*samples, seed=seed)[:6] for name, measure in measures.items()})
        if "DA_BENCH_CALIBRATION" in os.environ:  # where to put the figures, a line a repetition
            with open(os.environ["DA_BENCH_CALIBRATION"], "a") as file:
                file.write(json.dumps(found[-1]) + "\n")
    return found


@pytest.mark.parametrize("alpha", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("name", [*TESTS, "Holm"])
def test_no_more_rejections_than_allowed(null, name, alpha):
    if name == "Holm":
        p = [min(holm([row[test][5] for test in TESTS])) for row in null]
    else:
        p = [row[name][5] for row in null]
    share = sum(value <= alpha for value in p) / 200
    assert share <= alpha + 2 * (alpha * (1 - alpha) / 200) ** 0.5


@pytest.mark.parametrize("name", TESTS)
def test_a_shift_is_found(name):
    """A mean moved by 0.75 standard deviations in one of five features, 1,000 against 200."""
    p = [TESTS[name](*pair(seed, 5, 0.75), seed=seed).p_value for seed in range(1000, 1040)]
    if name == "coral":  # compares covariances: no shift of the mean can move it
        assert sum(value <= 0.05 for value in p) < 8
        spread = (pair(seed, 5) for seed in range(40))
        p = [TESTS[name](x, 1.3 * y, seed=0).p_value for x, y in spread]
    assert sum(value <= 0.05 for value in p) / 40 > 0.8


@pytest.mark.parametrize("name", [*(f"{p} probe" for p in PROBES), *DISTANCES])
def test_the_unclamped_distance_is_about_zero(null, name):
    values = [row[name][0] for row in null]
    assert abs(sum(values) / 200) < 0.1


@pytest.mark.parametrize("name", [*(f"{p} probe" for p in PROBES), *DISTANCES])
def test_the_interval_covers(null, name):
    covered = sum(row[name][1] <= 0 <= row[name][2] for row in null)
    assert 180 <= covered <= 198
