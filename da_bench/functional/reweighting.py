"""Density ratios ``p_target(x) / p_source(x)`` on the source: ``(n, d), (m, d) -> (n,)``, mean one."""

import math

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from .kernels import Bandwidth, median_distance, rbf, squared_distance
from .linear import logistic_regression
from .qp import QPSolution, box_qp

CHUNK = 2**22
"""Distances held at once where samples are large: 32 MiB in float64."""


def kmm(
    source: Tensor,
    target: Tensor,
    bandwidth: Bandwidth = "median",
    bound: float = 1000.0,
    eps: float | None = None,
    ridge: float = 0.1,
) -> Tensor:
    r"""Kernel mean matching: the optimum of ``kmm_problem``, divided by its mean.

    Huang et al., "Correcting sample selection bias by unlabeled data", NIPS 2006, equation 12.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: Of the Gaussian kernel, in units of the features; ``"median"`` is the median
            distance of the pooled sample.
        bound: Largest weight before the division, the paper's :math:`B`.
        eps: The mean weight may differ from one by this before the division; ``None`` is the
            paper's :math:`(\sqrt n - 1) / \sqrt n`.
        ridge: Added to the diagonal. Without it the weights are not determined: exact solvers
            agree on the objective and differ in the weights.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, or the constraints leave no interior.
        RuntimeError: The quadratic program did not converge.
    """
    weights = kmm_problem(source, target, bandwidth, bound, eps, ridge).x
    return (weights / weights.mean()).to(source.dtype)


@torch.no_grad()
def kmm_problem(
    source: Tensor,
    target: Tensor,
    bandwidth: Bandwidth = "median",
    bound: float = 1000.0,
    eps: float | None = None,
    ridge: float = 0.1,
) -> QPSolution:
    r"""Kernel mean matching's quadratic program, solved; arguments and errors as for ``kmm``.

    .. math:: \min_w\ \tfrac12 w'(K + \rho I)w - \kappa'w, \quad
        \kappa_i = \tfrac nm \sum_j k(x_i, x'_j), \quad
        0 \le w_i \le B, \quad \Big|\sum_i w_i - n\Big| \le n\epsilon

    Returns:
        The optimum as it is, not divided by its mean, with its multipliers.
    """
    check_fit(source, target)
    check_positive("ridge", ridge, zero=True)
    check_positive("bound", bound)
    n, dtype = len(source), torch.float64
    if eps is None:
        eps = (math.sqrt(n) - 1) / math.sqrt(n) if n > 1 else 0.5
    check_positive("eps", eps)
    source, target = source.to(dtype), target.to(dtype)
    width = median_distance(source, target) if isinstance(bandwidth, str) else bandwidth
    gram = rbf(source, source, width)
    gram.diagonal().add_(ridge)
    rows = max(1, CHUNK // n)
    kappa = sum(rbf(source, part, width).sum(1) for part in target.split(rows))
    assert isinstance(kappa, Tensor)
    return box_qp(gram, kappa * (n / len(target)), bound, n * (1 - eps), n * (1 + eps))


def logistic(source: Tensor, target: Tensor, l2: float = 1e-3) -> Tensor:
    r"""The odds that a sample is of the target, by a logistic regression on the two domains.

    .. math:: w(x) = \frac nm\,\frac{P(\text{target} \mid x)}{P(\text{source} \mid x)}

    divided by its mean (so that the factor :math:`n/m` drops out). Bickel, Brückner and Scheffer,
    JMLR 2009, section 4. Features are first moved and divided by one number, their pooled
    spread: ``l2`` means the same in any unit.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        l2: Penalty of ``logistic_regression``, positive; more of it makes weights more uniform.

    Returns:
        Weights of the source sample, shape ``(n,)``, positive, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite or ``l2`` is not positive.
        RuntimeError: The regression did not converge.
    """
    check_fit(source, target)
    x = standardise(torch.cat((source, target)))
    labels = torch.cat((source.new_zeros(len(source)), source.new_ones(len(target))))
    scores = logistic_regression(x, labels, l2).scores(x[: len(source)])
    return len(source) * torch.softmax(scores, 0)  # odds over their mean, without overflow


def standardise(x: Tensor) -> Tensor:
    """``x`` minus its mean, over one number for all features: the root of their mean variance.

    Directions keep their relative sizes; constant features stay zero. Shape ``(n, d)``.
    """
    x = x - x.mean(0)
    size = x.square().mean().sqrt()
    return x / torch.where(size > 0, size, torch.ones_like(size))


def nearest_neighbour(source: Tensor, target: Tensor, smoothing: float = 0.0) -> Tensor:
    r"""How many target samples have this source sample as their nearest, over the mean count.

    Loog, "Nearest neighbor-based importance weighting", MLSP 2012; the counting itself is of Lima
    et al., MNRAS 2008. Of source samples equally near, the first counts.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        smoothing: Added to each count (Laplace); Loog takes 1, so that no weight is zero.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite or ``smoothing`` is negative.
    """
    check_fit(source, target)
    check_positive("smoothing", smoothing, zero=True)
    wide = source.double()
    rows = max(1, CHUNK // len(source))
    nearest = [squared_distance(part, wide).argmin(1) for part in target.double().split(rows)]
    counts = torch.bincount(torch.cat(nearest), minlength=len(source)) + smoothing
    return (counts / counts.to(wide).mean()).to(source.dtype)


def effective_sample_size(weights: Tensor) -> Tensor:
    r"""Kish's effective sample size :math:`(\sum_i w_i)^2 / \sum_i w_i^2`, from 1 to ``n``.

    Kish, "Survey sampling", 1965, section 8.2. Near 1, a weighted risk rests on one sample.

    Args:
        weights: Shape ``(n,)``, non-negative, not all zero.

    Returns:
        Scalar, in samples.
    """
    return weights.sum().square() / weights.square().sum()
