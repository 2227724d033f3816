"""Divergences against their closed form, under the null, and at their edges."""

import math

import pytest
import torch

from da_bench.functional import Divergence, h_divergence, proxy_a_distance
from da_bench.functional.divergence import _rethreshold
from da_bench.functional.record import wilson_mean


@pytest.fixture(params=[proxy_a_distance, h_divergence], ids=lambda f: f.__name__)
def measure(request):
    return request.param


def shifted(n, m, d=1, shift=0.0, spread=1.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    source = torch.randn(n, d, generator=generator)
    target = spread * torch.randn(m, d, generator=generator)
    target[:, 0] += shift
    return source, target


def truth(shift):
    """2 (1 - 2 error) of the Bayes rule between N(0, 1) and N(shift, 1)."""
    return 2 * math.erf(shift / 2 / 2**0.5)


def test_the_record(measure):
    record = measure(*shifted(60, 30, 2, 1.0))
    assert isinstance(record, Divergence)
    assert 0 <= record.low <= record.value <= record.high <= 2
    assert record[3:5] == (60, 30)
    assert all(type(number) is float for number in record[:3])


@pytest.mark.parametrize("d", [1, 2, 50])
def test_identical_distributions_of_unequal_sizes_read_below_a_fifth(measure, d):
    """Where an unbalanced error reads 1.6: all samples called source are 9 % wrong."""
    records = [measure(*shifted(400, 40, d, seed=seed)) for seed in range(20)]
    values = torch.tensor([record.value for record in records])
    assert values.mean() < 0.15
    assert values.median() < 0.2  # single ones lie above by chance, and their intervals say so
    assert sum(record.low == 0 for record in records) >= 17


@pytest.mark.parametrize("sizes", [(1500, 1500), (2500, 300), (300, 2500)])
@pytest.mark.parametrize("shift", [0.5, 1.0, 3.0])
def test_shifts_of_the_mean_read_their_closed_form(measure, sizes, shift):
    record = measure(*shifted(*sizes, 3, shift))
    assert abs(record.value - truth(shift)) < 0.15
    assert record.low - 0.05 < truth(shift) < record.high + 0.05


def test_the_interval_covers():
    hits = [
        r.low <= truth(1) <= r.high
        for r in (proxy_a_distance(*shifted(200, 100, 1, 1.0, seed=seed)) for seed in range(60))
    ]
    assert sum(hits) >= 52  # 57 expected


def test_spread_is_seen_by_the_threshold_only():
    """sup |F(x) - F(x / 3)| = 0.2419 by calculus, at x^2 = 9 log(9) / 8."""
    x = math.sqrt(9 * math.log(9) / 8)
    expected = math.erf(x / 2**0.5) - math.erf(x / 3 / 2**0.5)  # twice the difference of Phi
    samples = shifted(3000, 3000, 1, spread=3.0)
    assert abs(h_divergence(*samples).value - expected) < 0.08
    assert proxy_a_distance(*samples).value < 0.08


def test_separated_samples_read_two(measure):
    record = measure(*shifted(100, 100, 2, 100.0))
    assert (record.value, record.high) == (2, 2)
    assert 1.75 < record.low < 2


def test_it_is_held_out(measure):
    """With more features than samples, any two samples are separable; held-out ones are not."""
    assert measure(*shifted(60, 60, 300)).value < 0.5


def test_symmetric_and_the_same_in_other_units(measure):
    source, target = shifted(300, 200, 3, 1.0)
    value = measure(source, target).value
    assert abs(measure(target, source).value - value) < 0.1
    assert abs(measure(0.01 * source + 5, 0.01 * target + 5).value - value) < 0.02
    assert abs(measure(source.double(), target.double()).value - value) < 0.02


def test_identical_and_constant_samples_read_zero(measure):
    source, _ = shifted(50, 50, 2)
    assert measure(source, source.clone()).value < 0.1
    for constant in (torch.zeros(10, 2), torch.full((10, 2), 7.0)):
        record = measure(constant, constant[:6])
        assert record.value == record.low == 0


def test_repeats_by_seed_alone(measure):
    samples, state = shifted(100, 100, 2, 0.5), torch.get_rng_state()
    first = measure(*samples)
    assert torch.equal(state, torch.get_rng_state())
    torch.rand(3)
    assert measure(*samples) == first
    assert len({measure(*samples, seed=seed).value for seed in range(4)}) > 1


def test_more_confidence_is_wider(measure):
    samples = shifted(100, 100, 2, 0.7)
    narrow, wide = measure(*samples, alpha=0.5), measure(*samples, alpha=0.01)
    assert wide.low < narrow.low < narrow.high < wide.high


def test_threshold_of_least_balanced_error():
    generator = torch.Generator().manual_seed(0)
    scores = torch.randn(40, 6, generator=generator).mul(4).round()  # with ties
    is_target = torch.arange(40) < 15
    kept = torch.rand(40, 6, generator=generator) < 0.8
    mass = torch.where(is_target[:, None], kept / (kept & is_target[:, None]).sum(0), 0.0)
    mass = mass - torch.where(is_target[:, None], 0.0, kept / (kept & ~is_target[:, None]).sum(0))
    moved = _rethreshold(scores, mass)
    for j in range(6):
        by_hand = max(
            abs(float(mass[scores[:, j] > cut, j].sum())) for cut in scores[kept[:, j], j].unique()
        )
        assert float(mass[moved[:, j] > 0, j].sum()) == pytest.approx(by_hand, abs=1e-6)


def test_wilson_interval_of_one_rate():
    low, high = wilson_mean([0.2, 0.2], (50, 50), 0.05)
    half_low, half_high = 0.2 - 0.11244, 0.33037 - 0.2  # of 10 in 50, by statsmodels
    assert low == pytest.approx(0.2 - half_low / 2**0.5, abs=1e-4)
    assert high == pytest.approx(0.2 + half_high / 2**0.5, abs=1e-4)


@pytest.mark.parametrize(
    ("source", "target", "options", "message"),
    [
        (torch.rand(9, 2), torch.rand(9, 3), {}, "width"),
        (torch.rand(1, 2), torch.rand(9, 2), {}, "at least 5"),
        (torch.rand(9, 2), torch.full((9, 2), torch.nan), {}, "target has NaN"),
        (torch.rand(9, 2), torch.rand(9, 2), {"folds": 2}, "folds"),
        (torch.rand(9, 2), torch.rand(9, 2), {"alpha": 0}, "alpha"),
        (torch.rand(9, 2), torch.rand(9, 2), {"l2": ()}, "l2"),
        (torch.rand(9, 2), torch.rand(9, 2), {"l2": (0.0,)}, "l2"),
    ],
)
def test_bad_input_is_named(measure, source, target, options, message):
    with pytest.raises(ValueError, match=message):
        measure(source, target, **options)
