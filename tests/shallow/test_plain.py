import numpy as np
from sklearn.neighbors import NearestCentroid

from da_bench.shallow import Plain


def samples():
    rng = np.random.default_rng(1)
    return rng.normal(size=(40, 3)), rng.integers(3, size=40), rng.normal(size=(25, 3))


def test_nearest_neighbour_is_the_nearest():
    x, y, other = samples()
    expected = [y[np.argmin([np.sum((a - b) ** 2) for b in x])] for a in other]
    assert np.array_equal(Plain().fit(x, y, target=other).predict(other), expected)


def test_nearest_mean():
    x, y, other = samples()
    means = [x[y == c].mean(0) for c in range(3)]
    expected = [np.argmin([np.sum((a - b) ** 2) for b in means]) for a in other]
    assert np.array_equal(Plain(NearestCentroid()).fit(x, y).predict(other), expected)
