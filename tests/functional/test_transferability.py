"""Transferability scores against formulas written out, on awkward shapes too."""

import math

import numpy as np
import pytest
import torch
from scipy.optimize import minimize
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.metrics import mutual_info_score

from da_bench.functional import h_score, leep, logme, nce, transrate

SHAPES = [(2, 3, 2), (40, 5, 3), (12, 30, 4), (300, 6, 1), (60, 4, 60)]
"""Samples, features, classes; the last: each sample its own class."""


def drawn(n, d, k, seed=0):
    generator = torch.Generator().manual_seed(seed)
    y = torch.arange(n) % k
    return torch.randn(n, d, generator=generator, dtype=torch.double) + y[:, None] % 7, y


def leep_by_hand(theta, y):
    total = 0.0
    for i in range(len(y)):
        inner = 0.0
        for z in range(theta.shape[1]):
            mass = theta[:, z].sum()
            inner += theta[y == y[i], z].sum() / mass * theta[i, z] if mass > 0 else 0
        total += math.log(inner)
    return total / len(y)


def coded(z, epsilon):
    return 0.5 * np.linalg.slogdet(np.eye(z.shape[1]) + z.T @ z / (len(z) * epsilon))[1]


@pytest.mark.parametrize("shape", SHAPES)
def test_leep_is_its_double_loop(shape):
    z, y = drawn(*shape)
    theta = z.softmax(1)
    theta[:, 0] = 0  # a source class that is never given
    theta = theta / theta.sum(1, keepdim=True)
    assert leep(theta, y).value == pytest.approx(leep_by_hand(theta.numpy(), y.numpy()), abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_nce_is_information_less_entropy(shape):
    """-H(Y|Z) = I(Y; Z) - H(Y), both by scikit-learn."""
    z, y = drawn(*shape)
    source = z.argmax(1)
    truth = mutual_info_score(y, source) - mutual_info_score(y, y)
    assert nce(source, y).value == pytest.approx(truth, abs=1e-9)


@pytest.mark.parametrize("shape", SHAPES)
def test_h_score_is_the_authors_listing(shape):
    f, y = (v.numpy() for v in drawn(*shape))
    means = np.stack([f[y == label].mean(0) for label in y])
    truth = np.trace(np.linalg.pinv(np.cov(f.T), hermitian=True) @ np.cov(means.T))
    assert h_score(*drawn(*shape)).value == pytest.approx(truth, abs=1e-6)


def test_h_score_shrinks_as_ledoit_and_wolf():
    for shape in ((50, 4, 3), (20, 60, 2)):
        f, y = (v.numpy() for v in drawn(*shape))
        alpha = ledoit_wolf_shrinkage(f)
        means = np.stack([f[y == label].mean(0) for label in y])
        cov = np.cov(f.T, bias=True)
        shrunk = (1 - alpha) * cov + alpha * np.trace(cov) / len(cov) * np.eye(len(cov))
        truth = np.trace(np.linalg.solve(shrunk, (1 - alpha) * np.cov(means.T, bias=True)))
        record = h_score(*drawn(*shape), shrinkage="ledoit-wolf")
        assert record.value == pytest.approx(truth, abs=1e-6)
        assert h_score(*drawn(*shape), shrinkage=alpha).value == pytest.approx(truth, abs=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
def test_transrate_is_the_formula(shape):
    z, y = (v.numpy() for v in drawn(*shape))
    z = z - z.mean(0)
    parts = [z[y == label] for label in np.unique(y)]
    truth = coded(z, 1e-4) - sum(len(p) / len(z) * coded(p, 1e-4) for p in parts)
    assert transrate(*drawn(*shape)).value == pytest.approx(truth, abs=1e-6)


def evidence_by_hand(f, y):
    """Maximised over both precisions, with the (n, n) covariance of the labels written out."""

    def negative(log):
        alpha, beta = np.exp(log)
        covariance = np.eye(len(f)) / beta + f @ f.T / alpha
        _, size = np.linalg.slogdet(covariance)
        return 0.5 * (size + y @ np.linalg.solve(covariance, y) + len(f) * np.log(2 * np.pi))

    starts = [(a, b) for a in (-4.0, 0.0, 4.0) for b in (-2.0, 2.0)]
    options = {"xatol": 1e-9, "fatol": 1e-12, "maxiter": 4000}
    return -min(
        minimize(negative, start, method="Nelder-Mead", options=options).fun for start in starts
    )


@pytest.mark.parametrize("shape", [(40, 5, 3), (30, 3, 2), (80, 1, 2)])
def test_logme_is_the_largest_evidence(shape):
    f, y = drawn(*shape)
    truth = np.mean([evidence_by_hand(f.numpy(), (y == k).double().numpy()) for k in y.unique()])
    assert logme(f, y).value == pytest.approx(truth / len(f), abs=1e-6)
    one_hot = torch.nn.functional.one_hot(y).double()
    assert logme(f, one_hot).value == pytest.approx(logme(f, y).value, abs=1e-9)


@pytest.mark.parametrize("features", [[[1.0], [2.0]], [[-1.0], [3.0]], [[0.0], [1.5]]])
def test_logme_of_two_samples_is_the_largest_evidence(features):
    f, y = torch.tensor(features).double(), torch.tensor([0, 1])
    outputs = [(y == k).double().numpy() for k in (0, 1)]
    if features[0] == [0.0]:  # it fits class 1 without error: no noise is the likeliest
        with pytest.raises(ValueError, match="1 dimensions fit 1 of 2 outputs of 2 samples"):
            logme(f, y, groups=0)
        return
    truth = np.mean([evidence_by_hand(f.numpy(), own) for own in outputs]) / 2
    assert logme(f, y, groups=0).value == pytest.approx(truth, rel=1e-6)


def dense_evidence(f, classes, outputs, alpha_over_beta):
    """Of each output at its own ratio of precisions, by dense (d, d) systems, no decomposition."""
    n, d = f.shape
    t = alpha_over_beta
    system = f.T @ f + t[:, None, None] * np.eye(d)
    along = np.zeros((outputs, d))
    np.add.at(along, classes, f)  # f' y of each class's indicator
    size = np.bincount(classes, minlength=outputs)
    q = size - np.einsum("kd,kd->k", along, np.linalg.solve(system, along[..., None])[..., 0])
    return (d * np.log(t) - np.linalg.slogdet(system)[1] - n * np.log(2 * np.pi * np.e * q / n)) / 2


@pytest.mark.parametrize("d", [1, 4])
def test_logme_of_ten_thousand_classes_is_the_dense_evidence(d):
    k = 10_000
    f, y = (v.numpy() for v in drawn(15_000, d, k))  # one sample of some classes, two of others
    low, high = np.full(k, -20.0), np.full(k, 40.0)
    for _ in range(14):  # each output's ratio by ever finer grids
        grid = np.linspace(low, high, 13)
        best = np.stack([dense_evidence(f, y, k, np.exp(row)) for row in grid]).argmax(0)
        step = (high - low) / 12
        middle = grid[best, np.arange(k)]
        low, high = middle - step, middle + step
    truth = dense_evidence(f, y, k, np.exp((low + high) / 2)).mean() / len(f)
    found = logme(torch.from_numpy(f), torch.from_numpy(y), groups=0).value
    assert found == pytest.approx(truth, rel=1e-6)


def test_logme_says_where_it_is_undefined():
    f, y = drawn(60, 4, 2)
    f[:, 0] = (y == 0).double()
    f[:, 1] = (y == 1).double()
    with pytest.raises(ValueError, match="LogME is undefined: 4 dimensions fit 2 of 2"):
        logme(f, y)
    assert math.isfinite(logme(torch.zeros(9, 2), torch.arange(9) % 2).value)
    assert math.isfinite(logme(torch.tensor([[0.0, 1.0], [2.0, 1.0]]), torch.arange(2)).value)


def test_ten_thousand_classes():
    f, y = drawn(20_000, 8, 10_000)
    theta = f.softmax(1)
    joint = torch.zeros(10_000, 8, dtype=torch.double).index_add_(0, y, theta)
    likely = ((joint / joint.sum(0))[y] * theta).sum(1).log().mean()
    assert leep(theta, y, groups=0).value == pytest.approx(float(likely), abs=1e-9)
    assert nce(y, y, groups=0).value == pytest.approx(0, abs=1e-9)
    assert nce(torch.zeros_like(y), y, groups=0).value == pytest.approx(-math.log(1e4), abs=1e-9)
    assert 0 < h_score(f, y, groups=0).value <= 8
    assert transrate(f, y, groups=0).value > 0
    assert math.isfinite(logme(f, y, groups=0).value)


@pytest.mark.parametrize("score", [h_score, transrate, logme])
def test_features_that_part_the_classes_score_higher(score):
    noise = torch.randn(300, 3, generator=torch.Generator().manual_seed(0))
    y = torch.arange(300) % 3
    values = []
    for distance in (0.0, 0.5, 1.0, 2.0):
        centres = distance * torch.eye(3)[y]
        values.append(score(centres + noise, y).value)
    assert values == sorted(values)


def test_the_record_and_its_interval():
    f, y = drawn(200, 3, 2)
    for record in (h_score(f, y), logme(f, y), leep(f.softmax(1), y), nce(f.argmax(1), y)):
        assert record.low < record.value < record.high
        assert record.n == 200
        assert record.settings["groups"] == 10
    assert math.isnan(h_score(*drawn(12, 3, 2)).low)  # fewer than two samples a group


def test_labels_may_skip_numbers():
    f, y = drawn(50, 4, 3)
    for score in (h_score, transrate, logme):
        assert score(f, 5 * y + 2).value == pytest.approx(score(f, y).value, abs=1e-12)


@pytest.mark.parametrize("score", [h_score, transrate, logme])
def test_bad_input_is_named(score):
    f, y = drawn(20, 3, 2)
    with pytest.raises(ValueError, match="1 labels are negative"):
        score(f, torch.where(torch.arange(20) == 3, -1, y))
    with pytest.raises(ValueError, match="label for each of 20"):
        score(f, y[:9])
    with pytest.raises(ValueError, match="NaN or infinite"):
        score(f * math.nan, y)


def test_bad_probabilities_and_numbers_are_named():
    f, y = drawn(20, 3, 2)
    with pytest.raises(ValueError, match="sum to 1: softmax"):
        leep(f, y)
    with pytest.raises(ValueError, match="no sample"):
        nce(y[:0], y[:0])
    with pytest.raises(ValueError, match=r"shrinkage must lie in \[0, 1\], got 2"):
        h_score(f, y, shrinkage=2)
    with pytest.raises(ValueError, match="epsilon must be positive, got 0"):
        transrate(f, y, epsilon=0)


def test_h_score_of_classes_that_are_points_is_one_less_than_their_number():
    """To double precision: roots of counts were taken in float32, and 2.00000003 is above 2."""
    y = torch.arange(3).repeat(11)
    found = h_score(torch.eye(3, dtype=torch.double)[y] * 7, y, groups=0).value
    assert found == pytest.approx(2, abs=1e-12)
