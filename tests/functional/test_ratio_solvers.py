"""KLIEP and uLSIF: their optima and closed forms against independent computations and SKADA."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from da_bench.functional import kliep, kmm, rulsif, ulsif
from da_bench.functional.ratio_ulsif import loo_score


def draw(n=40, m=30, d=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x, 0.8 * torch.randn(m, d, generator=generator, dtype=torch.float64) + 0.5


def kernels(x, places, width):
    return np.array([[np.exp(-np.sum((a - c) ** 2) / (2 * width**2)) for c in places] for a in x])


def likeliest(x, y, width):
    """KLIEP's weights by a general solver of its constrained problem."""
    at_x, at_y = kernels(x, y, width), kernels(y, y, width)
    found = minimize(
        lambda a: -np.log(at_y @ a).mean(),
        np.full(len(y), 1 / at_x.mean(0).sum()),
        jac=lambda a: -(at_y / (at_y @ a)[:, None]).mean(0),
        bounds=[(0, None)] * len(y),
        constraints={"type": "eq", "fun": lambda a: at_x.mean(0) @ a - 1},
        options={"maxiter": 2000, "ftol": 1e-14},
    )
    return at_x @ found.x


def least_squares(x, y, width, ridge, alpha=0.0):
    """RuLSIF's weights, and at alpha 0 those of uLSIF: their linear system, solved."""
    at_x, at_y = kernels(x, y, width), kernels(y, y, width)
    system = alpha * at_y.T @ at_y / len(y) + (1 - alpha) * at_x.T @ at_x / len(x)
    found = np.linalg.solve(system + ridge * np.eye(len(y)), at_y.mean(0))
    weights = at_x @ np.maximum(0, found)
    return weights / weights.mean()


def test_kliep_is_the_optimum_that_scipy_finds():
    ours = kliep(*draw(), bandwidth=1.0).numpy()
    # The objective is flat in some coefficients; the ratio at the source is what both determine.
    np.testing.assert_allclose(ours, likeliest(*(z.numpy() for z in draw()), 1.0), atol=5e-3)


def test_kliep_agrees_with_skada():
    skada = pytest.importorskip("skada")
    x, y = draw(200, 80)
    domains = np.array([1] * 200 + [-2] * 80)
    theirs = skada.KLIEPReweightAdapter(gamma=0.5, n_centers=80, max_iter=20000, random_state=0)
    theirs.fit(torch.cat((x, y)).numpy(), sample_domain=domains)
    weights = theirs.compute_weights(torch.cat((x, y)).numpy(), sample_domain=domains)[:200]
    ours = kliep(x, y, bandwidth=1.0).numpy()
    # SKADA draws centres with replacement and stops its ascent early: near each other, not equal.
    assert np.corrcoef(ours, weights)[0, 1] > 0.95


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


@pytest.mark.parametrize("ridge", [0.01, 0.5])
def test_ulsif_is_its_closed_form(ridge):
    expected = least_squares(*(z.numpy() for z in draw()), 1.3, ridge)
    np.testing.assert_allclose(ulsif(*draw(), bandwidth=1.3, ridge=ridge), expected, rtol=1e-8)


@pytest.mark.parametrize("alpha", [0.0, 0.3])
def test_rulsif_is_its_closed_form_and_ulsif_at_alpha_zero(alpha):
    expected = least_squares(*(z.numpy() for z in draw()), 1.3, 0.1, alpha)
    ours = rulsif(*draw(), alpha=alpha, bandwidth=1.3, ridge=0.1)
    np.testing.assert_allclose(ours, expected, rtol=1e-8)
    if alpha == 0:
        torch.testing.assert_close(ours, ulsif(*draw(), bandwidth=1.3, ridge=0.1))


@pytest.mark.parametrize(("n", "m"), [(12, 9), (9, 12)])
@pytest.mark.parametrize("ridge", [0.01, 0.5])
def test_leave_one_out_equals_leaving_each_one_out(n, m, ridge):
    """Kanamori et al., JMLR 2009: the ridge scales with the samples that stay."""
    x, y = (z.numpy() for z in draw(n, m))
    at_x, at_y = kernels(x, y[:5], 1.3), kernels(y, y[:5], 1.3)
    total = 0.0
    for i in range(min(n, m)):
        rest_x, rest_y = np.delete(at_x, i, 0), np.delete(at_y, i, 0)
        system = rest_x.T @ rest_x / (n - 1) + ridge * np.eye(5)
        a = np.maximum(0, np.linalg.solve(system, rest_y.mean(0)))
        total += 0.5 * (at_x[i] @ a) ** 2 - at_y[i] @ a
    got = loo_score(torch.tensor(at_x), torch.tensor(at_y), ridge)
    assert float(got) == pytest.approx(total / min(n, m), rel=1e-8)
