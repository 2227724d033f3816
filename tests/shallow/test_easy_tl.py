from itertools import product

import numpy as np
import pytest

from da_bench.shallow import CORAL, EasyTL
from da_bench.shallow.easy_tl import assigned


@pytest.mark.parametrize("seed", range(5))
def test_labels_are_the_best_of_all_that_fill_every_class(seed):
    distance = np.random.default_rng(seed).random((6, 3)) + np.array([0, 0.6, 0.6])  # mostly 0
    full = [p for p in product(range(3), repeat=6) if set(p) == {0, 1, 2}]
    cost = [sum(distance[j, c] for j, c in enumerate(p)) for p in full]
    assert tuple(assigned(distance)) == full[int(np.argmin(cost))]


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
