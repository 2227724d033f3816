"""Subspace alignment minimises the paper's distance, and is SKADA's."""

import numpy as np

from da_bench.shallow import SubspaceAlignment

RNG = np.random.default_rng(3)
SOURCE = RNG.normal(size=(50, 6)) @ RNG.normal(size=(6, 6))
TARGET = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6)) + 1
Y = np.arange(50) % 3
DOMAIN = np.repeat([1, -2], (50, 40))


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
