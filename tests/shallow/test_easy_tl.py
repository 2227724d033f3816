from itertools import product

import numpy as np
import pytest
from scipy.linalg import fractional_matrix_power

from da_bench.shallow import CORAL, EasyTL
from da_bench.shallow.easy_tl import assigned


@pytest.mark.parametrize("aligned", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_labels_are_the_best_of_all_that_fill_every_class(seed, aligned):
    """EasyTL and EasyTL(c): the nearest means alone would leave a class empty."""
    rng = np.random.default_rng(seed)
    y = np.arange(30) % 3
    x = rng.normal(size=(30, 4)) * [0.3, 1, 3, 6] + 4 * np.eye(4)[y]
    target = rng.normal(size=(6, 4)) @ rng.normal(size=(4, 4)) + [6, 0, 0, 0]
    moved = x
    if aligned:
        c_s, c_t = (np.cov(z.T) + np.eye(4) for z in (x, target))
        moved = x @ fractional_matrix_power(c_s, -0.5) @ fractional_matrix_power(c_t, 0.5)
    means = [moved[y == c].mean(0) for c in range(3)]
    distance = np.array([[np.linalg.norm(row - mean) for mean in means] for row in target])
    full = [p for p in product(range(3), repeat=6) if set(p) == {0, 1, 2}]
    cost = [sum(distance[j, c] for j, c in enumerate(p)) for p in full]
    found = EasyTL(aligned).fit(x, y, target=target).predict(target)
    assert tuple(found) == full[int(np.argmin(cost))]


def test_the_map_is_corals():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(60, 4)) * [1, 2, 3, 4], np.arange(60) % 3
    x[:, 0] += 3 * y
    other = rng.normal(size=(30, 4)) @ rng.normal(size=(4, 4)) + [3, 0, 0, 0]
    moved = CORAL(1.0).fit(x, y, target=other).transform(x, "source")
    expected = EasyTL(False).fit(moved, y, target=other).predict(other)
    found = EasyTL().fit(x, y, target=other).predict(other)
    assert np.array_equal(found, expected)
    assert not np.array_equal(found, EasyTL(False).fit(x, y, target=other).predict(other))


def test_fewer_samples_than_classes():
    with pytest.raises(ValueError, match="can't fill 3 classes"):
        assigned(np.ones((2, 3)))
