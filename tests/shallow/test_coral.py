"""CORAL: the source gets the target's covariance, as in its formula and in SKADA."""

import numpy as np
import pytest
import torch

from da_bench.functional import coral_map
from da_bench.shallow import CORAL

RNG = np.random.default_rng(3)
SOURCE = RNG.normal(size=(50, 6)) @ RNG.normal(size=(6, 6))
TARGET = RNG.normal(size=(40, 6)) @ RNG.normal(size=(6, 6)) + 1
Y = np.arange(50) % 3
DOMAIN = np.repeat([1, -2], (50, 40))


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
