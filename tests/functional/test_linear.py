"""Logistic regression against scikit-learn, and batches of fits against single ones."""

import pytest
import torch

from da_bench.functional.linear import logistic_regression, logistic_scores


def problem(n, d, dtype=torch.float64, seed=0, shift=0.5):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    labels = torch.arange(n) % 3 == 0
    x[labels, 0] += shift
    return (3 + 2 * x).to(dtype), labels.long(), torch.rand(n, generator=generator) + 0.1


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("l2", [1.0, 1e-2, 1e-4])
@pytest.mark.parametrize("shape", [(200, 5), (60, 300), (50, 1)])
def test_agrees_with_scikit_learn(shape, l2, weighted, dtype):
    linear_model = pytest.importorskip("sklearn.linear_model")
    x, labels, weights = problem(*shape, dtype)
    reference = linear_model.LogisticRegression(
        C=1 / (2 * l2 * len(x)), tol=1e-10, max_iter=1000, solver="newton-cholesky"
    )  # its lbfgs stops at gradients of 1e-9, where decision functions still move by 1e-3
    scaled = (weights / weights.mean()).numpy() if weighted else None
    reference.fit(x.double().numpy(), labels.numpy(), scaled)
    expected = torch.tensor(reference.decision_function(x.double().numpy()))
    scores = logistic_scores(x, labels, x, l2, weights if weighted else None)
    assert scores.dtype == dtype
    torch.testing.assert_close(scores.double(), expected, atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("shape", [(80, 6), (40, 120)])
def test_the_gradient_of_the_written_out_loss_vanishes(shape):
    x, labels, s = problem(*shape)
    s = s.double()
    model = logistic_regression(x, labels, 0.01, s)
    w, b = model.weight.requires_grad_(), model.bias.requires_grad_()
    loss = (s * torch.log1p(torch.exp(-(2 * labels - 1) * (x @ w + b)))).sum() / s.sum()
    (loss + 0.01 * (w**2).sum()).backward()
    assert w.grad.abs().max() < 1e-7
    assert b.grad.abs() < 1e-7


def test_many_fits_at_once_are_the_single_fits_and_weight_zero_leaves_out():
    x, labels, _ = problem(90, 7)
    penalties = torch.tensor([0.1, 0.001, 0.01])
    kept = torch.rand(90, 3, generator=torch.Generator().manual_seed(1)) < 0.7
    together = logistic_regression(x, labels, penalties, kept.double())
    assert together.weight.shape == (7, 3)
    assert together.scores(x).shape == (90, 3)
    for j, l2 in enumerate(penalties.tolist()):
        alone = logistic_regression(x[kept[:, j]], labels[kept[:, j]], l2)
        torch.testing.assert_close(together.scores(x)[:, j], alone.scores(x), atol=1e-5, rtol=1e-5)


def test_separable_constant_and_far_away_features():
    x, labels, _ = problem(60, 3, shift=50)
    scores = logistic_scores(x, labels, x, 1e-8)
    assert ((scores > 0) == (labels == 1)).all()
    constant = logistic_scores(torch.ones(9, 2), torch.arange(9) % 3 == 0, torch.ones(4, 2))
    torch.testing.assert_close(constant, torch.full((4,), 0.5).log())  # the log-odds of 3 to 6
    x, labels, _ = problem(60, 3)
    far = logistic_scores(x * 1e-3 + 10, labels, x * 1e-3 + 10, 1e-8)  # the same problem, rescaled
    torch.testing.assert_close(far, logistic_scores(x, labels, x, 1e-2), atol=1e-5, rtol=1e-5)


def test_float32_and_float64_agree_and_the_global_generator_is_left_alone():
    x, labels, _ = problem(100, 4)
    state = torch.get_rng_state()
    one, other = (logistic_scores(x.to(t), labels, x.to(t)) for t in (torch.float32, torch.float64))
    torch.testing.assert_close(one.double(), other, atol=1e-5, rtol=1e-5)
    assert torch.equal(state, torch.get_rng_state())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"labels": torch.zeros(6)}, "both classes"),
        ({"labels": torch.arange(6)}, "0 or 1"),
        ({"labels": torch.ones(5)}, "labels"),
        ({"train": torch.full((6, 2), torch.nan)}, "NaN"),
        ({"test": torch.ones(3, 3)}, "columns"),
        ({"l2": 0.0}, "l2"),
        ({"l2": -1.0}, "l2"),
        ({"sample_weight": -torch.ones(6)}, "not negative"),
        ({"sample_weight": torch.ones(5)}, "sample_weights"),
    ],
)
def test_bad_input_is_named(change, message):
    good = {"train": torch.rand(6, 2), "labels": torch.arange(6) % 2, "test": torch.rand(3, 2)}
    with pytest.raises(ValueError, match=message):
        logistic_scores(**good | change)


def test_no_convergence_is_an_error():
    x, labels, _ = problem(60, 3)
    with pytest.raises(RuntimeError, match="did not converge"):
        logistic_regression(x, labels, 1e-3, max_iter=1)


@pytest.mark.slow
def test_wide_counts_in_float32():
    linear_model = pytest.importorskip("sklearn.linear_model")
    generator = torch.Generator().manual_seed(0)
    x = torch.poisson(torch.rand(4000, 5000, generator=generator) * 0.03, generator=generator)
    labels = torch.arange(4000) % 2
    x[labels == 1, :50] += torch.poisson(torch.full((2000, 50), 0.2), generator=generator)
    reference = linear_model.LogisticRegression(C=1 / (2 * 1e-3 * 4000), tol=1e-9, max_iter=3000)
    reference.fit(x.double().numpy(), labels.numpy())
    expected = torch.tensor(reference.decision_function(x.double().numpy()))
    scores = logistic_scores(x, labels, x, 1e-3)
    torch.testing.assert_close(scores.double(), expected, atol=1e-4, rtol=0)
