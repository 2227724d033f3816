"""JDOT is SKADA's, and its hinge loss the sum over one class against the rest."""

import warnings

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.svm import SVC

from da_bench.shallow import JDOT
from da_bench.shallow.jdot import class_loss

RNG = np.random.default_rng(4)
Y = np.arange(45) % 3
SOURCE = RNG.normal(size=(45, 3)) + 2 * np.eye(3)[Y]
TARGET = 1.5 * RNG.normal(size=(30, 3)) + 2 * np.eye(3)[np.arange(30) % 3] + 0.5


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
