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
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

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

    def statistic(index: Tensor) -> float:
        u, s, _ = torch.linalg.svd(f[index], full_matrices=False)
        rank = int((s > s[0] * max(f.shape) * torch.finfo(f.dtype).eps).sum())
        u, squares = u[:, :rank], s[:rank].square()
        if outputs is not None:
            projections, size = u.T @ outputs[index], outputs[index].square().sum(0)
        else:  # a class's indicator sums the rows of its samples; 10,000 of them need no (n, k)
            label = classes[index].unique(return_inverse=True)[1]
            size = torch.bincount(label).double()
            projections = u.new_zeros(len(size), rank).index_add_(0, label, u).T
        return float(_evidence(projections.square(), size, squares, len(index)).mean()) / len(index)

    settings = {"groups": groups, "kind": "classes" if outputs is None else "regression"}
    return Score(*jackknife(statistic, (len(f),), groups), len(f), settings)


def _evidence(squared_projections: Tensor, size: Tensor, squares: Tensor, n: int) -> Tensor:
    """The largest evidence of each output.

    Args:
        squared_projections: Squares of the outputs along each left singular vector, shape
            ``(r, k)``.
        size: Squared norms of the outputs, shape ``(k,)``.
        squares: Squared singular values, shape ``(r,)``.
        n: Samples.
    """
    outside = (size - squared_projections.sum(0)).clamp_min(0)
    fits = outside <= 1e-12 * size
    if bool(fits.any()) and len(squares) < n:
        raise ValueError(
            f"LogME is undefined: {len(squares)} dimensions fit {int(fits.sum())} of {len(size)} "
            f"outputs of {n} samples without error, and the evidence has no maximum; give more "
            "samples, or noisier ones"
        )

    def at(log_t: Tensor) -> Tensor:
        """Evidence at ``log_t``, ``(g, 1)`` the same for all outputs or ``(k,)`` one for each."""
        is_batched = log_t.ndim == 2
        t = log_t.exp()
        if is_batched:
            shrinkage = t / (t + squares)
            q = shrinkage @ squared_projections + outside
            prior = shrinkage.log().sum(1, keepdim=True)
        else:
            shrinkage = t / (t + squares[:, None])
            q, prior = (shrinkage * squared_projections).sum(0) + outside, shrinkage.log().sum(0)
        q = q.clamp_min(torch.finfo(q.dtype).tiny)
        return (prior - n * (2 * math.pi * math.e * q / n).log()) / 2

    if not len(squares):  # constant zero features explain nothing
        return at(squared_projections.new_zeros(len(size)))
    low, high = float(squares.min().log()) - 30, float(squares.max().log()) + 30
    grid = torch.linspace(low, high, GRID).to(squared_projections)[:, None]
    step, best = (high - low) / (GRID - 1), at(grid).argmax(0)
    a, b = grid[best, 0] - step, grid[best, 0] + step
    for _ in range(60):
        left_point, right_point = b - GOLDEN * (b - a), a + GOLDEN * (b - a)
        lower = at(left_point) < at(right_point)
        a, b = torch.where(lower, left_point, a), torch.where(lower, b, right_point)
    return at((a + b) / 2)
