"""Discrepancies of half-precision features, and under autocast, are those of single precision."""

import pytest
import torch

from da_bench import functional as F

PAIRS = [
    F.mmd2,
    F.coral,
    F.cmd,
    F.homm,
    F.sinkhorn_divergence,
    lambda x, y: F.sliced_wasserstein(x, y, directions=torch.eye(64)[:, :8].to(x)),
    lambda x, y: F.mmd2(x, y, estimator="unbiased"),
    lambda x, y: F.mmd2(x, y, F.linear_kernel),
    lambda x, y: F.lmmd2(x, y, *labels()),
    lambda x, y: F.cdd(x, y, *labels()),
    lambda x, y: F.jmmd2([x, x[:, :9]], [y, y[:, :9]]),
]
PREDICTIONS = [F.mcc, F.bnm, F.mean_entropy, F.information_maximisation]


def features(dtype=torch.float32):
    """Two classes, nearly collapsed and far from the origin, as bf16 holds them."""
    draw = torch.Generator().manual_seed(0)
    ways = 3 * torch.randn(2, 64, generator=draw)
    pick = (torch.rand(72, generator=draw) < 0.2).long()
    z = (ways[pick] + 0.3 * torch.randn(72, 64, generator=draw) + 20).to(torch.bfloat16)
    return z[:36].to(dtype), z[36:].to(dtype)


def labels():
    return F.indicators(torch.arange(36) % 2, 2), F.indicators(torch.arange(36) % 3, 2)


@pytest.mark.parametrize("loss", PAIRS)
def test_a_discrepancy_in_half_is_that_of_single_precision(loss):
    expected = loss(*features())
    with torch.autocast("cpu", torch.bfloat16):
        inside = loss(*features())
    for found in (inside, loss(*features(torch.bfloat16)), loss(*features(torch.float16))):
        assert found.dtype == torch.float32
        torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("loss", PREDICTIONS)
def test_so_is_a_penalty_on_predictions(loss):
    logits = (features()[0][:, :7] - 20).bfloat16()
    expected = loss(logits.float())
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(loss(logits.float()), expected)
    torch.testing.assert_close(loss(logits), expected)


def test_one_sample_given_twice_stays_one():
    """Its median rule leaves the diagonal out: two copies would not."""
    x, _ = features()
    half = x.bfloat16()
    torch.testing.assert_close(F.rbf(half, half), F.rbf(x, x))


def test_sliced_wasserstein_of_far_samples_is_finite_in_half():
    x, y = torch.zeros(256, 4), torch.full((256, 4), 3.0)
    found = F.sliced_wasserstein(x.half(), y.half(), directions=torch.eye(4).half())
    assert float(found) == pytest.approx(9)


@pytest.mark.parametrize("far", [-3000.0, -9999.0])
def test_one_far_point_leaves_the_median_distance(far):
    """-9999 is a usual code of a missing value."""
    x, y = torch.randn(2, 100, 2, generator=torch.Generator().manual_seed(0))
    x[0] = far
    expected = F.median_distance(x.double(), y.double())
    torch.testing.assert_close(F.median_distance(x, y).double(), expected, rtol=1e-3, atol=0)
