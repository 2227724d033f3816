"""CORAL, SA and GFK against their definitions, an independent integral, and SKADA."""

import numpy as np
import pytest
import torch
from scipy.integrate import quad_vec
from scipy.linalg import null_space

from da_bench.functional import coral_map
from da_bench.shallow import CORAL, GFK, SubspaceAlignment
from da_bench.shallow.gfk import flow_root

RNG = np.random.default_rng(3)
SOURCE = RNG.normal(size=(50, 6)) @ RNG.normal(size=(6, 6))
TARGET = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6)) + 1
Y = np.arange(50) % 3
DOMAIN = np.repeat([1, -2], (50, 40))


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


def test_coral_gives_the_source_the_targets_covariance():
    moved = CORAL(0.0).fit(SOURCE, Y, target=TARGET).transform(SOURCE, "source")
    np.testing.assert_allclose(np.cov(moved.T), np.cov(TARGET.T), atol=1e-9)
    moved = CORAL(2.0).fit(SOURCE, Y, target=TARGET).transform(SOURCE, "source")
    expected = coral_map(torch.from_numpy(SOURCE), torch.from_numpy(TARGET), 2.0)[0].numpy()
    np.testing.assert_allclose(moved, expected, atol=1e-9)


def test_coral_is_skadas():
    from skada import CORALAdapter

    theirs = CORALAdapter(reg="auto").fit_transform(
        np.concatenate((SOURCE, TARGET)), sample_domain=DOMAIN
    )
    ours = CORAL("auto", centred=True).fit(SOURCE, Y, target=TARGET)
    np.testing.assert_allclose(ours.transform(SOURCE, "source"), theirs[:50], atol=1e-8)
    np.testing.assert_allclose(ours.transform(TARGET), theirs[50:], atol=1e-8)


def test_coral_of_a_singular_source_asks_for_a_ridge():
    with pytest.raises(ValueError, match="positive ridge"):
        CORAL(0.0).fit(SOURCE[:3], Y[:3], target=TARGET)


def test_subspace_alignment_minimises_the_papers_distance():
    model = SubspaceAlignment(2).fit(SOURCE, Y, target=TARGET)
    ours, theirs = (np.linalg.svd(x - x.mean(0))[2][:2].T for x in (SOURCE, TARGET))
    # The M of least ||P_s M - P_t||, by least squares rather than by its closed form.
    m = np.linalg.lstsq(ours, theirs, rcond=None)[0]
    z, other = (SOURCE - SOURCE.mean(0)) @ ours @ m, (TARGET - TARGET.mean(0)) @ theirs
    found = model.transform(SOURCE, "source"), model.transform(TARGET)
    np.testing.assert_allclose(found[0] @ found[1].T, z @ other.T, atol=1e-8)
    np.testing.assert_allclose(found[1] @ found[1].T, other @ other.T, atol=1e-8)


def test_subspace_alignment_is_skadas():
    from skada import SubspaceAlignmentAdapter

    theirs = SubspaceAlignmentAdapter(n_components=2).fit_transform(
        np.concatenate((SOURCE, TARGET)), sample_domain=DOMAIN
    )
    ours = SubspaceAlignment(2).fit(SOURCE, Y, target=TARGET)
    found = np.concatenate((ours.transform(SOURCE, "source"), ours.transform(TARGET)))
    np.testing.assert_allclose(found @ found.T, theirs @ theirs.T, atol=1e-8)
