"""Metrics equal their functions over any batches; probes read what they should, held out."""

import math
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
from da_bench.metrics import PROBES, LabelledSample, TwoSamples, probe_a_distance


def drawn(n, m, d=3, shift=0.0, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator)
    return x, torch.randn(m, d, generator=generator) + shift * torch.eye(d)[0]


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


@pytest.mark.parametrize("probe", PROBES)
def test_probes_read_shift_and_nothing(probe):
    far = probe_a_distance(*drawn(600, 600, shift=1.5), probe)
    assert far.value == pytest.approx(2 * math.erf(0.75 / 2**0.5), abs=0.2)
    assert far.low < far.value < far.high
    assert far.p_value < 1e-6
    values = [
        probe_a_distance(*drawn(600, 60, seed=seed), probe, clamp=False).value for seed in range(8)
    ]
    assert abs(sum(values) / 8) < 0.25


def test_only_curved_probes_see_a_ring():
    x, _ = drawn(600, 1, 2)
    y = 3 * torch.nn.functional.normalize(drawn(600, 1, 2, seed=1)[0])
    values = {probe: probe_a_distance(x, y, probe).value for probe in PROBES}
    assert values["linear"] < 0.4
    assert min(values["mlp"], values["rbf_svm"]) > 1.5


def test_separated_samples_have_an_interval():
    record = probe_a_distance(*drawn(60, 60, shift=50.0))
    assert record.value == 2
    assert 1.7 < record.low < 2


def test_seeded_and_clamped():
    samples = drawn(60, 40)
    state = torch.get_rng_state()
    assert probe_a_distance(*samples, "mlp", seed=3) == probe_a_distance(*samples, "mlp", seed=3)
    assert torch.equal(state, torch.get_rng_state())
    low = min(probe_a_distance(*samples, seed=s, clamp=False).value for s in range(20))
    assert low < 0
    assert min(probe_a_distance(*samples, seed=s).value for s in range(20)) == 0


def test_bad_input_is_named():
    x, y = drawn(20, 20)
    with pytest.raises(ValueError, match="unknown probe 'tree': expected one of linear, mlp"):
        probe_a_distance(x, y, "tree")
    with pytest.raises(ValueError, match="draws >= 1"):
        probe_a_distance(x, y, draws=0)
    with pytest.raises(ValueError, match="needs at least 4"):
        probe_a_distance(x[:3], y)
