"""Distances, kernels and the MMD are those that scipy and a double sum give."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from da_bench.figures import kernel_bandwidth
from da_bench.figures.kernel_bandwidth import FACTORS

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(25, 3)), RNG.normal(size=(30, 3)) + 1
MEDIAN = np.sort(pdist(np.concatenate((X, Y))))[(55 * 54 // 2 - 1) // 2]


def mmd2(width):
    k = [np.exp(-cdist(a, b, "sqeuclidean") / (2 * width**2)).mean()
         for a, b in ((X, X), (Y, Y), (X, Y))]  # fmt: skip
    return k[0] + k[1] - 2 * k[2]


def test_three_panels_of_numbers():
    figure = kernel_bandwidth(X, Y)
    traces = {t.name: t for t in figure.data}
    for name, d in (("within source", pdist(X)), ("within target", pdist(Y)),
                    ("across", cdist(X, Y).ravel())):  # fmt: skip
        line = traces[f"distances {name}"]
        half = (line.x[1] - line.x[0]) / 2
        edges = np.r_[np.asarray(line.x) - half, line.x[-1] + half]
        assert np.allclose(line.y, np.histogram(d, edges)[0] / len(d), atol=2 / len(d))
        assert sum(line.y) == pytest.approx(1)
    for factor in FACTORS:
        line = traces[f"kernel, {factor:g} of the variance"]
        expected = np.exp(-(np.asarray(line.x) ** 2) / (2 * factor * MEDIAN**2))
        assert np.allclose(line.y, expected, atol=1e-6)
    for name in ("MMD² of one kernel", "at the bandwidths used"):
        assert np.allclose(traces[name].y, [mmd2(w) for w in traces[name].x], atol=1e-9)
    used = traces["at the bandwidths used"]
    assert np.allclose(used.x, MEDIAN * np.sqrt(FACTORS))
    assert len(set(used.marker.symbol)) == len(FACTORS)
    assert f"{MEDIAN:.3g}" in figure.layout.title.text


def test_the_median_is_marked_where_it_lies():
    figure = kernel_bandwidth(X, Y)
    assert [s.x0 for s in figure.layout.shapes] == pytest.approx([MEDIAN] * 3)
    words = [a for a in figure.layout.annotations if a.text == "median"]
    assert [a.x for a in words] == pytest.approx([MEDIAN, MEDIAN, np.log10(MEDIAN)])


def test_a_bandwidth_of_ones_own():
    figure = kernel_bandwidth(X, Y, factors=(1.0,), bandwidth=0.3)
    used = figure.data[-1]
    assert list(used.x) == [0.3]
    assert used.y[0] == pytest.approx(mmd2(0.3))


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="at least 2"):
        kernel_bandwidth(X[:1], Y)
    with pytest.raises(ValueError, match="bandwidth=-1"):
        kernel_bandwidth(X, Y, bandwidth=-1)
    with pytest.raises(ValueError, match="factors=\\(\\)"):
        kernel_bandwidth(X, Y, factors=())
    with pytest.raises(ValueError, match=r"target has shape \(30, 2\)"):
        kernel_bandwidth(X, Y[:, :2])
