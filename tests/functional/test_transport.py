"""Transport discrepancies against POT, and against values known in closed form."""

import numpy as np
import pytest
import torch

from da_bench.functional import sinkhorn_divergence, sliced_wasserstein
from tests.functional.test_discrepancy import draw

ot = pytest.importorskip("ot")


def entropic(x, y, epsilon):
    """POT's plan, and the objective written out: cost and relative entropy to the product."""
    cost, a, b = ot.dist(x, y), np.full(len(x), 1 / len(x)), np.full(len(y), 1 / len(y))
    plan = ot.sinkhorn(a, b, cost, epsilon, "sinkhorn_log", numItermax=5000, stopThr=1e-13)
    return (plan * cost).sum() + epsilon * (plan * np.log(plan / np.outer(a, b))).sum()


@pytest.mark.parametrize("epsilon", [0.5, 2.0])
def test_sinkhorn_divergence_equals_pot(epsilon):
    x, y = draw(12, 9)
    a, b = x.numpy(), y.numpy()
    expected = entropic(a, b, epsilon) - (entropic(a, a, epsilon) + entropic(b, b, epsilon)) / 2
    got = sinkhorn_divergence(x, y, epsilon, iterations=500)
    assert got.item() == pytest.approx(expected, rel=1e-8)


def test_sinkhorn_gradient_is_the_slope_of_the_value():
    x, y = draw(12, 9)
    x.requires_grad_()
    sinkhorn_divergence(x, y, 1.0, 500).backward()
    step = torch.zeros_like(x)
    step[3, 1] = 1e-5
    with torch.no_grad():
        ends = [sinkhorn_divergence(x + s * step, y, 1.0, 500) for s in (1, -1)]
    assert x.grad[3, 1].item() == pytest.approx(((ends[0] - ends[1]) / 2e-5).item(), rel=1e-5)


def test_sinkhorn_lies_between_transport_and_the_distance_of_means():
    x, y = draw(12, 12)
    exact = ot.emd2([], [], ot.dist(x.numpy(), y.numpy()))
    assert sinkhorn_divergence(x, y, 0.02, 5000).item() == pytest.approx(exact, rel=0.02)
    means = (x.mean(0) - y.mean(0)).square().sum()
    torch.testing.assert_close(sinkhorn_divergence(x, y, 1e4), means, rtol=1e-3, atol=0)


def test_sinkhorn_of_a_translation_is_its_square():
    x, _ = draw()
    moved = sinkhorn_divergence(x, x + torch.tensor([1.0, 2.0, 0.0]).double(), 1.0, 500)
    assert moved.item() == pytest.approx(5, rel=1e-6)


@pytest.mark.parametrize("m", [12, 9, 24, 1])
def test_sliced_wasserstein_equals_pot(m):
    x, y = draw(12, m)
    directions = torch.randn(3, 20, dtype=torch.double)
    unit = (directions / directions.norm(dim=0)).numpy()
    expected = ot.sliced_wasserstein_distance(x.numpy(), y.numpy(), projections=unit, p=2) ** 2
    got = sliced_wasserstein(x, y, directions=directions)
    assert got.item() == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (5, 3), (7, 1), (6, 4)])
def test_sliced_wasserstein_on_a_line_is_the_cheapest_matching(n, m):
    x, y = draw(n, m, d=1)
    expected = ot.emd2([], [], ot.dist(x.numpy(), y.numpy()))
    assert sliced_wasserstein(x, y, projections=3).item() == pytest.approx(expected, rel=1e-10)


def test_drawn_directions_average_to_the_whole_sphere():
    x, _ = draw()
    shift = torch.tensor([3.0, 0.0, 0.0]).double()
    torch.manual_seed(0)
    assert sliced_wasserstein(x, x + shift, 20_000).item() == pytest.approx(9 / 3, rel=0.05)


def test_what_is_not_positive_is_named():
    x, y = draw()
    with pytest.raises(ValueError, match="epsilon must be finite and positive, got 0"):
        sinkhorn_divergence(x, y, 0)
    with pytest.raises(ValueError, match="projections must be finite and positive, got 0"):
        sliced_wasserstein(x, y, 0)
