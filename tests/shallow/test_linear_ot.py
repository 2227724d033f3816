"""Linear OT is the Monge map of Gaussians in closed form."""

import numpy as np
import pytest
from scipy.linalg import sqrtm

from da_bench.shallow import LinearOT

RNG = np.random.default_rng(4)
Y = np.arange(45) % 3
SOURCE = RNG.normal(size=(45, 3)) + 2 * np.eye(3)[Y]
TARGET = 1.5 * RNG.normal(size=(30, 3)) + 2 * np.eye(3)[np.arange(30) % 3] + 0.5


@pytest.mark.parametrize("bias", [True, False])
def test_linear_ot_is_the_monge_map_of_gaussians(bias):
    moved = LinearOT(1e-9, bias).fit(SOURCE, Y, target=TARGET).transform(SOURCE, "source")
    means = [x.mean(0) if bias else np.zeros(3) for x in (SOURCE, TARGET)]
    centred = [x - m for x, m in zip((SOURCE, TARGET), means, strict=True)]
    ours, theirs = (c.T @ c / len(c) for c in centred)
    root = sqrtm(ours).real
    back = np.linalg.inv(root)
    a = back @ sqrtm(root @ theirs @ root).real @ back
    np.testing.assert_allclose(moved, means[1] + centred[0] @ a, atol=1e-5)
