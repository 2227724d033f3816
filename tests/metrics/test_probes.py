"""Probes read a shift and nothing else; their errors are held out, their intervals exact."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import binom

from da_bench.functional.held_out import halves
from da_bench.metrics.probes import PROBES, probe_a_distance
from tests.metrics.samples import drawn, noise


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


@pytest.mark.parametrize("probe", PROBES)
def test_a_probe_s_error_is_held_out(probe):
    found = [probe_a_distance(noise(60, 100, s), noise(60, 100, s + 50), probe, clamp=False).value
             for s in range(6)]  # fmt: skip
    assert np.mean(found) == pytest.approx(0.0, abs=0.4)  # fitted, it would be 2


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.5])
def test_the_interval_of_a_probe_leaves_half_of_alpha_on_each_side(alpha):
    """Of the exact distribution that the bootstrap draws from."""
    n = 200
    x, z = noise(n, 1, 0), noise(n, 1, 1) + 1.0
    found = probe_a_distance(x, z, draws=20000, alpha=alpha, clamp=False)
    low, high = found.low, found.high
    from sklearn.linear_model import LogisticRegression

    both, is_target = torch.cat((x, z)).double().numpy(), np.arange(2 * n) >= n
    test = halves(n, n, 0).numpy()
    scaled = (both - both[~test].mean(0)) / both[~test].std(0)
    called = LogisticRegression(max_iter=1000).fit(scaled[~test], is_target[~test])
    wrong = called.predict(scaled[test]) != is_target[test]
    count = np.arange(n // 2 + 1)
    shares = [binom.pmf(count, n // 2, (wrong[is_target[test] == s].sum() + 0.5) / (n // 2 + 1))
              for s in (False, True)]  # fmt: skip
    total = np.convolve(*shares)  # of errors of both domains
    values = 2 - 2 * np.arange(len(total)) / (n // 2)
    for beyond, at in ((values < low - 1e-9, values < low + 1e-9),
                       (values > high + 1e-9, values > high - 1e-9)):  # fmt: skip
        # A discrete distribution meets a level up to the value that it falls on.
        assert total[beyond].sum() - 0.005 <= alpha / 2 <= total[at].sum() + 0.005
