"""Counts equal scikit-learn's, the heading says oracle, and what has no label is left out."""

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix

from da_bench.figures import confusion_by_domain

RNG = np.random.default_rng(0)
Y, P = RNG.integers(0, 3, (2, 60))
V, Q = RNG.integers(0, 3, (2, 50))
NAMES = ["a", "b", "c"]


def test_counts_shares_and_accuracy():
    figure = confusion_by_domain(Y, P, V, Q, NAMES)
    for trace, title, y, p in zip(figure.data, figure.layout.annotations, (Y, V), (P, Q),
                                  strict=True):  # fmt: skip
        n = confusion_matrix(y, p, labels=[0, 1, 2])
        assert np.array_equal(np.asarray(trace.customdata), n)
        assert np.allclose(np.asarray(trace.z, float), n / n.sum(1, keepdims=True))
        assert [[t or "0" for t in row] for row in trace.text] == n.astype(str).tolist()
        assert f"{(y == p).mean():.1%} of {len(y)} right" in title.text
    assert figure.layout.title.text.startswith("oracle")
    assert "oracle" in figure.layout.annotations[1].text


def test_no_label_and_no_sample_of_a_class():
    figure = confusion_by_domain([0, 0, -1], [0, 1, 2], V, Q, NAMES)
    assert np.asarray(figure.data[0].customdata).sum() == 2
    assert np.isnan(np.asarray(figure.data[0].z, float)[2]).all()


def test_names_that_are_numbers_are_categories():
    figure = confusion_by_domain(Y, P, V, Q, ["3", "5", "8"])
    assert figure.layout.xaxis.type == figure.layout.yaxis.type == "category"


def test_bad_input_is_named():
    with pytest.raises(ValueError, match="source: labels have shape"):
        confusion_by_domain(Y[1:], P, V, Q, NAMES)
    with pytest.raises(ValueError, match="2 are named"):
        confusion_by_domain(Y, P, V, Q, NAMES[:2])
    with pytest.raises(ValueError, match="no sample has a label"):
        confusion_by_domain(Y, P, -np.ones(50), Q, NAMES)
