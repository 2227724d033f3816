"""Kernel mean matching against an independent solver, and its optimality conditions."""

import math

import numpy as np
import pytest
import torch

from da_bench.functional import (
    effective_sample_size,
    kmm,
    kmm_frank_wolfe,
    kmm_problem,
    median_distance,
)
from da_bench.functional.qp import box_qp
from tests.functional.ratio_samples import draw, kernels


def samples(n=300, m=200, d=3, shift=0.7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x, shift + torch.randn(m, d, generator=generator, dtype=torch.float64)


def counts(n, d=5000, seed=0):
    """Bags of words: frequencies by Zipf's law, each domain with its own taste."""
    generator = torch.Generator().manual_seed(seed)
    rate = 100 * torch.arange(1, d + 1).reciprocal() / torch.arange(1, d + 1).reciprocal().sum()
    taste = torch.exp(0.5 * torch.randn(d, generator=generator))
    draw = [torch.poisson(r.expand(n, -1), generator=generator) for r in (rate, rate * taste)]
    return draw[0], draw[1]


def written_out(x, y, ridge=0.1):
    """The paper's K and kappa, from differences of coordinates."""
    width = median_distance(x, y).double()
    gram, cross = (
        torch.exp(
            -(torch.cdist(x, z, compute_mode="donot_use_mm_for_euclid_dist") ** 2) / 2 / width**2
        )
        for z in (x, y)
    )
    return gram + ridge * torch.eye(len(x)), len(x) / len(y) * cross.sum(1)


def reference(p, q, upper, low, high):
    cvxopt = pytest.importorskip("cvxopt")
    n = len(q)
    eye, ones = torch.eye(n).double(), torch.ones(1, n).double()
    g = torch.cat((-eye, eye, -ones, ones))
    h = torch.cat((torch.zeros(n), torch.full((n,), upper), torch.tensor([-low, high]))).double()
    options = {"show_progress": False, "abstol": 1e-11, "reltol": 1e-11, "feastol": 1e-11}
    p, q, g, h = (cvxopt.matrix(z.numpy()) for z in (p, -q, g, h))
    x = cvxopt.solvers.qp(p, q, g, h, options=options)["x"]
    return torch.tensor(list(x), dtype=torch.float64)


def objective(p, q, x):
    return float(0.5 * x @ p @ x - q @ x)


def assert_optimal(s, p, q, upper, low, high, tolerance=1e-7):
    x, total, scale = s.x, s.x.sum(), float(q.abs().max())
    assert x.min() >= 0
    assert x.max() <= upper
    assert low <= total <= high
    pull = s.at_zero - s.at_upper + s.sum_low - s.sum_high
    assert (p @ x - q - pull).abs().max() < tolerance * scale
    for dual, slack in (
        (s.at_zero, x),
        (s.at_upper, upper - x),
        (s.sum_low, total - low),
        (s.sum_high, high - total),
    ):
        assert (dual >= 0).all()
        assert (dual * slack).sum().abs() < tolerance * abs(s.objective)
    assert s.gap <= 1e-9 * max(1, abs(s.objective))
    assert math.isclose(s.objective, objective(p, q, x), rel_tol=1e-9)


@pytest.mark.parametrize(
    ("options", "limits"),
    [
        ({}, (1000.0, math.sqrt(300), 600 - math.sqrt(300))),  # the paper's eps
        ({"eps": 1e-3}, (1000.0, 299.7, 300.3)),
        ({"bound": 1.5, "eps": 0.05}, (1.5, 285.0, 315.0)),
    ],
)
def test_objective_of_cvxopt_and_optimality_conditions(options, limits):
    x, y = samples()
    p, q = written_out(x, y)
    solution = kmm_problem(x, y, **options)
    assert_optimal(solution, p, q, *limits)
    expected = objective(p, q, reference(p, q, *limits))
    assert math.isclose(solution.objective, expected, rel_tol=1e-6)


@pytest.mark.parametrize(("shift", "binding"), [(1.5, "sum_low"), (0.0, "sum_high")])
def test_the_sum_constraint_binds(shift, binding):
    x, y = samples(shift=shift, d=2)
    y = y if shift else 0.1 * y
    free = kmm_problem(x, y, eps=0.99).x.sum()
    solution = kmm_problem(x, y, eps=1e-3)
    assert abs(free - 300) > 3  # what comes of dropping the constraint
    assert abs(solution.x.sum() - 300) <= 0.3
    assert getattr(solution, binding) > 1e-3


def test_optimality_conditions_on_equally_many():
    x, y = samples(300, 300, 10)
    solution = kmm_problem(x, y)
    assert_optimal(solution, *written_out(x, y), 1000.0, math.sqrt(300), 600 - math.sqrt(300))
    weights = kmm(x, y)
    torch.testing.assert_close(weights, solution.x / solution.x.mean())


@pytest.mark.slow
def test_optimality_conditions_on_bags_of_words():
    x, y = counts(2000)
    solution = kmm_problem(x, y)
    low = math.sqrt(2000)
    p, q = written_out(x.double(), y.double())
    assert_optimal(solution, p, q, 1000.0, low, 4000 - low)
    assert 1 <= effective_sample_size(solution.x) <= 2000


@pytest.mark.parametrize("steps", [1, 7, 1000])
@pytest.mark.parametrize("gamma", [0.01, 0.5, 100.0])
def test_frank_wolfe_is_skadas(gamma, steps):
    skada = pytest.importorskip("skada")
    x, y = (z.numpy() for z in samples(120, 90))
    adapter = skada.KMMReweightAdapter(gamma=gamma, max_iter=steps)
    domains = np.repeat([1, -2], [len(x), len(y)])
    expected = adapter.fit(np.concatenate((x, y)), sample_domain=domains).source_weights_
    found = kmm_frank_wolfe(*map(torch.tensor, (x, y)), bandwidth=(2 * gamma) ** -0.5, steps=steps)
    np.testing.assert_allclose(found, expected / expected.mean(), rtol=1e-6, atol=1e-9)


def test_frank_wolfe_nears_the_optimum():
    x, y = samples()
    p, q = written_out(x, y, ridge=0.0)
    least = kmm_problem(x, y, ridge=0.0).objective

    def gap(steps):
        # its mean is divided out: the best scale of it is compared
        w = kmm_frank_wolfe(x, y, steps=steps)
        scale = min(max(float(w @ q / (w @ p @ w)), 300**-0.5), 2 - 300**-0.5)
        return objective(p, q, scale * w) - least

    assert 0 < gap(10_000) < 0.1 * gap(100) < 0.01 * abs(least)


def test_one_entry_has_the_obvious_optimum():
    p, q = torch.tensor([[2.0]]), torch.tensor([6.0])
    for upper, low, high, best in ((10, 0, 10, 3), (1, 0, 10, 1), (10, 4, 5, 4), (10, 1, 2, 2)):
        assert abs(box_qp(p, q, upper, low, high).x.item() - best) < 1e-6


@pytest.mark.parametrize("ridge", [0.0, 1e-3, 10.0])
@pytest.mark.parametrize("bandwidth", [0.05, "median", 20.0])
def test_converges_at_extreme_kernels(ridge, bandwidth):
    x, y = samples(150, 80)
    weights = kmm(x, y, bandwidth, ridge=ridge)
    assert torch.isfinite(weights).all()
    assert (weights >= 0).all()


def test_no_convergence_names_the_gap():
    p, q = written_out(*samples(50, 50))
    with pytest.raises(RuntimeError, match="relative gap"):
        box_qp(p, q, 1000.0, 1.0, 99.0, max_iter=2)
    with pytest.raises(RuntimeError, match="relative gap"):
        box_qp(p - 5 * torch.eye(50), q, 1000.0, 1.0, 99.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"bound": 0.5, "eps": 0.1}, "no interior"),
        ({"bound": -1}, "bound"),
        ({"eps": 0}, "eps"),
        ({"ridge": -1}, "ridge"),
        ({"bandwidth": 0.0}, "bandwidth"),
    ],
)
def test_numbers_out_of_range_are_named(options, message):
    with pytest.raises(ValueError, match=message):
        kmm(*samples(20, 20), **options)


def test_no_step_is_refused():
    with pytest.raises(ValueError, match="steps"):
        kmm_frank_wolfe(*samples(20, 20), steps=0)


def test_a_matrix_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match=r"\(n, n\)"):
        box_qp(torch.eye(3), torch.ones(2), 1.0, 0.0, 1.0)


def test_kmm_agrees_with_skada():
    skada = pytest.importorskip("skada")
    x, y = draw(60, 50)
    domains = np.array([1] * 60 + [-2] * 50)
    theirs = skada.KMMReweightAdapter(gamma=0.5, solver="scipy", max_iter=5000, tol=1e-12)
    theirs.fit(torch.cat((x, y)).numpy(), sample_domain=domains)
    weights = theirs.source_weights_
    ours = kmm(x, y, bandwidth=1.0, ridge=1e-4).numpy()
    # Without a ridge theirs is ill-posed: compare how well each matches the target's mean.
    gram, cross = kernels(x.numpy(), x.numpy(), 1.0), kernels(x.numpy(), y.numpy(), 1.0)
    mismatch = lambda w: 0.5 * w @ gram @ w - 60 * cross.mean(1) @ w  # noqa: E731
    assert mismatch(ours) == pytest.approx(mismatch(weights), rel=1e-3)
