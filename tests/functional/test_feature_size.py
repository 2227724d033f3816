"""Spectral and norm penalties against the papers' formulas, by loops and NumPy."""

import math

import numpy as np
import pytest
import torch

from da_bench import functional as F

ALL = [F.bsp, F.afn, F.hard_afn]


def pair(n=6, m=9, d=4):
    torch.manual_seed(0)
    return torch.randn(n, d).double(), torch.randn(m, d).double() + 1


def norms(z):
    return [math.sqrt(sum(v * v for v in row)) for row in z.tolist()]


@pytest.mark.parametrize("count", [1, 2, 4])
def test_bsp_equals_the_papers_formula(count):
    x, y = pair()
    expected = 0.0
    for z in (x, y):
        singular = np.linalg.svd(z.numpy(), compute_uv=False)
        for i in range(count):
            expected += singular[i] ** 2
    assert F.bsp(x, y, count).item() == pytest.approx(expected)


def test_bsp_of_all_directions_is_the_squared_frobenius_norm():
    x, y = pair()
    assert F.bsp(x, y, 4).item() == pytest.approx((x.square().sum() + y.square().sum()).item())


@pytest.mark.parametrize("step", [0.3, 1.0])
def test_afn_equals_the_papers_formula(step):
    """The value is a constant; what counts is the gradient, -2 step x / (n |x|) of each row."""
    x, y = (z.requires_grad_() for z in pair())
    value = F.afn(x, y, step)
    value.backward()
    assert value.item() == pytest.approx(2 * step**2)
    for z in (x, y):
        for row, norm, gradient in zip(z.tolist(), norms(z), z.grad.tolist(), strict=True):
            assert gradient == pytest.approx([-2 * step * v / (len(z) * norm) for v in row])


@pytest.mark.parametrize("radius", [1.0, 25.0])
def test_hard_afn_equals_the_papers_formula(radius):
    x, y = pair()
    expected = sum((sum(norms(z)) / len(z) - radius) ** 2 for z in (x, y))
    assert F.hard_afn(x, y, radius).item() == pytest.approx(expected)


@pytest.mark.parametrize("penalty", [F.bsp, F.hard_afn])
def test_gradcheck(penalty):
    torch.autograd.gradcheck(penalty, [z.requires_grad_() for z in pair(3, 4, 3)])


@pytest.mark.parametrize("penalty", ALL)
@pytest.mark.parametrize("scale", [0.0, 1e-20, 1e15])
@pytest.mark.parametrize("n", [1, 5])
def test_finite_at_extremes(penalty, scale, n):
    x, y = ((scale * z.float()).requires_grad_() for z in pair(n, 5))
    value = penalty(x, y)
    value.backward()
    assert value.isfinite()
    assert x.grad.isfinite().all()
    assert y.grad.isfinite().all()


@pytest.mark.parametrize("penalty", ALL)
def test_symmetric_and_not_negative(penalty):
    x, y = pair()
    torch.testing.assert_close(penalty(x, y), penalty(y, x))
    assert penalty(x, y) >= 0


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda x, y: F.bsp(x, y, 0), "count=0"),
        (lambda x, y: F.bsp(x, y, 5), "count=5.*1 to 4"),
        (lambda x, y: F.bsp(x, y[:, :2]), "differ in width"),
        (lambda x, y: F.afn(x, y, 0.0), "step must be"),
        (lambda x, y: F.hard_afn(x, y, -1.0), "radius must be"),
        (lambda x, y: F.afn(x[0], y), "expected two samples"),
    ],
)
def test_errors(call, says):
    with pytest.raises(ValueError, match=says):
        call(*pair())
