"""KLIEP: its optimum by a general solver, and SKADA's weights."""

import numpy as np
import pytest
import torch
from scipy.optimize import minimize

from da_bench.functional import kliep
from tests.functional.ratio_samples import draw, kernels


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
