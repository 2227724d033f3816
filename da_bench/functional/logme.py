"""LogME: how likely the labels are under a Bayesian linear model of the features."""

import math

import torch
from torch import Tensor

from ._check import check_labels, check_matrix
from .record import Score, jackknife

GRID = 201
GOLDEN = (math.sqrt(5) - 1) / 2


@torch.no_grad()
def logme(features: Tensor, y: Tensor, groups: int = 10) -> Score:
    r"""Log maximum evidence of the labels given the features, a sample; unbounded.

    .. math:: \frac1{nK} \sum_k \max_{\alpha, \beta} \log \int
        N(y_k; F w, \beta^{-1} I)\, N(w; 0, \alpha^{-1} I)\, dw

    with :math:`y_k` the indicator of class k, or one output of a regression. You, Liu, Wang and
    Long, "LogME", ICML 2021, equations 1 to 3 and algorithm 1. Given :math:`t = \alpha / \beta`
    the best :math:`\beta` has a closed form, :math:`n / q(t)`, so the maximum is over one number:

    .. math:: -\tfrac n2 \log \tfrac{2 \pi e\, q(t)}{n} + \tfrac12 \sum_i \log\tfrac{t}{t + s_i^2},
        \quad q(t) = \|y\|^2 - \sum_i \tfrac{s_i^2}{t + s_i^2} (u_i' y)^2

    with :math:`s_i, u_i` of the features' singular value decomposition. It is found on a grid and
    refined, where the authors' fixed point may stop early or at a lower maximum.

    Args:
        features: Shape ``(n, d)``.
        y: Classes ``(n,)``, whole numbers; or outputs of a regression ``(n, k)``, floating.
        groups: Of the interval, see ``jackknife``; 0 for none.

    Returns:
        The score, in nats a sample and output.

    Raises:
        ValueError: Shapes do not fit, values are not finite, labels are hidden, or the evidence has
            no maximum, as fewer dimensions than samples fit an output without error.
    """
    f = check_matrix("features", features)
    outputs = None if y.ndim == 1 else check_matrix("y", y)
    if outputs is not None and len(outputs) != len(f):
        raise ValueError(f"{len(f)} features but {len(outputs)} rows of y")
    classes = check_labels(y, len(f)) if outputs is None else y

    def statistic(kept: Tensor) -> float:
        u, s, _ = torch.linalg.svd(f[kept], full_matrices=False)
        rank = int((s > s[0] * max(f.shape) * torch.finfo(f.dtype).eps).sum())
        u, squares = u[:, :rank], s[:rank].square()
        if outputs is not None:
            found, size = u.T @ outputs[kept], outputs[kept].square().sum(0)
        else:  # a class's indicator sums the rows of its samples; 10,000 of them need no (n, k)
            label = classes[kept].unique(return_inverse=True)[1]
            size = torch.bincount(label).double()
            found = u.new_zeros(len(size), rank).index_add_(0, label, u).T
        return float(_evidence(found.square(), size, squares, len(kept)).mean()) / len(kept)

    settings = {"groups": groups, "kind": "classes" if outputs is None else "regression"}
    return Score(*jackknife(statistic, (len(f),), groups), len(f), settings)


def _evidence(found: Tensor, size: Tensor, squares: Tensor, n: int) -> Tensor:
    """The largest evidence of each output.

    Args:
        found: Squares of the outputs along each left singular vector, shape ``(r, k)``.
        size: Squared norms of the outputs, shape ``(k,)``.
        squares: Squared singular values, shape ``(r,)``.
        n: Samples.
    """
    outside = (size - found.sum(0)).clamp_min(0)
    fits = outside <= 1e-12 * size
    if bool(fits.any()) and len(squares) < n:
        raise ValueError(
            f"LogME is undefined: {len(squares)} dimensions fit {int(fits.sum())} of {len(size)} "
            f"outputs of {n} samples without error, and the evidence has no maximum; give more "
            "samples, or noisier ones"
        )

    def at(log_t: Tensor) -> Tensor:
        """Evidence at ``log_t``, ``(g, 1)`` the same for all outputs or ``(k,)`` one for each."""
        together = log_t.ndim == 2
        t = log_t.exp()
        if together:
            kept = t / (t + squares)
            q, prior = kept @ found + outside, kept.log().sum(1, keepdim=True)
        else:
            kept = t / (t + squares[:, None])
            q, prior = (kept * found).sum(0) + outside, kept.log().sum(0)
        q = q.clamp_min(torch.finfo(q.dtype).tiny)
        return (prior - n * (2 * math.pi * math.e * q / n).log()) / 2

    if not len(squares):  # constant zero features explain nothing
        return at(found.new_zeros(len(size)))
    low, high = float(squares.min().log()) - 30, float(squares.max().log()) + 30
    grid = torch.linspace(low, high, GRID).to(found)[:, None]
    step, best = (high - low) / (GRID - 1), at(grid).argmax(0)
    a, b = grid[best, 0] - step, grid[best, 0] + step
    for _ in range(60):
        left, right = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        lower = at(left) < at(right)
        a, b = torch.where(lower, left, a), torch.where(lower, b, right)
    return at((a + b) / 2)
