"""Higher moments: the paper's formula entry by entry, and its random form around it."""

from itertools import product

import numpy as np
import pytest
import torch

from da_bench.functional import homm
from tests.functional.test_discrepancy import draw


@pytest.mark.parametrize("centred", [False, True])
@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_homm_equals_the_papers_formula(order, centred):
    """Chen et al. 2020: over every entry of the tensors, one index after the other."""
    x, y = (z.numpy() for z in draw(6, 5))
    a, b = (z - z.mean(0) * centred for z in (x, y))
    expected = 0.0
    for index in product(range(3), repeat=order):
        moments = [
            sum(np.prod([row[i] for i in index]) for row in sample) / len(sample)
            for sample in (a, b)
        ]
        expected += (moments[0] - moments[1]) ** 2 / 3**order
    got = homm(torch.tensor(x), torch.tensor(y), order, centred)
    assert got.item() == pytest.approx(expected, rel=1e-10, abs=1e-20)


def test_sampled_entries_estimate_the_whole_without_bias():
    x, y = draw(20, 15, d=8)
    torch.manual_seed(0)
    draws = torch.stack([homm(x, y, entries=200) for _ in range(400)])
    assert abs(draws.mean() - homm(x, y)) < 4 * draws.std() / 20
    assert draws.std() > 0


def test_sampling_starts_where_the_tensor_is_larger_than_entries():
    x, y = draw(20, 15)
    before = torch.get_rng_state()
    homm(x, y, entries=27)
    assert torch.equal(torch.get_rng_state(), before)
    homm(x, y, entries=26)
    assert not torch.equal(torch.get_rng_state(), before)


def test_wide_features_take_little_memory():
    x, y = draw(16, 16, d=2048)
    assert homm(x, y) > 0  # the whole tensor would take 64 GiB


def test_homm_refuses_no_order():
    x, y = draw()
    with pytest.raises(ValueError, match="order must be finite and positive, got 0"):
        homm(x, y, 0)
