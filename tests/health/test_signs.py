"""The measurements against formulas written out here, and at their limits."""

import math

import numpy as np
import pytest
import torch

from da_bench.health.signs import (
    balanced_accuracy,
    classes_among,
    effective_number,
    effective_rank,
    gap,
    separable_by_means,
)


@pytest.mark.parametrize("shape", [(5, 40), (40, 5), (2, 3)])
def test_effective_rank_is_the_papers_by_singular_values(shape):
    z = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = np.linalg.svd(z.double().numpy() - z.double().numpy().mean(0), compute_uv=False)
    shares = values[values > 1e-12] / values.sum()
    assert effective_rank(z) == pytest.approx(math.exp(-(shares * np.log(shares)).sum()), rel=1e-5)


def test_effective_rank_of_a_point_a_line_and_all_directions():
    assert effective_rank(torch.ones(9, 4)) == 1
    assert effective_rank(torch.arange(9.0)[:, None] * torch.ones(4)) == pytest.approx(1, abs=1e-3)
    assert effective_rank(torch.cat((torch.eye(4), -torch.eye(4)))) == pytest.approx(4)


def test_effective_rank_does_not_change_with_scale_or_place():
    z = torch.randn(20, 6, generator=torch.Generator().manual_seed(1))
    assert effective_rank(1e-5 * z + 3e-5) == pytest.approx(effective_rank(z), rel=1e-4)


def test_effective_number_is_the_count_of_equal_shares():
    assert effective_number(torch.tensor([2.0, 2.0, 2.0, 0.0])) == pytest.approx(3)
    assert effective_number(torch.zeros(3)) == 1
    assert 1 < effective_number(torch.tensor([99.0, 1.0])) < 1.06


def test_labels_that_are_hidden_count_for_no_class():
    assert classes_among(torch.tensor([0, 1, -1, -1, -1]), 2) == pytest.approx(2)
    assert classes_among(torch.tensor([-1]), 2) == 1


def test_balanced_accuracy_does_not_follow_the_larger_domain():
    source, target = torch.ones(99, dtype=torch.bool), torch.zeros(1, dtype=torch.bool)
    assert balanced_accuracy(source, target) == 0.5


def test_the_nearest_mean_tells_what_is_apart_and_nothing_else():
    g = torch.Generator().manual_seed(0)
    z = torch.randn(400, 8, generator=g)
    assert separable_by_means(z[:200], z[200:] + 5) == 1
    told = [separable_by_means(*torch.randn(2, 64, 32, generator=g)) for _ in range(100)]
    assert abs(np.mean(told) - 0.5) < 0.03  # learnt on one half, tested on the other
    assert separable_by_means(z[:3], z[200:]) is None
    assert separable_by_means(z, z) == pytest.approx(0.5, abs=0.1)
    assert separable_by_means(torch.zeros(8, 2), torch.zeros(8, 2)) <= 0.5
    one = torch.cat((100 * z[:200, :7], z[:200, 7:]), 1)  # seven loud features, one that tells
    two = torch.cat((100 * z[200:, :7], z[200:, 7:] + 6), 1)
    assert separable_by_means(one, two) > 0.97


def test_gap_is_cohens_d_of_each_channel_up_to_ten():
    one = (torch.tensor([0.0, 5.0, 7.0, 1.0]), torch.tensor([1.0, 3.0, 0.0, 0.0]))
    two = (torch.tensor([2.0, 6.0, 9.0, 1.0]), torch.tensor([1.0, 1.0, 0.0, 0.0]))
    assert gap(one, two) == pytest.approx((2.0 + 1 / math.sqrt(5) + 10.0 + 0.0) / 4)
    assert gap(two, one) == gap(one, two)
    assert gap(one, one) == 0
