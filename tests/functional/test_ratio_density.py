"""Ratios of two estimated densities against SciPy's and scikit-learn's."""

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.neighbors import KernelDensity

from da_bench.functional import gaussian, kde


def draw(n=80, m=60, d=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    mix = torch.randn(d, d, generator=generator).double()
    x = torch.randn(n, d, generator=generator).double()
    return x, torch.randn(m, d, generator=generator).double() @ mix * 0.4 + 0.5


def of_normals(source, target, ridge):
    """SciPy's densities of two fitted normals, one over the other."""
    floor = ridge * (source.var(0, correction=0).mean() + target.var(0, correction=0).mean()) / 2

    def density(sample):
        covariance = np.cov(sample.T.numpy(), bias=True) + float(floor) * np.eye(source.shape[1])
        return multivariate_normal(sample.mean(0).numpy(), covariance).pdf(source.numpy())

    quotient = density(target) / density(source)
    return quotient / quotient.mean()


@pytest.mark.parametrize("ridge", [1e-3, 0.5])
def test_gaussian_is_the_quotient_of_two_fitted_normals(ridge):
    np.testing.assert_allclose(gaussian(*draw(), ridge), of_normals(*draw(), ridge))


def test_gaussian_agrees_with_skada():
    skada = pytest.importorskip("skada")
    source, target = draw()
    x, domain = torch.cat((source, target)).numpy(), np.array([1] * 80 + [-2] * 60)
    theirs = skada.GaussianReweightAdapter(reg=1e-6).fit(x, sample_domain=domain)
    weights = theirs.compute_weights(x, sample_domain=domain)[:80]
    # Theirs divides by n - 1 and adds another ridge: near, not equal.
    ours = gaussian(source, target, 1e-6).numpy()
    assert np.corrcoef(np.log(ours), np.log(weights))[0, 1] > 0.999


def of_kernels(source, target, bandwidth=None):
    """scikit-learn's kernel densities, one over the other."""

    def log_density(sample):
        n, d = sample.shape
        width = bandwidth or float(sample.var(0, correction=0).mean().sqrt()) * n ** (-1 / (d + 4))
        return KernelDensity(bandwidth=width).fit(sample.numpy()).score_samples(source.numpy())

    quotient = np.exp(log_density(target) - log_density(source))
    return quotient / quotient.mean()


@pytest.mark.parametrize("bandwidth", [None, 0.7])
def test_kde_is_the_quotient_of_scikit_learns_densities(bandwidth):
    np.testing.assert_allclose(kde(*draw(), bandwidth), of_kernels(*draw(), bandwidth))


def test_numbers_out_of_range_are_named():
    source, target = draw()
    with pytest.raises(ValueError, match="ridge"):
        gaussian(source, target, 0.0)
    with pytest.raises(ValueError, match="bandwidth"):
        kde(source, target, -1.0)


@pytest.mark.parametrize("ratio", [gaussian, kde])
def test_finite_without_overlap(ratio):
    source, target = draw()
    weights = ratio(source, target + 1e3)
    assert torch.isfinite(weights).all()
    assert float(weights.mean()) == pytest.approx(1)
