"""The joint discrepancy of several layers: the paper's formula, and what only it can see."""

import numpy as np
import pytest
import torch

from da_bench.functional import jmmd2, linear_kernel, mmd2, multi_rbf, rbf
from tests.functional.test_discrepancy import draw, five


def layers(n=8, m=8):
    x, y = draw(n, m, d=5)
    return [x[:, :3], x[:, 3:].softmax(1)], [y[:, :3], y[:, 3:].softmax(1)]


def product_kernel(x, y):
    """Five Gaussians on the features times the authors' one, exp(-d^2 / 1.68), on predictions."""
    pooled = torch.cat((x[0], y[0]))
    wide = five(torch.pdist(pooled).kthvalue((len(pooled) * (len(pooled) - 1) // 2 + 1) // 2)[0])
    return lambda a, b: wide(a[0], b[0]) * np.exp(-np.sum((a[1] - b[1]) ** 2) / 1.68)


def rows(layers):
    return [tuple(row.numpy() for row in pair) for pair in zip(*layers, strict=True)]


@pytest.mark.parametrize("estimator", ["biased", "linear"])
def test_jmmd2_equals_the_papers_formula(estimator):
    """Long et al. 2017: the quadratic sum over all pairs, the linear one over disjoint pairs."""
    x, y = layers()
    k, s, t = product_kernel(x, y), rows(x), rows(y)
    if estimator == "biased":
        expected = np.mean([[k(a, b) for a in s] for b in s])
        expected += np.mean([[k(a, b) for a in t] for b in t])
        expected -= 2 * np.mean([[k(a, b) for a in s] for b in t])
    else:
        expected = np.mean(
            [
                k(s[i], s[i + 1]) + k(t[i], t[i + 1]) - k(s[i], t[i + 1]) - k(t[i], s[i + 1])
                for i in range(0, len(s), 2)
            ]
        )
    assert jmmd2(x, y, estimator=estimator).item() == pytest.approx(expected, rel=1e-6)


def test_jmmd2_sees_what_the_layers_margins_hide():
    signs = torch.tensor([[-1.0], [1.0], [-1.0], [1.0]])
    same, crossed = [signs, signs], [signs, -signs]
    for kernel in (rbf, linear_kernel):
        options = {"kernels": (kernel, kernel), "bandwidths": (1.0, 1.0)}
        assert all(mmd2(a, b, kernel, 1.0) == 0 for a, b in zip(same, crossed, strict=True))
        assert jmmd2(same, crossed, **options) > 0.1


def test_one_layer_is_the_mmd():
    x, y = draw(10, 7)
    torch.testing.assert_close(jmmd2([x], [y], [multi_rbf], ["median"]), mmd2(x, y))


def test_jmmd2_names_what_is_wrong():
    x, y = layers()
    with pytest.raises(ValueError, match="1 and 2 layers, 2 kernels"):
        jmmd2(x[:1], y)
    with pytest.raises(ValueError, match="differ in width: 3 and 2"):
        jmmd2(x, y[::-1])
