"""The metrics of a classification, written out."""

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, balanced_accuracy_score, f1_score

from da_bench.config.objects import describe
from da_bench.data import Classification

REFERENCE = {
    "accuracy": accuracy_score,
    "class_accuracy": balanced_accuracy_score,
    "macro_f1": lambda y, p: f1_score(y, p, average="macro"),
}


@pytest.mark.parametrize("metric", REFERENCE)
def test_metrics_are_scikit_learns_over_batches(metric):
    rng = np.random.default_rng(0)
    y = rng.choice(4, 300, p=[0.7, 0.1, 0.1, 0.1])
    logits = torch.from_numpy(rng.normal(size=(300, 5)) + np.eye(5)[y]).float()
    logits[:, 4] = -9  # a class that occurs nowhere counts nothing
    scorer = Classification(5, metric).scorer()
    for part in torch.arange(300).split(64):
        scorer.update(logits[part], torch.from_numpy(y)[part])
    expected = REFERENCE[metric](y, logits.argmax(1).numpy())
    assert float(scorer.compute()) == pytest.approx(expected, abs=1e-6)


def test_a_metric_is_part_of_a_task():
    assert describe(Classification(3, "macro_f1"))["init_args"]["metric"] == "macro_f1"
    assert Classification(3).metric == "accuracy"
    with pytest.raises(ValueError, match="metric='f1'"):
        Classification(3, "f1")
