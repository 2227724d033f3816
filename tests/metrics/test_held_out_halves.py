"""Errors are those of the half that was not fitted; intervals have the level that they say."""

import numpy as np
import pytest
import torch
from scipy.stats import binom

from da_bench.functional.held_out import halves
from da_bench.metrics import joint_error
from da_bench.metrics.probes import PROBES, probe_a_distance


def noise(n, d, seed):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))


def test_joint_error_of_labels_by_chance_is_that_of_guessing_on_both():
    """With more features than samples the fitted half has no error at all."""
    found = []
    for seed in range(10):
        x, z = noise(60, 200, seed), noise(60, 200, seed + 50)
        found.append(joint_error(x, noise(60, 1, seed + 100)[:, 0].gt(0).long(), z,
                                 noise(60, 1, seed + 150)[:, 0].gt(0).long()))  # fmt: skip
    assert np.mean(found) == pytest.approx(1.0, abs=0.2)
    assert min(found) > 0.5


def test_joint_error_counts_each_domain_by_its_own_held_out_half():
    """Labels of the held-out half turned: all of it is wrong, and the fit does not see it."""
    n = 80
    y = torch.arange(n) % 2
    x = noise(n, 2, 2) * 0.01 + 10.0 * y[:, None]
    test = halves(n, n, 0)
    turned = [torch.where(part, 1 - y, y) for part in (test[:n], test[n:])]
    assert joint_error(x, y, x, y) == 0.0
    assert joint_error(x, turned[0], x, y) == 1.0
    assert joint_error(x, y, x, turned[1]) == 1.0
    assert joint_error(x, *turned[:1], x, turned[1]) == 2.0


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
