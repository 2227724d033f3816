"""GFK is the integral along the geodesic between two subspaces."""

import numpy as np
import pytest
from scipy.integrate import quad_vec
from scipy.linalg import null_space

from da_bench.shallow import GFK
from da_bench.shallow.gfk import flow_root

RNG = np.random.default_rng(3)
SOURCE = RNG.normal(size=(50, 6)) @ RNG.normal(size=(6, 6))
TARGET = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6)) + 1
Y = np.arange(50) % 3


def orthonormal(d, k):
    return np.linalg.qr(RNG.normal(size=(d, k)))[0]


def flow(t, ours, theirs):
    """A basis of the subspace at ``t`` of the geodesic, by the null space of the source's."""
    rest = null_space(ours.T)
    u, cosine, v = np.linalg.svd(ours.T @ theirs)
    angle = np.arccos(np.clip(cosine, -1, 1))
    # The other half of the generalised decomposition: R_s' P_t V = -U_2 Sigma.
    turned = -rest.T @ theirs @ v.T / np.maximum(np.sin(angle), 1e-300)
    return ours @ u * np.cos(t * angle) - rest @ turned * np.sin(t * angle)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_gfk_is_the_integral_along_the_geodesic(k):
    ours, theirs = orthonormal(7, k), orthonormal(7, k)
    for t, basis in ((0, ours), (1, theirs)):  # it does lead from one subspace to the other
        phi = flow(t, ours, theirs)
        np.testing.assert_allclose(phi @ phi.T, basis @ basis.T, atol=1e-9)

    def inside(t):
        phi = flow(t, ours, theirs)
        return phi @ phi.T

    root = flow_root(ours, theirs)
    np.testing.assert_allclose(root @ root.T, quad_vec(inside, 0, 1)[0], atol=1e-8)


def test_gfk_of_one_subspace_is_its_projection():
    basis = orthonormal(7, 3)
    root = flow_root(basis, basis)
    np.testing.assert_allclose(root @ root.T, basis @ basis.T, atol=1e-7)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_gfk_places_both_domains_by_that_integral(k):
    ours, theirs = (np.linalg.svd(x - x.mean(0))[2][:k].T for x in (SOURCE, TARGET))

    def inside(t):
        phi = flow(t, ours, theirs)
        return phi @ phi.T

    model = GFK(k).fit(SOURCE, Y, target=TARGET)
    found = model.transform(SOURCE, "source") @ model.transform(TARGET).T
    expected = SOURCE @ quad_vec(inside, 0, 1)[0] @ TARGET.T
    np.testing.assert_allclose(found, expected, atol=1e-7)
