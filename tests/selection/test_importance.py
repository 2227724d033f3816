"""Importance weights, IWV and DEV, beside scikit-learn's fit and their formulas."""

import numpy as np
import pytest
import torch

from da_bench.selection import importance, source
from tests.selection.references import reference_losses, reference_weights, shapes

from .made import made


@shapes
def test_weights_are_those_of_scikit_learn(shape):
    """To 1e-6 of each, where both fits are solved to their optimum."""
    o = made(**shape)
    w = importance.weights(o.source_z, o.target_z, o.held_z).numpy()
    assert w == pytest.approx(reference_weights(o), rel=1e-6)


@shapes
def test_iwv_and_dev_equal_their_formulas_under_scikit_learns_weights(shape, monkeypatch):
    o = made(**shape)
    w, loss = reference_weights(o), reference_losses(o)
    c = np.cov(w * loss, w)
    eta = -c[0, 1] / c[1, 1]
    controlled = (w * loss).mean() + eta * w.mean() - eta
    # By our own weights first: what stored outputs give, from end to end.
    assert importance.iwv(o) == pytest.approx((w * loss).mean(), rel=1e-6, abs=1e-6)
    monkeypatch.setattr(importance, "weights", lambda *given: torch.from_numpy(w))
    assert importance.iwv(o) == pytest.approx((w * loss).mean(), rel=1e-9)
    assert importance.dev(o) == pytest.approx(controlled, rel=1e-6, abs=1e-6)


def test_weights_are_target_like_and_of_mean_one_in_expectation():
    g = torch.Generator().manual_seed(0)
    s, h = (torch.randn(4000, 1, generator=g, dtype=torch.double) for _ in range(2))
    w = importance.weights(s, 0.5 + torch.randn(4000, 1, generator=g, dtype=torch.double), h)
    true = torch.exp(0.5 * h[:, 0] - 0.125)  # N(0.5, 1) over N(0, 1)
    assert torch.corrcoef(torch.stack((w, true)))[0, 1] > 0.99
    assert w.mean().item() == pytest.approx(1, abs=0.05)


def test_dev_with_equal_weights_is_iwv():
    o = made(n=30, m=30)
    same = o._replace(source_z=torch.ones(30, 5).double(), target_z=torch.ones(30, 5).double())
    assert importance.dev(same) == pytest.approx(importance.iwv(same), rel=1e-9)
    assert importance.iwv(same) == pytest.approx(source.risk(o), rel=1e-6)
