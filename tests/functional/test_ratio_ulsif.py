"""uLSIF and RuLSIF: their closed forms, and leave-one-out by leaving each one out."""

import numpy as np
import pytest
import torch

from da_bench.functional import rulsif, ulsif
from da_bench.functional.ratio_ulsif import loo_score
from tests.functional.ratio_samples import draw, kernels


def least_squares(x, y, width, ridge, alpha=0.0):
    """RuLSIF's weights, and at alpha 0 those of uLSIF: their linear system, solved."""
    at_x, at_y = kernels(x, y, width), kernels(y, y, width)
    system = alpha * at_y.T @ at_y / len(y) + (1 - alpha) * at_x.T @ at_x / len(x)
    found = np.linalg.solve(system + ridge * np.eye(len(y)), at_y.mean(0))
    weights = at_x @ np.maximum(0, found)
    return weights / weights.mean()


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
