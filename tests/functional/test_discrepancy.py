"""Discrepancies: what theory says of all, each paper's formula as a double loop, references."""

from functools import partial

import numpy as np
import pytest
import torch
from torch.func import grad, vmap

from da_bench.functional import (
    cmd,
    coral,
    homm,
    inverse_multiquadric,
    jmmd2,
    linear_kernel,
    median_distance,
    mmd2,
    multi_rbf,
    rbf,
    sinkhorn_divergence,
    sliced_wasserstein,
)


def joint(x, y, estimator="biased", bandwidth="median"):
    """``jmmd2`` of the columns, and of some again, as two layers."""
    layers = ([z, z[:, 1:]] for z in (x, y))
    return jmmd2(*layers, bandwidths=(bandwidth, 0.9), estimator=estimator)


DIRECTIONS = torch.randn(3, 8, generator=torch.Generator().manual_seed(0))


def sliced(x, y):
    """``sliced_wasserstein`` along the same directions at each call."""
    return sliced_wasserstein(x, y, directions=DIRECTIONS.to(x))


NON_NEGATIVE = {
    "mmd2": mmd2,
    "mmd2_rbf": partial(mmd2, kernel=rbf),
    "mmd2_imq": partial(mmd2, kernel=inverse_multiquadric),
    "mmd2_linear_kernel": partial(mmd2, kernel=linear_kernel),
    "coral": coral,
    "cmd": cmd,
    "homm": homm,
    "homm_centred": partial(homm, centred=True),
    "jmmd2": joint,
    "sinkhorn": partial(sinkhorn_divergence, epsilon=2.0),
    "sinkhorn_median": sinkhorn_divergence,
    "sliced": sliced,
}
ALL = {
    **NON_NEGATIVE,
    "unbiased": partial(mmd2, estimator="unbiased"),
    "linear": partial(mmd2, estimator="linear"),
    "block": partial(mmd2, estimator="block", block=4),
    "jmmd2_linear": partial(joint, estimator="linear"),
}
FIXED = {  # the median rule carries no gradient
    mmd2: {"bandwidth": 1.5},
    joint: {"bandwidth": 1.5},
    sinkhorn_divergence: {"epsilon": 2.0, "iterations": 300},
}


def parametrise(functions):
    return pytest.mark.parametrize("discrepancy", functions.values(), ids=functions.keys())


