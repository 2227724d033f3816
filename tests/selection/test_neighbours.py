"""Scores of neighbours and kernels, beside double loops and scikit-learn."""

import numpy as np
import pytest
import torch
from sklearn.neighbors import KNeighborsClassifier

from da_bench.functional.kernels import median_distance
from da_bench.selection import neighbours
from tests.selection.references import entropies, shapes, softmax

from .made import made


@shapes
@pytest.mark.parametrize("rows", [7, 1024])
def test_snd_equals_the_double_loop(shape, rows, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_ROWS", rows)
    o = made(**shape)
    p = softmax(o.target_logits.numpy())
    p /= np.linalg.norm(p, axis=1, keepdims=True)
    total = 0.0
    for i in range(len(p)):
        near = np.array([p[i] @ p[j] / 0.05 for j in range(len(p)) if j != i])
        total += entropies(softmax(near[None]))[0]
    assert neighbours.snd(o) == pytest.approx(total / len(p), rel=1e-6, abs=1e-9)


@shapes
def test_nearest_source_is_one_nearest_neighbour(shape):
    o = made(**shape)
    fit = KNeighborsClassifier(1, algorithm="brute").fit(o.source_z.numpy(), o.source_y.numpy())
    expected = (fit.predict(o.target_z.numpy()) == o.target_logits.argmax(1).numpy()).mean()
    assert neighbours.nearest_source(o) == pytest.approx(expected, abs=1e-12)


def test_ties_go_to_the_first():
    o = made(n=2, m=1, d=1, k=2)
    o = o._replace(
        source_z=torch.tensor([[1.0], [-1.0]]).double(), source_y=torch.tensor([0, 1]),
        target_z=torch.zeros(1, 1).double(), target_logits=torch.zeros(1, 2).double(),
    )  # fmt: skip
    assert neighbours.nearest_source(o) == 1.0
    assert neighbours.nearest_source(o._replace(source_y=torch.tensor([1, 0]))) == 0.0


@shapes
def test_mmd_equals_the_double_loop(shape):
    o = made(**shape)
    x, y = o.source_z.numpy(), o.target_z.numpy()
    both = np.concatenate((x, y))
    distance = ((both[:, None] - both[None]) ** 2).sum(-1)
    width = median_distance(o.source_z, o.target_z).item()
    variances = [factor * width**2 for factor in (0.25, 0.5, 1, 2, 4)]
    gram, n, m = np.mean([np.exp(-distance / 2 / v) for v in variances], 0), len(x), len(y)
    xx = sum(gram[i, j] for i in range(n) for j in range(n) if i != j) / (n * (n - 1))
    yy = sum(gram[n + i, n + j] for i in range(m) for j in range(m) if i != j) / (m * (m - 1))
    xy = sum(gram[i, n + j] for i in range(n) for j in range(m)) / (n * m)
    assert neighbours.mmd(o) == pytest.approx(xx + yy - 2 * xy, rel=1e-6, abs=1e-9)
