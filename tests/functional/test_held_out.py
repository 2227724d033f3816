"""Held-out classifiers and ratio divergences: exact tails, closed forms, the null."""

import math

import numpy as np
import pytest
import torch
from scipy import linalg, stats

from da_bench.functional import (
    accuracy_test,
    c2st,
    chi_square_from_ratio,
    frechet_distance,
    h_delta_h_divergence,
    kl_from_ratio,
)


def drawn(n, m, d=2, shift=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator)
    return x, torch.randn(m, d, generator=generator) + shift * torch.eye(d)[0]


@pytest.mark.parametrize(("n", "m"), [(1, 1), (9, 3), (200, 10), (2000, 3000)])
def test_the_p_value_is_fishers(n, m):
    generator = torch.Generator().manual_seed(n)
    is_target = torch.arange(n + m) >= n
    predicted = torch.rand(n + m, generator=generator) < 0.4 + 0.1 * is_target
    hits, called = int((predicted & is_target).sum()), int(predicted.sum())
    truth = stats.fisher_exact(
        [[hits, called - hits], [m - hits, n - called + hits]], alternative="greater"
    ).pvalue
    record = accuracy_test(predicted, is_target)
    assert record.p_value == pytest.approx(truth, abs=1e-6)
    assert record.value == pytest.approx((hits / m + 1 - (called - hits) / n) / 2)


def test_calling_all_by_the_larger_name_proves_nothing():
    """Accuracy 95 %, and a binomial p-value of 1e-50: balanced, it is chance."""
    is_target = torch.arange(420) >= 400
    record = accuracy_test(torch.zeros(420, dtype=torch.bool), is_target)
    assert (record.value, record.p_value) == (0.5, 1.0)


def test_c2st_sees_a_shift_and_nothing_else():
    p = [c2st(*drawn(400, 40, seed=seed)).p_value for seed in range(40)]
    assert sum(value <= 0.1 for value in p) <= 10
    values = [c2st(*drawn(600, 300, shift=shift)) for shift in (0.5, 1.0, 2.0, 4.0)]
    assert [r.value for r in values] == sorted(r.value for r in values)
    assert values[1].p_value < 1e-6
    assert values[1].low < stats.norm.cdf(0.5) < values[1].high  # the best rule's accuracy
    assert values[1][3:5] == (300, 150)


def test_two_classifiers_see_a_spread_that_one_half_space_cannot():
    """2 (P(|y| > c) - P(|x| > c)) at the crossing of N(0, 1) and N(0, 9): twice d_H."""
    x, _ = drawn(3000, 2, 1)
    y = 3 * drawn(3000, 2, 1, seed=1)[0]
    cross = math.sqrt(2 * math.log(3) / (1 - 1 / 9))
    truth = 4 * (stats.norm.sf(cross / 3) - stats.norm.sf(cross))
    record = h_delta_h_divergence(x, y)
    assert record.value == pytest.approx(truth, abs=0.12)
    assert record.low < truth


def test_two_classifiers_see_what_one_sees():
    record = h_delta_h_divergence(*drawn(2000, 2000, shift=1.0))
    assert record.value == pytest.approx(2 * math.erf(0.5 / 2**0.5), abs=0.12)


def test_two_classifiers_on_one_distribution():
    values = [
        h_delta_h_divergence(*drawn(400, 60, seed=seed), steps=60, clamp=False).value
        for seed in range(20)
    ]
    assert abs(sum(values) / 20) < 0.15


