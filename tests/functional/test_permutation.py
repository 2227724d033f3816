"""Permutation tests against each permutation computed by itself, and against loops."""

import math

import pytest
import torch

from da_bench.functional import (
    coral,
    energy_test,
    holm,
    mmd2,
    mmd2_chunked,
    mmd_power_test,
    mmd_test,
    multi_rbf,
    permutation_test,
    power_criterion,
    rbf,
)
from da_bench.functional.permutation import indicators_of

TESTS = [mmd_test, energy_test, mmd_power_test]


def drawn(n, m, d=3, shift=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.double)
    y = torch.randn(m, d, generator=generator, dtype=torch.double)
    return x, y + shift * torch.eye(d, dtype=torch.double)[0]


@pytest.mark.parametrize(("n", "m"), [(2, 2), (2, 9), (30, 7), (7, 30), (25, 25)])
def test_the_statistic_is_the_unbiased_mmd(n, m):
    x, y = drawn(n, m)
    assert mmd_test(x, y, 9).value == pytest.approx(
        float(mmd2(x, y, estimator="unbiased")), abs=1e-9
    )


@pytest.mark.parametrize(("n", "m"), [(12, 12), (5, 14), (14, 5)])
def test_the_p_value_is_that_of_each_permutation_computed_anew(n, m):
    x, y = drawn(n, m, shift=0.7)
    pooled, record = torch.cat((x, y)), mmd_test(x, y, 50)
    gram, reached, null = multi_rbf(pooled, pooled), 0, []
    for row in indicators_of(n + m, min(n, m), 50, 0)[1:].bool():
        a, b = (row, ~row) if n <= m else (~row, row)
        off = [gram[side][:, side].sum() - side.sum() for side in (a, b)]
        value = off[0] / (n * (n - 1)) + off[1] / (m * (m - 1)) - 2 * gram[a][:, b].mean()
        null.append(float(value))
        reached += null[-1] >= record.value
    assert record.p_value == (1 + reached) / 51
    assert record.settings["null"] == pytest.approx(sum(null) / 50, abs=1e-9)


@pytest.mark.parametrize(("n", "m"), [(2, 2), (9, 4)])
def test_energy_distance_is_its_double_loop(n, m):
    x, y = drawn(n, m)
    y[0] = x[0]  # a tie across the samples

    def mean(a, b, own):
        pairs = [
            math.dist(a[i].tolist(), b[j].tolist())
            for i in range(len(a))
            for j in range(len(b))
            if not (own and i == j)
        ]
        return sum(pairs) / len(pairs)

    truth = 2 * mean(x, y, False) - mean(x, x, True) - mean(y, y, True)
    assert energy_test(x, y, 5).value == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("test", TESTS)
def test_more_shift_is_more_significant_and_further(test):
    records = [test(*drawn(80, 60, shift=shift), 200) for shift in (0.0, 0.5, 1.0, 3.0)]
    assert records[0].p_value > 0.05
    assert records[-1].p_value == 1 / 201
    if test is not mmd_power_test:  # which changes its kernel, and so its unit
        values = [record.value for record in records]
        assert values == sorted(values)


@pytest.mark.parametrize("test", TESTS)
def test_valid_under_imbalance(test):
    """20 to 1; of 100 tests at 10 %, more than 19 rejections happen once in 500 sets."""
    p = [test(*drawn(20, 400, 2, seed=seed), 99).p_value for seed in range(100)]
    assert sum(value <= 0.1 for value in p) <= 19
    assert sum(value <= 0.5 for value in p) >= 30


def test_identical_and_constant_samples_are_not_told_apart():
    x, _ = drawn(20, 2)
    for test in TESTS:
        assert test(x, x.clone(), 50).p_value > 0.2  # the halves of one are not alike
        assert test(torch.ones(8, 2), torch.ones(6, 2), 50).p_value == 1


