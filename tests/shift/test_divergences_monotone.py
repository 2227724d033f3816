"""Further apart reads further: every divergence on shifts whose density ratio is known."""

from functools import partial
from itertools import pairwise

import pytest

from da_bench import functional as F
from da_bench.data.benchmarks.toy import ShiftedGaussians
from da_bench.shift.divergences import FULL_MEASURE, MEASURES

AMOUNTS = {
    "covariate": (0.0, 0.5, 1.0, 2.0),
    "label": (0.0, 0.75, 1.5, 2.5),
    "subspace": (0.0, 0.4, 0.8, 1.2),
}
BLIND = {
    # Its covariances are the same wherever the mean lies.
    ("coral", "covariate"),
    # A turn about the common mean moves neither mean nor, to a linear probe, anything else.
    *((name, "subspace") for name in ("a_distance", "a_distance_linear", "c2st", "kl",
                                      "chi_square")),
}  # fmt: skip
"""What a measure can't see by its definition; it must then read about what it reads at no shift."""
FASTER = {
    "mmd": partial(F.mmd_test, permutations=19),
    "mmd_power": partial(F.mmd_power_test, permutations=19),
    "energy": partial(F.energy_test, permutations=19),
    "sliced_wasserstein": partial(F.permutation_test, statistic=F.sliced_wasserstein,
                                  permutations=19),
    "coral": partial(F.permutation_test, statistic=F.coral, permutations=19),
    "sinkhorn": partial(F.permutation_test, statistic=F.sinkhorn_divergence, permutations=1),
    FULL_MEASURE: F.mmd2_chunked,
}  # fmt: skip
"""The same statistics with fewer permutations: only their values are looked at."""
SIZE = {"sinkhorn": 120}


def read(name, shift, amount):
    """The mean over three independent draws."""
    data = ShiftedGaussians(shift=shift, amount=amount, size=SIZE.get(name, 600))
    measure = FASTER.get(name, MEASURES.get(name))
    draws = [
        measure(*(data.dataset(side, split).x for side in ("source", "target"))).value
        for split in ("train", "val", "test")
    ]
    return sum(draws) / 3


@pytest.mark.parametrize(
    "shift",
    [pytest.param(s, marks=[pytest.mark.slow] if s == "subspace" else []) for s in AMOUNTS],
)
@pytest.mark.parametrize("name", [*MEASURES, FULL_MEASURE])
def test_monotone_in_the_shift(name, shift):
    values = [read(name, shift, amount) for amount in AMOUNTS[shift]]
    rises = values[-1] - values[0]
    if (name, shift) in BLIND:
        seen = read(name, "label", 2.5) - read(name, "label", 0.0)
        assert abs(rises) < 0.25 * seen, values
        return
    # A hair of room for two amounts at which it already reads its greatest.
    assert all(b > a - 0.02 * rises for a, b in pairwise(values)), values
    assert rises > 0, values
    assert values[-1] > values[1] > values[0] - 0.02 * rises, values