def draw(n=12, m=12, d=3, shift=0.5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x, 1.3 * torch.randn(m, d, generator=generator, dtype=torch.float64) + shift


@parametrise(NON_NEGATIVE)
def test_zero_at_equality_and_positive_elsewhere(discrepancy):
    x, y = draw(m=9)
    assert abs(discrepancy(x, x.clone())) < 1e-12
    assert abs(discrepancy(x, x[torch.randperm(len(x))])) < 1e-12
    assert discrepancy(x, y) > 1e-3


@parametrise(ALL)
def test_symmetric(discrepancy):
    x, y = draw()
    torch.testing.assert_close(discrepancy(x, y), discrepancy(y, x))


@parametrise(ALL)
def test_gradcheck(discrepancy):
    x, y = draw(8, 8)
    discrepancy = partial(discrepancy, **FIXED.get(getattr(discrepancy, "func", discrepancy), {}))
    torch.autograd.gradcheck(discrepancy, (x.requires_grad_(), y.requires_grad_()))


@parametrise(ALL)
def test_runs_under_vmap_of_grad(discrepancy):
    pairs = [draw(seed=seed) for seed in range(3)]
    x, y = (torch.stack(z) for z in zip(*pairs, strict=True))
    expected = torch.stack([grad(discrepancy)(a, b) for a, b in pairs])
    torch.testing.assert_close(vmap(grad(discrepancy))(x, y), expected)


@parametrise(ALL)
@pytest.mark.parametrize(
    "change",
    [lambda z: z * 1e6, lambda z: z * 0 + 3, lambda z: z * 1e-6, lambda z: z * 0],
    ids=["huge", "constant", "tiny", "zero"],
)
def test_value_and_gradient_are_finite_at_extremes(discrepancy, change):
    x, y = (change(z.float()) for z in draw())
    value, gradient = torch.func.grad_and_value(discrepancy)(x, y)[::-1]
    assert torch.isfinite(value)
    assert torch.isfinite(gradient).all()


@parametrise(ALL)
def test_gradient_is_finite_at_equality(discrepancy):
    x, _ = draw()
    assert torch.isfinite(grad(discrepancy)(x, x.clone())).all()


@parametrise(ALL)
def test_one_sample_gives_a_value_or_a_named_error(discrepancy):
    x, y = draw(1, 1)
    try:
        assert torch.isfinite(discrepancy(x, y))
    except ValueError as error:
        assert "needs at least" in str(error)  # noqa: PT017


@parametrise(ALL)
def test_widths_that_differ_are_named(discrepancy):
    x, y = draw()
    with pytest.raises(ValueError, match="differ in width: 3 and 2"):
        discrepancy(x, y[:, :2])


def loop_mmd2(x, y, kernel, unbiased):
    n, m = len(x), len(y)
    value = -2 * sum(kernel(a, b) for a in x for b in y) / (n * m)
    for z in (x, y):
        pairs = [(i, j) for i in range(len(z)) for j in range(len(z)) if not unbiased or i != j]
        value += sum(kernel(z[i], z[j]) for i, j in pairs) / len(pairs)
    return value


def five(width):
    return lambda a, b: np.mean(
        [np.exp(-np.sum((a - b) ** 2) / (2 * f * width**2)) for f in (0.25, 0.5, 1, 2, 4)]
    )


@pytest.mark.parametrize("estimator", ["biased", "unbiased"])
def test_mmd2_equals_the_double_loop(estimator):
    x, y = draw(10, 7)
    expected = loop_mmd2(
        x.numpy(), y.numpy(), five(median_distance(x, y).item()), estimator == "unbiased"
    )
    assert mmd2(x, y, estimator=estimator).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize(("estimator", "size"), [("linear", 2), ("block", 5)])
def test_block_estimators_equal_gretton_h_over_blocks(estimator, size):
    x, y = draw(13, 13)
    k, a, b = five(median_distance(x, y).item()), x.numpy(), y.numpy()
    h = lambda i, j: k(a[i], a[j]) + k(b[i], b[j]) - k(a[i], b[j]) - k(a[j], b[i])  # noqa: E731
    blocks = [range(s, s + size) for s in range(0, 13 - size + 1, size)]
    expected = np.mean([np.mean([h(i, j) for i in r for j in r if i != j]) for r in blocks])
    assert mmd2(x, y, estimator=estimator, block=5).item() == pytest.approx(expected, rel=1e-10)


def test_mmd2_equals_scikit_learns_kernel():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    x, y = draw(30, 20)
    pairs, gamma = ((x, x), (y, y), (x, y)), 0.5 / 1.7**2
    xx, yy, xy = (pairwise.rbf_kernel(a, b, gamma=gamma) for a, b in pairs)
    expected = xx.mean() + yy.mean() - 2 * xy.mean()
    assert mmd2(x, y, rbf, 1.7).item() == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("estimator", ["unbiased", "linear", "block"])
def test_unbiased_estimators_average_to_zero_on_one_distribution(estimator):
    torch.manual_seed(0)
    x, y = torch.randn(2, 2000, 16, 2).double()
    values = vmap(partial(mmd2, kernel=rbf, bandwidth=1.0, estimator=estimator, block=4))(x, y)
    assert abs(values.mean()) < 4 * values.std() / 2000**0.5
    assert values.min() < 0


def test_biased_mmd2_of_the_linear_kernel_is_the_distance_of_means():
    x, y = draw(10, 7)
    expected = (x.mean(0) - y.mean(0)).square().sum()
    torch.testing.assert_close(mmd2(x, y, linear_kernel), expected)


def test_mmd2_names_what_is_wrong():
    x, y = draw(10, 7)
    with pytest.raises(ValueError, match="10 and 7; cut both to one length"):
        mmd2(x, y, estimator="linear")
    with pytest.raises(ValueError, match="'exact'"):
        mmd2(x, y, estimator="exact")
    with pytest.raises(ValueError, match="at least 32 samples"):
        mmd2(x, x, estimator="block")
    with pytest.raises(ValueError, match="block must be at least 2"):
        mmd2(x, x, estimator="block", block=1)


@pytest.mark.parametrize("n", [32, 320])
def test_coral_equals_the_papers_formula(n):
    """Sun and Saenko 2016, equations 1 to 3, with the covariances as they print them."""
    x, y = draw(n, n + 5, d=6, shift=4.0)

    def covariance(z):
        ones = np.ones((1, len(z)))
        return (z.T @ z - (ones @ z).T @ (ones @ z) / len(z)) / (len(z) - 1)

    difference = covariance(x.numpy()) - covariance(y.numpy())
    expected = sum(entry**2 for row in difference for entry in row) / (4 * 6**2)
    assert coral(x, y).item() == pytest.approx(expected, rel=1e-9)
    by_numpy = np.square(np.cov(x.numpy().T) - np.cov(y.numpy().T)).sum() / (4 * 6**2)
    assert coral(x, y).item() == pytest.approx(by_numpy, rel=1e-9)


def test_coral_ignores_the_means_and_refuses_one_sample():
    x, y = draw()
    torch.testing.assert_close(coral(x + 100, y), coral(x, y))
    with pytest.raises(ValueError, match="at least 2 samples on each side, got 1 and 12"):
        coral(x[:1], y)


@pytest.mark.parametrize(("low", "high"), [(0.0, 1.0), (-1.0, 1.0), (0.0, 3.0)])
@pytest.mark.parametrize("moments", [1, 3, 5])
def test_cmd_equals_the_papers_formula(low, high, moments):
    x, y = (torch.sigmoid(z).numpy() for z in draw(10, 7))
    expected = np.linalg.norm(x.mean(0) - y.mean(0)) / (high - low)
    for k in range(2, moments + 1):
        moment = [((z - z.mean(0)) ** k).mean(0) for z in (x, y)]
        expected += np.linalg.norm(moment[0] - moment[1]) / (high - low) ** k
    got = cmd(torch.tensor(x), torch.tensor(y), moments, low, high)
    assert got.item() == pytest.approx(expected, rel=1e-10)


def test_cmd_refuses_an_empty_range():
    x, y = draw()
    with pytest.raises(ValueError, match=r"low=1\.0, high=0\.0"):
        cmd(x, y, low=1.0, high=0.0)


def test_multi_rbf_is_the_default_kernel():
    x, y = draw()
    assert mmd2(x, y) == mmd2(x, y, multi_rbf, median_distance(x, y))
