"""Linear OT, OTDA and JDOT against closed forms, POT and SKADA."""

import warnings
from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.spatial.distance import cdist
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from da_bench.shallow import JDOT, OTDA, LinearOT
from da_bench.shallow.jdot import class_loss

ot = pytest.importorskip("ot")
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


@pytest.mark.parametrize("weight", [0.1, 0.4])
def test_jdot_is_skadas(weight):
    from skada import JDOTClassifier

    head = LogisticRegression(tol=1e-10, max_iter=1000)
    theirs = JDOTClassifier(head, alpha=weight, n_iter_max=3, tol=0)
    theirs.set_fit_request(sample_weight=True)
    domain = np.repeat([1, -2], (45, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.fit(
            np.concatenate((SOURCE, TARGET)),
            np.concatenate((Y, np.full(30, -1))),
            sample_domain=domain,
        )
    ours = JDOT(weight, iterations=3, tolerance=0, head=head).fit(SOURCE, Y, target=TARGET)
    found, expected = ours.predict_proba(TARGET), theirs.estimator_.predict_proba(TARGET)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    alone = JDOT(0.0, head=head).fit(SOURCE, Y, target=TARGET).predict_proba(TARGET)
    assert np.abs(alone - expected).max() > 1e-3


@pytest.mark.parametrize("classes", [2, 3])
def test_hinge_loss_is_the_sum_over_one_against_the_rest(classes):
    y = Y % classes
    machine = SVC(decision_function_shape="ovr").fit(SOURCE, y)
    score = machine.decision_function(TARGET)
    score = np.stack((-score, score), 1) if classes == 2 else score
    for c in range(classes):
        sign = np.where(np.arange(classes) == c, 1, -1)
        expected = np.maximum(0, 1 - sign * score).sum(1)
        np.testing.assert_allclose(class_loss(machine, TARGET, classes)[:, c], expected)


@pytest.mark.parametrize("metric", ["cosine", "cityblock"])
def test_each_metric_has_its_own_optimal_transport(metric):
    rng = np.random.default_rng(0)
    source, target = rng.normal(size=(20, 2)), rng.normal(size=(25, 2)) + 1
    cost = cdist(source, target, metric)
    own, other = (
        OTDA(metric=m).plan(source, np.zeros(20), target) for m in (metric, "sqeuclidean")
    )
    assert (own * cost).sum() < (other * cost).sum() - 1e-6
