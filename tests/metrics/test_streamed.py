"""Metrics over batches equal their functions over all samples, in one process or in two."""

import pickle

import pytest
import torch

from da_bench.functional import (
    c2st,
    chi_square_from_ratio,
    coral,
    energy_test,
    frechet_distance,
    h_delta_h_divergence,
    h_divergence,
    h_score,
    kl_from_ratio,
    leep,
    logme,
    mmd2,
    mmd_power_test,
    mmd_test,
    nce,
    proxy_a_distance,
    transrate,
)
from da_bench.metrics import LabelledSample, TwoSamples, probe_a_distance
from tests.metrics.samples import drawn

MEASURES = [
    c2st, chi_square_from_ratio, coral, energy_test, frechet_distance, h_delta_h_divergence,
    h_divergence, kl_from_ratio, mmd2, mmd_power_test, mmd_test, probe_a_distance, proxy_a_distance,
]  # fmt: skip


@pytest.mark.parametrize("measure", MEASURES, ids=lambda f: f.__name__)
def test_batches_give_what_the_function_gives(measure):
    x, y = drawn(50, 30, shift=1.0)
    metric = TwoSamples(measure)
    for i in range(0, 50, 8):
        metric.update(x[i : i + 8], y[i : i + 8] if i < 30 else None)
    truth = measure(x, y)
    assert metric.compute() == pytest.approx(float(getattr(truth, "value", truth)))
    again = metric.record()
    assert type(again) is type(truth)
    metric.reset()
    with pytest.raises(ValueError, match="no source batch was shown"):
        metric.compute()


@pytest.mark.parametrize("score", [h_score, leep, logme, nce, transrate])
def test_scores_over_batches(score):
    f, y = drawn(60, 1)[0].softmax(1), torch.arange(60) % 4
    outputs = f.argmax(1) if score is nce else f
    metric = LabelledSample(score, groups=0)
    for part in torch.arange(60).split(7):
        metric.update(outputs[part], y[part])
    assert metric.compute() == pytest.approx(score(outputs, y, groups=0).value)
    assert metric.record().n == 60


def test_replicas_are_joined():
    """The gather of two replicas, of which the other saw the second half."""
    x, y = drawn(40, 30, shift=0.5)
    others = iter([x[20:], y[15:]])

    def gather(mine, group=None):
        return [mine, next(others)]

    metric = TwoSamples(mmd_test, dist_sync_fn=gather, distributed_available_fn=lambda: True)
    metric.update(x[:20], y[:15])
    assert metric.compute() == pytest.approx(mmd_test(x, y).value)
    alone = TwoSamples(mmd_test)  # fails where states were not joined
    alone.update(x[:20], y[:15])
    assert alone.compute() != pytest.approx(mmd_test(x, y).value)


def test_options_reach_the_measure_and_it_pickles():
    metric = pickle.loads(pickle.dumps(TwoSamples(mmd_test, permutations=7)))
    metric.update(*drawn(9, 8))
    assert metric.record().settings["permutations"] == 7
