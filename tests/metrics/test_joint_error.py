"""The joint error is that of the half of each domain that was not fitted."""

import numpy as np
import pytest
import torch

from da_bench.functional.held_out import halves
from da_bench.metrics import joint_error
from tests.metrics.samples import noise


def test_joint_error_of_labels_by_chance_is_that_of_guessing_on_both():
    """With more features than samples the fitted half has no error at all."""
    found = []
    for seed in range(10):
        x, z = noise(60, 200, seed), noise(60, 200, seed + 50)
        found.append(joint_error(x, noise(60, 1, seed + 100)[:, 0].gt(0).long(), z,
                                 noise(60, 1, seed + 150)[:, 0].gt(0).long()))  # fmt: skip
    assert np.mean(found) == pytest.approx(1.0, abs=0.2)
    assert min(found) > 0.5


def test_joint_error_counts_each_domain_by_its_own_held_out_half():
    """Labels of the held-out half turned: all of it is wrong, and the fit does not see it."""
    n = 80
    y = torch.arange(n) % 2
    x = noise(n, 2, 2) * 0.01 + 10.0 * y[:, None]
    test = halves(n, n, 0)
    turned = [torch.where(part, 1 - y, y) for part in (test[:n], test[n:])]
    assert joint_error(x, y, x, y) == 0.0
    assert joint_error(x, turned[0], x, y) == 1.0
    assert joint_error(x, y, x, turned[1]) == 1.0
    assert joint_error(x, *turned[:1], x, turned[1]) == 2.0
