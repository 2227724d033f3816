"""Shapes of outputs, and what several validators are made of, by numpy and scikit-learn."""

import math

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from da_bench.selection import importance

SHAPES = [
    {},
    {"n": 2, "h": 2, "m": 2},
    {"k": 2},
    {"n": 200, "m": 11, "d": 1},
    {"d": 60},  # wider than its samples are many
    {"scale": 30.0},  # sure of nearly everything
]
shapes = pytest.mark.parametrize("shape", SHAPES)


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def entropies(p):
    return -np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0).sum(1)


def reference_weights(o):
    """The same penalised fit by scikit-learn, on features brought to unit spread by hand."""
    s, t, h = (x.numpy() for x in (o.source_z, o.target_z, o.held_z))
    centre = (s.mean(0) + t.mean(0)) / 2
    size = math.sqrt((((s - centre) ** 2).mean() + ((t - centre) ** 2).mean()) / 2)
    x = (np.concatenate((s, t)) - centre) / size
    share = np.concatenate((np.full(len(s), 0.5 / len(s)), np.full(len(t), 0.5 / len(t))))
    # L-BFGS stops 1e-5 short where samples are fewer than features; Newton's method does not.
    fit = LogisticRegression(C=1 / (2 * importance.L2), tol=1e-12, solver="newton-cholesky")
    fit.fit(x, np.arange(len(x)) >= len(s), share)
    return np.exp(fit.decision_function((h - centre) / size))


def reference_losses(o):
    p = softmax(o.held_logits.numpy())
    return -np.log(p[np.arange(len(p)), o.held_y.numpy()])
