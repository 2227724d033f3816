"""OTDA is POT's transport, and each of its parts counts."""

from itertools import pairwise

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from da_bench.shallow import OTDA

ot = pytest.importorskip("ot")
RNG = np.random.default_rng(4)
Y = np.arange(45) % 3
SOURCE = RNG.normal(size=(45, 3)) + 2 * np.eye(3)[Y]
TARGET = 1.5 * RNG.normal(size=(30, 3)) + 2 * np.eye(3)[np.arange(30) % 3] + 0.5


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (OTDA(), ot.da.EMDTransport(norm="median")),
        (OTDA(0.5), ot.da.SinkhornTransport(0.5, norm="median", out_of_sample_map="ferradans")),
        (OTDA(0.5, 0.3), ot.da.SinkhornL1l2Transport(0.5, 0.3, norm="median")),
        (OTDA(0.5, 0.3, "lpl1"), ot.da.SinkhornLpl1Transport(0.5, 0.3, norm="median")),
        (OTDA(norm=None), ot.da.EMDTransport()),
    ],
    ids=["exact", "entropic", "class", "class lpl1", "exact, as it is"],
)
def test_otda_is_pots_transport(ours, theirs):
    theirs.fit(Xs=SOURCE, ys=Y, Xt=TARGET)
    ours.fit(SOURCE, Y, target=TARGET)
    # Their class-regularised solvers stop at other thresholds by default.
    np.testing.assert_allclose(
        ours.transform(SOURCE, "source"), theirs.transform(Xs=SOURCE), atol=2e-3
    )
    new = SOURCE[:7] + 0.01
    np.testing.assert_allclose(ours.transform(new, "source"), theirs.transform(Xs=new), atol=2e-3)


def test_each_part_of_otda_counts():
    plans = [
        OTDA(e, w).plan(SOURCE, Y, TARGET) for e, w in ((0, 0), (0.5, 0), (0.5, 0.3), (0.5, 3.0))
    ]
    for one, other in pairwise(plans):
        assert np.abs(one - other).max() > 1e-5
    for plan in plans:
        np.testing.assert_allclose(plan.sum(1), 1 / 45, atol=1e-4)


@pytest.mark.parametrize("metric", ["cosine", "cityblock"])
def test_each_metric_has_its_own_optimal_transport(metric):
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(20, 2)), rng.normal(size=(25, 2)) + 1
    cost = cdist(source, target, metric)
    own, other = (
        OTDA(metric=m).plan(source, np.zeros(20), target) for m in (metric, "sqeuclidean")
    )
    assert (own * cost).sum() < (other * cost).sum() - 1e-6
