"""Class weights under label shift: the equation that they solve, and the truth that they find."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from da_bench.functional import bbse, joint_counts, rlls


def counts(k=4, n=400, m=300, seed=0, noise=0.4):
    """Held-out and target predictions of a model that errs in the same way on both."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.rand(k, generator=generator).double() + 0.5
    target = torch.rand(k, generator=generator).double() + 0.1
    source, target = source / source.sum(), target / target.sum()
    errs = torch.eye(k).double() + noise * torch.rand(k, k, generator=generator).double()
    errs = errs / errs.sum(0)  # p(predicted | true)

    def draw(prior, size):
        y = torch.multinomial(prior, size, True, generator=generator)
        return torch.multinomial(errs.T[y], 1, generator=generator)[:, 0], y

    guess, y = draw(source, n)
    predicted = torch.bincount(draw(target, m)[0], minlength=k)
    return joint_counts(guess, y, k), predicted, target / source


def solved(joint, predicted):
    """BBSE's linear system, solved; negative weights set to zero."""
    confusion = joint.double() / joint.sum()
    weights = torch.linalg.solve(confusion, predicted.double() / predicted.sum()).clamp_min(0)
    return weights / (confusion.sum(0) @ weights)


@pytest.mark.parametrize("seed", range(4))
def test_bbse_solves_the_papers_equation(seed):
    joint, predicted, _ = counts(seed=seed)
    torch.testing.assert_close(bbse(joint, predicted), solved(joint, predicted).float())


def held_back(joint, predicted, alpha):
    """RLLS by a general solver of its objective, at a chance of 0.05 and full trust."""
    k = len(predicted)
    c = (joint.double() / joint.sum()).numpy()
    b = (predicted.double() / predicted.sum()).numpy() - c.sum(1)
    n, log = int(joint.sum()), math.log(2 * k / 0.05)
    delta = alpha * 3 * (2 * log / (3 * n) + math.sqrt(2 * log / n))

    def objective(theta):
        return np.linalg.norm(c @ theta - b) + delta * np.linalg.norm(theta)

    best = min(
        (
            minimize(objective, start, method="Nelder-Mead", options=dict.fromkeys(
                ("xatol", "fatol"), 1e-12) | {"maxiter": 20_000, "maxfev": 20_000})
            for start in (np.zeros(k) + 0.01, np.linalg.solve(c, b))
        ),
        key=lambda found: found.fun,
    )  # fmt: skip
    weights = np.maximum(0, 1 + best.x)
    return weights / (c.sum(0) @ weights)


@pytest.mark.parametrize("alpha", [0.001, 0.01, 0.1, 0.5])
def test_rlls_minimises_the_papers_objective(alpha):
    joint, predicted, _ = counts(n=200, m=100)
    ours = rlls(joint.double(), predicted, alpha=alpha)
    np.testing.assert_allclose(ours, held_back(joint, predicted, alpha), atol=2e-4)


def test_from_bbse_to_weights_of_one_as_the_penalty_grows():
    joint, predicted, _ = counts()
    torch.testing.assert_close(rlls(joint, predicted, alpha=0.0), bbse(joint, predicted))
    torch.testing.assert_close(rlls(joint, predicted, alpha=100.0), torch.ones(4))
    torch.testing.assert_close(rlls(joint, predicted, trust=0.0), torch.ones(4))
    sizes = [float((rlls(joint, predicted, alpha=a) - 1).norm()) for a in (0.0, 0.1, 0.5, 1.0)]
    assert sizes == sorted(sizes, reverse=True)
    half = rlls(joint, predicted, alpha=0.01, trust=0.5) - 1
    whole = rlls(joint, predicted, alpha=0.01) - 1
    torch.testing.assert_close(2 * half, whole, rtol=1e-2, atol=1e-2)


@pytest.mark.parametrize("estimator", [bbse, rlls])
def test_finds_the_true_weights(estimator):
    joint, predicted, truth = counts(n=200_000, m=200_000)
    torch.testing.assert_close(estimator(joint.double(), predicted), truth, rtol=0.05, atol=0.05)


@pytest.mark.parametrize("estimator", [bbse, rlls])
def test_mean_one_on_the_source_non_negative_and_one_without_shift(estimator):
    for seed in range(5):
        joint, predicted, _ = counts(n=60, m=20, seed=seed, noise=1.0)
        weights = estimator(joint, predicted)
        prior = joint.sum(0) / joint.sum()
        assert (weights >= 0).all()
        assert float(prior @ weights) == pytest.approx(1, abs=1e-5)
        torch.testing.assert_close(estimator(joint, joint.sum(1)), torch.ones(4))


@pytest.mark.parametrize("estimator", [bbse, rlls])
def test_no_evidence_no_weight(estimator):
    """A model that always says the same, and a class that the held-out source lacks."""
    torch.testing.assert_close(
        estimator(torch.tensor([[30, 20], [0, 0]]), torch.tensor([40, 0])), torch.ones(2)
    )
    joint, predicted = torch.tensor([[9, 1, 0], [1, 9, 0], [0, 0, 0]]), torch.tensor([5, 15, 0])
    weights = estimator(joint, predicted)
    assert weights[2] == pytest.approx(1, abs=0.2)
    assert weights[1] > 1 > weights[0]


def test_counts_of_pairs():
    guess, y = torch.tensor([0, 1, 1, 2]), torch.tensor([0, 0, 0, 1])
    expected = torch.tensor([[1, 0, 0], [2, 0, 0], [0, 1, 0]])
    assert torch.equal(joint_counts(guess, y, 3), expected)


@pytest.mark.parametrize("estimator", [bbse, rlls])
def test_bad_input_is_named(estimator):
    with pytest.raises(ValueError, match=r"joint \(k, k\)"):
        estimator(torch.ones(2, 3), torch.ones(2))
    with pytest.raises(ValueError, match="joint holds"):
        estimator(-torch.ones(2, 2), torch.ones(2))
    with pytest.raises(ValueError, match="predicted holds"):
        estimator(torch.ones(2, 2), torch.zeros(2))


@pytest.mark.parametrize("options", [{"alpha": -1}, {"delta": 0}, {"trust": 2}])
def test_numbers_out_of_range_are_named(options):
    with pytest.raises(ValueError, match="needs alpha"):
        rlls(torch.ones(2, 2), torch.ones(2), **options)
