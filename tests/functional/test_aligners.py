"""Aligners against the papers' formulas, SKADA and scikit-learn."""

import numpy as np
import pytest
import torch
from scipy.linalg import fractional_matrix_power

from da_bench.functional import coral_map, subspace_alignment


def draw(n=60, m=50, d=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x, y = (torch.randn(k, d, generator=generator, dtype=torch.float64) for k in (n, m))
    turn = torch.randn(d, d, generator=generator, dtype=torch.float64)
    # Distinct variances: principal axes are then well defined.
    return x * torch.arange(1, d + 1), y * torch.arange(d, 0, -1) @ turn + 2


@pytest.mark.parametrize("align", [coral_map, lambda x, y: subspace_alignment(x, y, dim=3)])
def test_shapes_dtype_and_that_the_inputs_stay(align):
    x, y = (z.float() for z in draw())
    before = x.clone(), y.clone()
    moved, weight, bias = align(x, y)
    assert moved.shape == (60, len(weight))
    assert weight.shape == (len(bias), 5)
    assert {moved.dtype, weight.dtype, bias.dtype} == {torch.float32}
    assert torch.equal(x, before[0])
    assert torch.equal(y, before[1])


@pytest.mark.parametrize("ridge", [1.0, 0.01])
@pytest.mark.parametrize(("n", "m", "d"), [(60, 50, 5), (6, 60, 9), (60, 6, 9), (7, 6, 30)])
def test_coral_map_is_algorithm_1(n, m, d, ridge):
    x, y = draw(n, m, d)
    source, target = (np.cov(z.numpy().T) + ridge * np.eye(d) for z in (x, y))
    expected = x.numpy() @ fractional_matrix_power(source, -0.5)
    expected = expected @ fractional_matrix_power(target, 0.5)
    moved, weight, bias = coral_map(x, y, ridge)
    np.testing.assert_allclose(moved, expected, rtol=1e-6, atol=1e-6 * abs(expected).max())
    assert torch.equal(weight, torch.eye(d).double())
    assert torch.equal(bias, torch.zeros(d).double())


def test_without_ridge_the_covariances_are_equal_after():
    x, y = draw()
    moved = coral_map(x, y, ridge=0.0)[0]
    np.testing.assert_allclose(np.cov(moved.numpy().T), np.cov(y.numpy().T), rtol=1e-8, atol=1e-8)


def test_coral_map_leaves_a_sample_that_already_matches():
    x, _ = draw()
    torch.testing.assert_close(coral_map(x, x.clone())[0], x)


def test_coral_map_equals_skada():
    skada = pytest.importorskip("skada")
    x, y = draw()
    adapter = skada.CORALAdapter(reg=None, assume_centered=False)
    stacked = np.concatenate((x.numpy(), y.numpy()))
    domains = np.array([1] * len(x) + [-2] * len(y))
    adapter.fit(stacked, sample_domain=domains)
    moved = adapter.transform(x.numpy(), sample_domain=domains[: len(x)], allow_source=True)
    # SKADA moves the mean as well, and divides the covariances by n.
    ratio = ((len(x) - 1) / len(x) * len(y) / (len(y) - 1)) ** 0.5
    expected = (np.asarray(moved) - np.mean(moved, 0)) * ratio
    ours = coral_map(x, y, ridge=0.0)[0]
    np.testing.assert_allclose(ours - ours.mean(0), expected, atol=1e-6)


@pytest.mark.parametrize("dim", [1, 3, 5])
def test_subspace_alignment_is_the_papers_with_scikit_learns_axes(dim):
    decomposition = pytest.importorskip("sklearn.decomposition")
    x, y = draw()
    source, target = (decomposition.PCA(dim).fit(z.numpy()) for z in (x, y))
    change = source.components_ @ target.components_.T
    moved, weight, bias = subspace_alignment(x, y, dim)
    sign = np.sign((weight.numpy() * target.components_).sum(1))
    np.testing.assert_allclose(moved, source.transform(x.numpy()) @ change * sign, atol=1e-8)
    mapped = y @ weight.T + bias
    np.testing.assert_allclose(mapped, target.transform(y.numpy()) * sign, atol=1e-8)


def test_subspace_alignment_with_more_features_than_samples():
    x, y = draw(12, 14, 40)
    moved, weight, bias = subspace_alignment(x, y, 4)
    assert moved.shape == (12, 4)
    torch.testing.assert_close(weight @ weight.T, torch.eye(4).double())
    torch.testing.assert_close((y @ weight.T + bias).mean(0), torch.zeros(4).double())


def test_subspace_alignment_of_a_sample_with_itself_is_its_projection():
    x, _ = draw()
    moved, weight, bias = subspace_alignment(x, x.clone(), 3)
    torch.testing.assert_close(moved, x @ weight.T + bias)


@pytest.mark.parametrize("scale", [0.0, 1e-6, 1e6])
def test_finite_at_extremes(scale):
    x, y = (z.float() * scale for z in draw())
    for align in (coral_map, lambda a, b: subspace_alignment(a, b, 2)):
        assert all(torch.isfinite(part).all() for part in align(x, y))


def test_what_is_wrong_is_named():
    x, y = draw()
    with pytest.raises(ValueError, match="dim must be from 1 to 5"):
        subspace_alignment(x, y, 6)
    with pytest.raises(ValueError, match="source has NaN or infinite values in 1 of 60 rows"):
        coral_map(torch.where(torch.arange(60)[:, None] == 3, float("nan"), x), y)
    with pytest.raises(ValueError, match="singular"):
        coral_map(x[:3], y, ridge=0.0)
    with pytest.raises(ValueError, match="ridge must be finite and not negative, got -1"):
        coral_map(x, y, ridge=-1.0)
    with pytest.raises(ValueError, match="at least 2 samples on each side, got 1 and 50"):
        subspace_alignment(x[:1], y)
