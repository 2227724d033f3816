"""Scores of the target's predictions, beside their formulas in numpy."""

import numpy as np
import pytest

from da_bench.functional import predictions as losses
from da_bench.selection import predictions
from tests.selection.references import entropies, shapes, softmax

from .made import made


@shapes
def test_scores_of_predictions(shape):
    o = made(**shape)
    p = softmax(o.target_logits.numpy())
    own = entropies(p).mean()
    assert predictions.entropy(o) == pytest.approx(own, rel=1e-6, abs=1e-9)
    mutual = entropies(p.mean(0)[None])[0] - own
    assert predictions.information_maximisation(o) == pytest.approx(mutual, rel=1e-6, abs=1e-9)
    nuclear = np.linalg.svd(p, compute_uv=False).sum() / len(p)
    assert predictions.bnm(o) == pytest.approx(nuclear, rel=1e-6)
    assert predictions.mcc(o) == pytest.approx(losses.mcc(o.target_logits).item(), rel=1e-6)
    soft = softmax(o.target_logits.numpy() / 2.5)
    w = 1 + np.exp(-entropies(soft))
    confusion = sum(w[i] / w.mean() * np.outer(soft[i], soft[i]) for i in range(len(soft)))
    confusion /= confusion.sum(1, keepdims=True)
    expected = (confusion.sum() - np.trace(confusion)) / len(confusion)
    assert predictions.mcc(o) == pytest.approx(expected, rel=1e-6)
