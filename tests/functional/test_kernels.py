"""Kernels against double loops, the median rule against SciPy, gradients where points coincide."""

import numpy as np
import pytest
import torch
from scipy.spatial.distance import pdist
from torch.func import grad, vmap

from da_bench.functional import (
    inverse_multiquadric,
    linear_kernel,
    median_distance,
    multi_rbf,
    rbf,
    squared_distance,
)

KERNELS = [rbf, multi_rbf, inverse_multiquadric, linear_kernel]


def loop(one, x, y):
    return np.array([[one(a, b) for b in y.numpy()] for a in x.numpy()])


def gaussian(a, b, variance):
    return np.exp(-np.sum((a - b) ** 2) / (2 * variance))


FORMULAS = {
    rbf: lambda a, b, h: gaussian(a, b, h**2),
    multi_rbf: lambda a, b, h: np.mean([gaussian(a, b, f * h**2) for f in (0.25, 0.5, 1, 2, 4)]),
    inverse_multiquadric: lambda a, b, h: h**2 / (h**2 + np.sum((a - b) ** 2)),
    linear_kernel: lambda a, b, h: a @ b,
}


@pytest.fixture
def samples():
    torch.manual_seed(0)
    return torch.randn(7, 3).double(), torch.randn(5, 3).double() + 0.5


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("bandwidth", [0.7, 2.0])
def test_equals_the_double_loop(kernel, bandwidth, samples):
    x, y = samples
    expected = loop(lambda a, b: FORMULAS[kernel](a, b, bandwidth), x, y)
    np.testing.assert_allclose(kernel(x, y, bandwidth), expected, rtol=1e-10)


@pytest.mark.parametrize("kernel", KERNELS[:3])
@pytest.mark.parametrize("same", [False, True])
def test_the_default_bandwidth_is_the_median_of_the_pooled_sample(kernel, same, samples):
    x, y = samples
    y = x if same else y
    pooled = x if same else torch.cat((x, y))
    median = np.sort(pdist(pooled.numpy()))[(len(pdist(pooled.numpy())) - 1) // 2]
    assert median_distance(x, y).item() == pytest.approx(median, rel=1e-10)
    torch.testing.assert_close(kernel(x, y), kernel(x, y, float(median)), rtol=1e-9, atol=1e-12)


def test_the_median_of_many_points_is_close_to_that_of_all():
    torch.manual_seed(0)
    x, y = torch.randn(1500, 3), torch.randn(1500, 3) + 1
    exact = np.median(pdist(torch.cat((x, y)).numpy()))
    assert median_distance(x, y).item() == pytest.approx(exact, rel=0.02)
    assert median_distance(x, y) == median_distance(x, y)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (torch.ones(6, 2), 1.0),  # every pair coincides
        (torch.tensor([[0.0], [0], [0], [0], [4]]), 4 * 4 / 10),  # over half do: the mean
        (torch.ones(1, 2), 1.0),
    ],
)
def test_the_median_of_coincident_points_stays_positive(x, expected):
    assert median_distance(x, x).item() == pytest.approx(expected)


def test_distances_that_are_rounding_alone_coincide(monkeypatch):
    """Another processor's product leaves other last digits."""
    from da_bench.functional import kernels

    x = torch.tensor([[0.0], [0], [0], [0], [4]])
    noise = torch.rand(5, 5, generator=torch.Generator().manual_seed(0)) * 1e-6
    exact = squared_distance(x, x)
    monkeypatch.setattr(kernels, "squared_distance", lambda x, y: exact + noise)
    assert median_distance(x, x).item() == pytest.approx(4 * 4 / 10)


@pytest.mark.parametrize("kernel", KERNELS)
def test_gradients_are_finite_where_points_coincide(kernel):
    x = torch.ones(4, 3).double()
    x[2:] = torch.tensor([1.0, 2, 3])
    loss = lambda a: kernel(a, x).sum() + kernel(a, a).sum()  # noqa: E731
    assert torch.isfinite(grad(loss)(x)).all()
    assert torch.isfinite(vmap(grad(loss))(torch.stack((x, x + 1)))).all()


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("shift", [0.0, 1e6])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_finite_at_extremes_in_single_precision(kernel, shift, scale):
    torch.manual_seed(0)
    x = (torch.randn(20, 3) * scale + shift).requires_grad_()
    gram = kernel(x, torch.randn(10, 3) * scale + shift)
    gram.sum().backward()
    assert torch.isfinite(gram).all()
    assert torch.isfinite(x.grad).all()


def test_distances_far_from_the_origin_keep_their_digits():
    torch.manual_seed(0)
    x = torch.randint(0, 9, (20, 3)).float()
    torch.testing.assert_close(squared_distance(x + 4096, x + 4096), torch.cdist(x, x).square())


@pytest.mark.parametrize("kernel", [rbf, multi_rbf, inverse_multiquadric])
def test_gradcheck(kernel, samples):
    x, y = (z.requires_grad_() for z in samples)
    torch.autograd.gradcheck(lambda a, b: kernel(a, b, 1.3), (x, y))


@pytest.mark.parametrize("kernel", KERNELS)
def test_bad_input_is_named(kernel, samples):
    x, y = samples
    with pytest.raises(ValueError, match="differ in width: 3 and 2"):
        kernel(x, y[:, :2])
    with pytest.raises(ValueError, match="flatten"):
        kernel(x[0], y)
    if kernel is not linear_kernel:
        with pytest.raises(ValueError, match="'mean'"):
            kernel(x, y, "mean")
