"""Penalties on predictions against the papers' formulas, by loops over samples and classes."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import entropy as reference

from da_bench import functional as F

ALL = [F.mean_entropy, F.information_maximisation, F.mcc, F.bnm]


def logits(n=7, k=4, scale=3.0):
    torch.manual_seed(0)
    return torch.randn(n, k).double() * scale


def softmax(row, temperature=1.0):
    e = [math.exp(v / temperature) for v in row]
    return [v / sum(e) for v in e]


def test_mean_entropy_equals_the_papers_formula():
    z = logits()
    total = 0.0
    for row in z.tolist():
        for p in softmax(row):
            total -= p * math.log(p)
    assert F.mean_entropy(z).item() == pytest.approx(total / len(z))


@pytest.mark.parametrize("diversity", [0.0, 0.5, 1.0])
def test_information_maximisation_equals_the_papers_formula(diversity):
    z = logits()
    p = z.softmax(1).numpy()
    expected = reference(p, axis=1).mean() - diversity * reference(p.mean(0))
    assert F.information_maximisation(z, diversity).item() == pytest.approx(expected)


def test_information_maximisation_is_minus_the_mutual_information():
    p = logits().softmax(1).numpy() / 7  # joint distribution of sample and class
    mutual = sum(
        p[i, k] * math.log(p[i, k] / (p[i].sum() * p[:, k].sum()))
        for i in range(7)
        for k in range(4)
    )
    assert F.information_maximisation(logits()).item() == pytest.approx(-mutual)


@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_mcc_equals_the_papers_formula(temperature):
    z = logits()
    n, k = z.shape
    p = [softmax(row, temperature) for row in z.tolist()]
    raw = [1 + math.exp(sum(q * math.log(q) for q in row)) for row in p]
    w = [n * r / sum(raw) for r in raw]
    c = [[sum(w[i] * p[i][a] * p[i][b] for i in range(n)) for b in range(k)] for a in range(k)]
    expected = sum(c[a][b] / sum(c[a]) for a in range(k) for b in range(k) if a != b) / k
    assert F.mcc(z, temperature).item() == pytest.approx(expected)


def test_mcc_keeps_the_gradient_out_of_the_weights():
    z = logits().requires_grad_()
    F.mcc(z).backward()
    p = (z / 2.5).softmax(1)
    w = F.entropy_weights(z / 2.5).detach()
    c = p.T @ torch.diag(w) @ p
    c = c / c.sum(1, keepdim=True)
    (expected,) = torch.autograd.grad((c.sum() - c.trace()) / 4, z)
    torch.testing.assert_close(z.grad, expected)


@pytest.mark.parametrize("gap", [30.0, 60.0, 200.0])
def test_mcc_of_a_class_without_mass_is_finite_in_half(gap):
    """A product in half precision rounds its row of the confusions to zero: then 0 / 0."""
    z = 5 * torch.randn(36, 31, generator=torch.Generator().manual_seed(0))
    z[:, 3] -= gap
    whole, half = z.clone().requires_grad_(), z.clone().requires_grad_()
    expected = F.mcc(whole)
    with torch.autocast("cpu", torch.float16):
        found = F.mcc(half)
    torch.testing.assert_close(found, expected)
    grads = [torch.autograd.grad(loss, x)[0] for loss, x in ((found, half), (expected, whole))]
    torch.testing.assert_close(*grads)
    assert F.mcc(z.half()).isfinite()


@pytest.mark.parametrize("shape", [(7, 4), (3, 5)])
def test_bnm_equals_the_papers_formula(shape):
    z = logits(*shape)
    p = z.softmax(1).numpy()
    eigenvalues = np.linalg.eigvalsh(p.T @ p).clip(min=0)  # squares of the singular values
    assert F.bnm(z).item() == pytest.approx(-np.sqrt(eigenvalues).sum() / len(z), abs=1e-7)


@pytest.mark.parametrize("penalty", [F.mean_entropy, F.information_maximisation, F.bnm])
def test_gradcheck(penalty):
    torch.autograd.gradcheck(penalty, logits(5, 3, 1.0).requires_grad_())


@pytest.mark.parametrize("penalty", ALL)
@pytest.mark.parametrize("top", [0.0, 1e4, 1e30])
@pytest.mark.parametrize("n", [1, 3])
def test_finite_at_extreme_logits(penalty, top, n):
    z = torch.tensor([[top, 0.0, 0.0], [0.0, top, 0.0], [top, 0.0, 0.0]])[:n].requires_grad_()
    value = penalty(z)
    value.backward()
    assert value.isfinite()
    assert z.grad.isfinite().all()


def test_sure_and_diverse_predictions_cost_least():
    k = 3
    best, collapsed, unsure = 50 * torch.eye(k), torch.tensor([[50.0, 0, 0]] * k), torch.zeros(k, k)
    assert F.mean_entropy(best).item() == pytest.approx(0, abs=1e-6)
    assert F.mean_entropy(unsure).item() == pytest.approx(math.log(k))
    assert F.information_maximisation(best).item() == pytest.approx(-math.log(k))
    assert F.information_maximisation(collapsed).item() == pytest.approx(0, abs=1e-6)
    assert F.mcc(best).item() == pytest.approx(0, abs=1e-6)
    assert F.mcc(unsure).item() == pytest.approx(1 - 1 / k)
    assert F.bnm(best).item() == pytest.approx(-1)
    assert F.bnm(collapsed).item() == pytest.approx(-(k**-0.5))
    assert F.bnm(unsure) > F.bnm(collapsed) > F.bnm(best)


@pytest.mark.parametrize(
    "call", [lambda z: F.mcc(z, 0.0), lambda z: F.information_maximisation(z, -1.0)]
)
def test_errors(call):
    with pytest.raises(ValueError, match="must be finite"):
        call(logits())
