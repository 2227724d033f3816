"""Entropy against SciPy, and finite where a naive one is not."""

import numpy as np
import pytest
import torch
from scipy.stats import entropy as reference

from da_bench.functional import entropy, entropy_weights


def test_equals_scipy():
    torch.manual_seed(0)
    logits = torch.randn(7, 4).double() * 3
    np.testing.assert_allclose(entropy(logits), reference(logits.softmax(1).numpy(), axis=1))


@pytest.mark.parametrize("top", [0.0, 1e4, 1e30, float("inf")])
def test_finite_at_extreme_logits(top):
    logits = torch.tensor([[0.0, -top, -top], [1.0, 2.0, -top]], requires_grad=True)
    value = entropy(logits)
    value.sum().backward()
    assert (value >= 0).all()
    assert torch.isfinite(value).all()
    assert torch.isfinite(logits.grad).all()


def test_ends_of_the_range():
    assert entropy(torch.zeros(1, 8)).item() == pytest.approx(np.log(8), rel=1e-6)
    assert entropy(torch.tensor([[50.0, 0.0]])).item() == pytest.approx(0, abs=1e-12)


def test_gradcheck():
    torch.autograd.gradcheck(entropy, torch.randn(3, 4, dtype=torch.float64, requires_grad=True))


def test_weights_are_the_papers_with_mean_one():
    torch.manual_seed(0)
    logits = torch.randn(9, 4).double() * 4
    raw = 1 + np.exp(-reference(logits.softmax(1).numpy(), axis=1))
    np.testing.assert_allclose(entropy_weights(logits), raw / raw.mean())
    sure, unsure = entropy_weights(torch.tensor([[9.0, 0.0], [0.0, 0.0]]))
    assert sure > 1 > unsure
