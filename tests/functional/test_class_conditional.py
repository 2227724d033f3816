"""Class by class: the papers' sums written out, and what missing classes do to them."""

import numpy as np
import pytest
import torch
from torch.func import grad, vmap

from da_bench.functional import cdd, indicators, lmmd2, median_distance, mmd2, rbf
from tests.functional.test_discrepancy import draw, five

BOTH = pytest.mark.parametrize("function", [lmmd2, cdd])


def labelled(n=9, m=12, classes=3):
    x, y = draw(n, m)
    return x, y, torch.arange(n) % classes, torch.arange(m) // 2 % classes


def test_lmmd2_equals_the_papers_formula():
    """Zhu et al. 2021: class weights over their own sum, three sums a class, mean over classes."""
    x, y, labels, _ = labelled()
    p = torch.randn(12, 3, dtype=torch.double).softmax(1)
    k = five(median_distance(x, y).item())
    a, b, expected = x.numpy(), y.numpy(), 0.0
    for c in range(3):
        w = [(label == c).double().item() for label in labels]
        w = [value / sum(w) for value in w]
        v = [row[c].item() / p[:, c].sum().item() for row in p]
        expected += sum(w[i] * w[j] * k(a[i], a[j]) for i in range(9) for j in range(9)) / 3
        expected += sum(v[i] * v[j] * k(b[i], b[j]) for i in range(12) for j in range(12)) / 3
        expected -= 2 * sum(w[i] * v[j] * k(a[i], b[j]) for i in range(9) for j in range(12)) / 3
    assert lmmd2(x, y, indicators(labels, 3), p).item() == pytest.approx(expected, rel=1e-10)


def test_cdd_equals_the_papers_formula():
    """Kang et al. 2019: within each class, less the mean over pairs of different classes."""
    x, y, first, second = labelled()
    width = median_distance(x, y)
    within, between = [], []
    for c in range(3):
        for d in range(3):
            square = mmd2(x[first == c], y[second == d], bandwidth=width).item()
            (within if c == d else between).append(square)
    expected = sum(within) / 3 - sum(between) / (3 * 2)
    got = cdd(x, y, indicators(first, 3), indicators(second, 3))
    assert got.item() == pytest.approx(expected, rel=1e-10)


def test_one_class_is_the_mmd():
    x, y, *_ = labelled()
    whole = torch.ones(9, 1), torch.ones(12, 1)
    torch.testing.assert_close(lmmd2(x, y, *whole), mmd2(x, y))
    torch.testing.assert_close(cdd(x, y, *whole), mmd2(x, y))


@BOTH
def test_classes_missing_on_a_side_and_points_without_one_are_left_out(function):
    x, y, first, second = labelled()
    second = torch.where(second == 2, -1, second)  # as a hidden label
    kept, also = first != 2, second >= 0
    expected = function(
        x[kept],
        y[also],
        indicators(first[kept], 2),
        indicators(second[also], 2),
        bandwidth=1.0,
    )
    got = function(x, y, indicators(first, 3), indicators(second, 3), bandwidth=1.0)
    torch.testing.assert_close(got, expected)
    nothing = torch.zeros(12, 3)
    assert function(x, y, indicators(first, 3), nothing) == 0
    assert torch.isfinite(grad(function)(x, y, indicators(first, 3), nothing)).all()


@BOTH
def test_symmetric(function):
    x, y, first, second = labelled()
    a, b = indicators(first, 3), indicators(second, 3)
    torch.testing.assert_close(function(x, y, a, b), function(y, x, b, a))


def test_lmmd2_is_zero_at_equality_of_each_class_and_sees_what_mmd_cannot():
    x, _, labels, _ = labelled()
    a = indicators(labels, 3)
    assert abs(lmmd2(x, x.clone(), a, a)) < 1e-12
    swapped = a[:, [1, 0, 2]]
    assert mmd2(x, x.clone()) < 1e-12
    assert lmmd2(x, x.clone(), a, swapped) > 1e-2
    assert cdd(x, x.clone(), a, a) < 0 < cdd(x, x.clone(), a, swapped)


@BOTH
def test_gradcheck_and_vmap(function):
    x, y, first, second = labelled()
    a, b = indicators(first, 3), indicators(second, 3)

    def value(x, y):
        return function(x, y, a, b, rbf, 1.5)

    torch.autograd.gradcheck(value, (x.requires_grad_(), y.requires_grad_()))
    x, y = x.detach(), y.detach()
    together = vmap(grad(value))(torch.stack((x, 2 * x)), torch.stack((y, y)))
    torch.testing.assert_close(together[1], grad(value)(2 * x, y))


@BOTH
@pytest.mark.parametrize("scale", [1e6, 1e-6, 0.0])
def test_finite_at_extremes(function, scale):
    x, y, first, second = labelled()
    x, y = (z.float() * scale for z in (x, y))
    slope, value = torch.func.grad_and_value(function)(
        x, y, indicators(first, 3), indicators(second, 3)
    )
    assert torch.isfinite(value)
    assert torch.isfinite(slope).all()


@BOTH
def test_weights_that_do_not_fit_are_named(function):
    x, y, first, second = labelled()
    with pytest.raises(ValueError, match=r"\(9, k\) and \(12, k\), got \(9, 3\) and \(12, 4\)"):
        function(x, y, indicators(first, 3), indicators(second, 4))


def test_indicators_are_one_hot_and_zero_where_hidden():
    got = indicators(torch.tensor([2, -1, 0]), 3)
    np.testing.assert_array_equal(got, [[0, 0, 1], [0, 0, 0], [1, 0, 0]])