def test_power_criterion_is_its_formula():
    x, y = drawn(9, 12, shift=1.0)
    gram = rbf(torch.cat((x, y[:9])), torch.cat((x, y[:9])), 1.3)
    h = torch.tensor(
        [
            [gram[i, j] + gram[9 + i, 9 + j] - gram[i, 9 + j] - gram[j, 9 + i] for j in range(9)]
            for i in range(9)
        ]
    ).double()
    mean = sum(h[i, j] for i in range(9) for j in range(9) if i != j) / 72
    variance = 4 * (h.sum(1) ** 2).sum() / 9**3 - 4 * h.sum() ** 2 / 9**4 + 1e-8
    got = power_criterion(x, y, rbf, 1.3)
    assert float(got) == pytest.approx(float(mean / variance.sqrt()), abs=1e-9)


def test_the_bandwidth_that_sees_the_difference_is_chosen():
    """A ripple far narrower than the spread: the median rule's kernel is blind to it."""
    generator = torch.Generator().manual_seed(0)
    x, y = torch.randn(2, 800, 1, generator=generator, dtype=torch.double)
    y = (y * 2).round() / 2 + 0.02 * y
    record = mmd_power_test(x, y, 200)
    assert record.settings["factor"] == 0.125
    assert record.p_value < 0.01
    assert record[3:5] == (400, 400)


def test_any_statistic():
    near, far = (permutation_test(*drawn(40, 30, 3, s), coral, 50) for s in (0.0, 0.0))
    assert near == far  # by the seed alone
    x, y = drawn(40, 30)
    assert permutation_test(x, 3 * y, coral, 50).p_value == 1 / 51
    assert permutation_test(x, y, coral, 50).settings["statistic"] == "coral"


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
@pytest.mark.parametrize(("n", "m"), [(2, 2), (13, 6), (7, 14)])
def test_blocks_give_the_whole(chunk, n, m):
    x, y = drawn(n, m, shift=1.0)
    seen = []

    def watched(blocks):
        for block in blocks:
            seen.append(block)
            yield block

    record = mmd2_chunked(x, y, chunk=chunk, progress=watched)
    truth = float(mmd2(x, y, estimator="unbiased"))
    assert record.value == pytest.approx(truth, abs=1e-10)
    assert len(seen) == len(set(seen)) > 0


def test_bad_input_is_named():
    x, y = drawn(9, 9)
    for test in TESTS:
        with pytest.raises(ValueError, match="permutations must be at least 1, got 0"):
            test(x, y, 0)
        with pytest.raises(ValueError, match="needs at least"):
            test(x[:1], y)
        with pytest.raises(ValueError, match="NaN or infinite"):
            test(x * math.nan, y)
    with pytest.raises(ValueError, match="permutations must be at least 1"):
        permutation_test(x, y, coral, 0)
    with pytest.raises(ValueError, match="factors is empty"):
        mmd_power_test(x, y, factors=())
    with pytest.raises(ValueError, match="chunk must be at least 1"):
        mmd2_chunked(x, y, chunk=0)


def test_a_statistic_that_is_not_finite_has_no_p_value():
    """No permutation reaches NaN: it read as the surest of differences, p 0.01."""
    x = torch.randn(9, 2)
    with pytest.raises(ValueError, match="the statistic is nan, and not finite in 100 of 100"):
        permutation_test(x, x, lambda one, other: math.nan)
    for dtype, largest in ((torch.float32, 1e20), (torch.float64, 1e160)):
        far = x.to(dtype) * largest
        with pytest.raises(ValueError, match=f"squared distances overflow {dtype}"):
            mmd_test(far, x.to(dtype))
        assert math.isfinite(mmd_test(far / 1e10, x.to(dtype)).value)


def test_holm_is_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = [0.04, 0.01, 0.3, 0.01, 0.9]
    assert holm(p) == pytest.approx(multitest.multipletests(p, method="holm")[1].tolist())
    assert holm([]) == []
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\], got nan"):
        holm([0.1, math.nan])
