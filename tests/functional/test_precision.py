"""Discrepancies of half-precision features, and under autocast, are those of single precision."""

from copy import deepcopy

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


def network(seed, d=20, k=5):
    """Its weights, inputs and a direction, in single precision."""
    torch.manual_seed(seed)
    layers = torch.nn.Linear(d, 64), torch.nn.ReLU(), torch.nn.Linear(64, 64), torch.nn.ReLU()
    return torch.nn.Sequential(*layers, torch.nn.Linear(64, k)), *torch.randn(2, 32, d)


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("given", [torch.float32, torch.bfloat16])
def test_a_virtual_adversarial_direction_under_autocast_is_that_of_double(half, given):
    """Of outputs in half the difference that a probe makes is rounding: cosines of 0.05."""
    for seed in range(5):
        net, x, start = network(seed)
        x = x.bfloat16().float()
        exact = deepcopy(net).double()
        expected = F.virtual_adversarial_perturbation(
            exact, x.double(), exact(x.double()), 2.0, start=start.double()
        )
        with torch.autocast("cpu", half):
            found = F.virtual_adversarial_perturbation(
                net, x.to(given), net(x.to(given)), 2.0, start=start
            )
            assert torch.is_autocast_enabled("cpu")
        assert found.dtype == given
        assert torch.cosine_similarity(found.double(), expected).min() > 0.99
        assert (found.double().norm(dim=1) - 2).abs().max() < 0.02


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
@pytest.mark.parametrize("steps", [1, 3])
def test_so_is_that_of_a_network_of_half_weights(half, steps):
    """Where no difference could tell: the Hessian's product itself."""
    for seed in range(5):
        net, x, start = network(seed)
        exact, x = deepcopy(net.to(half)).double(), x.to(half)
        expected = F.virtual_adversarial_perturbation(
            exact, x.double(), exact(x.double()), 2.0, 1e-4, steps, start.double()
        )
        found = F.virtual_adversarial_perturbation(net, x, net(x), 2.0, steps=steps, start=start)
        assert found.dtype == half
        cosine = torch.cosine_similarity(found.double(), expected)
        assert cosine.mean() > 0.99  # a sample at a kink of ReLU may fall on its other side
        assert cosine.median() > 0.999


def test_a_probe_is_not_lost_in_large_inputs():
    """1e-2 beside a million is less than single precision can tell."""
    net, x, start = network(0)
    net[0].weight.data *= 1e-6
    x = 1e6 * x + 1e6
    exact = deepcopy(net).double()
    expected, found = (
        F.virtual_adversarial_perturbation(n, v, n(v), 1.0, start=s)
        for n, v, s in ((exact, x.double(), start.double()), (net, x, start))
    )
    assert torch.cosine_similarity(found.double(), expected).median() > 0.99


@pytest.mark.parametrize("half", [torch.bfloat16, torch.float16])
def test_the_gradient_penalty_under_autocast_is_that_of_single_precision(half):
    net, x, y = network(1, k=1)
    share = torch.rand(32, 1)
    expected = F.gradient_penalty(net, x, y, share)
    (slope,) = torch.autograd.grad(expected, net[0].weight)
    with torch.autocast("cpu", half):
        found = F.gradient_penalty(net, x, y, share)
    (seen,) = torch.autograd.grad(found, net[0].weight)
    torch.testing.assert_close(found, expected)
    torch.testing.assert_close(seen, slope)


def test_a_critic_of_half_weights_has_its_penalty_in_single():
    net, x, y = network(2, k=1)
    share = torch.rand(32, 1).bfloat16()
    expected = F.gradient_penalty(net, x.bfloat16().float(), y.bfloat16().float(), share.float())
    found = F.gradient_penalty(net.bfloat16(), x.bfloat16(), y.bfloat16(), share)
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected, rtol=3e-2, atol=0)


def test_central_moments_of_hundred_millions():
    """Their fifth powers fit single precision, unless they are multiplied before they differ."""
    x, y = torch.rand(2, 50, 4, generator=torch.Generator().manual_seed(0)) * 1e8
    expected = F.cmd(x.double(), y.double())
    torch.testing.assert_close(F.cmd(x, y).double(), expected, rtol=1e-4, atol=0)
    assert F.cmd(x, x) == 0
    assert F.cmd(1e3 * x, 1e3 * y) == torch.inf


def test_a_masked_class_has_no_divergence_and_no_mass():
    logits, other = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0))
    masked = logits.clone()
    masked[:, 2] = -torch.inf
    rest = [0, 1, 3]
    expected = torch.nn.functional.kl_div(
        other.log_softmax(1)[:, rest], logits[:, rest].softmax(1), reduction="none"
    ).sum(1)
    torch.testing.assert_close(F.kl_divergence(masked, other), expected)
    assert (F.kl_divergence(other, masked) == torch.inf).all()
    p = masked.softmax(1).square()
    torch.testing.assert_close(F.sharpened(masked), torch.nan_to_num(p / p.sum(0)))