@pytest.mark.parametrize(("n", "m", "d"), [(40, 30, 4), (500, 60, 12), (90, 2000, 30)])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_frechet_is_scipys_square_root(n, m, d, dtype):
    x, y = (v.to(dtype) for v in drawn(n, m, d, 1.0))
    a, b = np.cov(x.double().T), np.cov(y.double().T)
    apart = float((x.double().mean(0) - y.double().mean(0)).square().sum())
    truth = apart + np.trace(a) + np.trace(b) - 2 * np.trace(linalg.sqrtm(a @ b).real)
    assert frechet_distance(x, y).value == pytest.approx(truth, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize(("n", "m", "d"), [(2, 2, 3), (9, 5, 20), (300, 5, 20), (2, 500, 1)])
def test_frechet_of_few_samples_is_its_form_by_singular_values(n, m, d):
    """A covariance of fewer samples than features is singular, and scipy's root of it fails.

    Without a root: with rows :math:`X, Y` centred, the trace is the nuclear norm of
    :math:`X Y' / \\sqrt{(n - 1)(m - 1)}`.
    """
    x, y = (v.double().numpy() for v in drawn(n, m, d, 1.0))
    (mean_x, a), (mean_y, b) = ((v.mean(0), v - v.mean(0)) for v in (x, y))
    inner = np.linalg.svd(a @ b.T, compute_uv=False).sum() / math.sqrt((n - 1) * (m - 1))
    truth = ((mean_x - mean_y) ** 2).sum() + (a**2).sum() / (n - 1) + (b**2).sum() / (m - 1)
    found = frechet_distance(torch.from_numpy(x), torch.from_numpy(y)).value
    assert found == pytest.approx(truth - 2 * inner, rel=1e-6, abs=1e-6)


def test_frechet_of_few_wide_samples_takes_no_root_of_a_covariance(monkeypatch):
    """Of 3,072 pixels a root takes half a minute, and the jackknife takes eleven."""
    x, y = drawn(31, 20, 31, 1.0)
    whole = frechet_distance(x, y)
    below = frechet_distance(x[:, :30], y[:, :30])  # more samples than features: by the roots
    assert whole.value == pytest.approx(below.value, rel=0.2)
    monkeypatch.setattr(torch.linalg, "eigh", None)
    assert frechet_distance(x, y) == whole
    with pytest.raises(TypeError):
        frechet_distance(x[:, :30], y[:, :30])


def test_half_spaces_are_seen_where_features_outnumber_samples():
    """Every start fits all of them, and 200 steps of Adam had turned the probe to noise."""
    g = torch.Generator().manual_seed(0)
    x, y = torch.randn(40, 400, generator=g), torch.randn(40, 400, generator=g) + 0.5
    assert h_delta_h_divergence(x, y).value > 1.8
    assert h_delta_h_divergence(x, torch.randn(40, 400, generator=g)).value < 0.7


def test_ratio_divergences_of_normals_are_their_closed_form():
    """KL = a^2 / 2, chi-square = exp(a^2) - 1."""
    for shift in (0.3, 0.6, 1.0):
        samples = drawn(4000, 4000, shift=shift)
        kl, chi = kl_from_ratio(*samples, groups=0), chi_square_from_ratio(*samples, groups=0)
        assert kl.value == pytest.approx(shift**2 / 2, abs=0.04)
        assert chi.value == pytest.approx(math.exp(shift**2) - 1, rel=0.25, abs=0.05)


@pytest.mark.parametrize("measure", [kl_from_ratio, chi_square_from_ratio])
def test_ratio_divergences_of_one_distribution_are_about_zero(measure):
    values = [measure(*drawn(1000, 100, seed=seed), groups=0).value for seed in range(20)]
    assert abs(sum(values) / 20) < 0.06


@pytest.mark.parametrize("measure", [kl_from_ratio, chi_square_from_ratio, frechet_distance])
def test_intervals_and_order(measure):
    records = [measure(*drawn(500, 400, shift=shift)) for shift in (0.25, 0.5, 1.0)]
    assert [r.value for r in records] == sorted(r.value for r in records)
    assert all(r.low < r.value < r.high for r in records)


@pytest.mark.parametrize(
    "measure",
    [c2st, h_delta_h_divergence, frechet_distance, kl_from_ratio, chi_square_from_ratio],
)
def test_bad_input_is_named(measure):
    x, y = drawn(20, 20)
    with pytest.raises(ValueError, match="differ in width: 2 and 1"):
        measure(x, y[:, :1])
    with pytest.raises(ValueError, match="source has NaN or infinite values in 20 of 20"):
        measure(x * math.nan, y)
    with pytest.raises(ValueError, match="needs at least"):
        measure(x[:1], y)
