"""Reported divergences: identical, separated and in between, whatever the sizes of the domains."""

import math

import pytest
import torch

from da_bench.functional import h_divergence, proxy_a_distance

BOTH = [proxy_a_distance, h_divergence]


def normal(n, d=5, shift=0.0, seed=0):
    x = torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
    x[:, 0] += shift
    return x


@pytest.mark.parametrize(("n", "m"), [(400, 40), (40, 400), (400, 400), (2000, 40)])
@pytest.mark.parametrize("d", [2, 10, 50])
def test_a_distance_of_identical_distributions_is_small_under_any_imbalance(n, m, d):
    """Unbalanced error reads 1.6 to 1.8 at 400 against 40, seen in two implementations."""
    pairs = [(normal(n, d), normal(m, d, seed=seed)) for seed in range(1, 21)]
    values = [proxy_a_distance(*pair).value for pair in pairs]
    assert sum(values) / len(values) < 0.2


@pytest.mark.parametrize("divergence", BOTH)
@pytest.mark.parametrize(("n", "m"), [(60, 60), (400, 40)])
def test_separated_samples_are_two_apart(divergence, n, m):
    assert divergence(normal(n), normal(m, shift=50, seed=1)).value == pytest.approx(2)


def test_a_distance_of_shifted_gaussians_is_that_of_the_best_probe():
    """The best error is Phi(-delta / 2), so the distance is 2 erf(delta / sqrt 8)."""
    got = proxy_a_distance(normal(3000, shift=1.5), normal(3000, seed=1))
    truth = 2 * math.erf(1.5 / math.sqrt(8))
    assert got.value == pytest.approx(truth, abs=0.08)
    assert got.low <= truth <= got.high


@pytest.mark.parametrize("divergence", BOTH)
def test_record_and_range(divergence):
    got = divergence(normal(90), normal(70, shift=0.5, seed=1))
    assert 0 <= got.low <= got.value <= got.high <= 2
    assert (got.n_source, got.n_target) == (90, 70)


@pytest.mark.parametrize("divergence", BOTH)
def test_units_and_roles_do_not_matter(divergence):
    x, y = normal(90).double(), normal(70, shift=1.0, seed=1).double()
    got = divergence(x, y).value
    assert divergence(x * 1e6, y * 1e6).value == pytest.approx(got, abs=1e-6)
    assert divergence(y, x).value == pytest.approx(got, abs=0.25)


@pytest.mark.parametrize("divergence", BOTH)
def test_constant_features_are_at_distance_zero(divergence):
    got = divergence(torch.ones(20, 3), torch.ones(9, 3))
    assert got.low == 0
    assert got.value < 0.1


@pytest.mark.parametrize("divergence", BOTH)
def test_more_features_than_samples_do_not_part_one_distribution(divergence):
    """On the samples it was fitted on, any half-space here reads 2; held out it must not."""
    assert divergence(normal(30, 100), normal(30, 100, seed=1)).value < 0.6


def test_h_divergence_sees_a_difference_of_spread():
    """Why both exist: the best threshold along a direction is not the logistic probe's own."""
    x, y = normal(2000, 1), 3 * normal(2000, 1, seed=1)
    # 2 |P(x > c) - P(y > c)| is largest where the two densities cross.
    cross = math.sqrt(2 * math.log(3) / (1 - 1 / 9))
    tail = lambda c: 0.5 * math.erfc(c / math.sqrt(2))  # noqa: E731
    truth = 2 * (tail(cross / 3) - tail(cross))
    assert h_divergence(x, y).value == pytest.approx(truth, abs=0.1)
    assert proxy_a_distance(x, y).value < 0.7 * truth


@pytest.mark.parametrize("divergence", BOTH)
def test_bad_input_is_named(divergence):
    with pytest.raises(ValueError, match="NaN or infinite"):
        divergence(normal(20) * float("nan"), normal(20))
    with pytest.raises(ValueError, match="differ in width: 5 and 4"):
        divergence(normal(20), normal(20, 4))
