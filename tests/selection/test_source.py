"""Scores of the held-out source, beside scikit-learn's."""

import pytest
from sklearn.metrics import log_loss

from da_bench.selection import source
from tests.selection.references import reference_losses, shapes, softmax

from .made import made


@shapes
def test_source_scores(shape):
    o = made(**shape)
    p, y = softmax(o.held_logits.numpy()), o.held_y.numpy()
    assert source.accuracy(o) == pytest.approx((p.argmax(1) == y).mean(), abs=1e-12)
    assert source.risk(o) == pytest.approx(reference_losses(o).mean(), rel=1e-9)
    if "scale" not in shape:
        assert source.risk(o) == pytest.approx(log_loss(y, p, labels=range(p.shape[1])), rel=1e-6)
