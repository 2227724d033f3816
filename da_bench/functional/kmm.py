"""Kernel mean matching: density-ratio weights as the optimum of a quadratic program."""

import math

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from .kernels import Bandwidth, median_distance, rbf
from .qp import QPSolution, box_qp

CHUNK = 2**22
"""Kernel values between the samples that are held at once: 32 MiB in float64."""


def kmm(
    source: Tensor,
    target: Tensor,
    bandwidth: Bandwidth | None = None,
    bound: float = 1000.0,
    eps: float | None = None,
    ridge: float = 0.1,
) -> Tensor:
    r"""Kernel mean matching: the optimum of ``kmm_problem``, divided by its mean.

    Huang et al., "Correcting sample selection bias by unlabeled data", NIPS 2006, equation 12.

    With many features (text) distances hardly differ: look at ``effective_sample_size`` first.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: Of the Gaussian kernel, in units of the features, above 0; None and
            ``"median"`` are the median distance of the pooled sample.
        bound: Largest weight before the division, the paper's :math:`B`.
        eps: The mean weight may differ from one by this before the division; None is the
            paper's :math:`(\sqrt n - 1) / \sqrt n`.
        ridge: Added to the diagonal. Without it the weights are not determined: exact solvers
            agree on the objective and differ in the weights.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one, in its dtype.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples on a side, a
            number is out of range, or the constraints leave no interior.
        RuntimeError: The quadratic program did not converge.
    """
    weights = kmm_problem(source, target, bandwidth, bound, eps, ridge).x
    return (weights / weights.mean()).to(source.dtype)


@torch.no_grad()
def kmm_problem(
    source: Tensor,
    target: Tensor,
    bandwidth: Bandwidth | None = None,
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
    check_fit(source, target, least=2)
    check_positive("ridge", ridge, zero=True)
    check_positive("bound", bound)
    n, dtype = len(source), torch.float64
    eps = (math.sqrt(n) - 1) / math.sqrt(n) if eps is None else eps
    check_positive("eps", eps)
    source, target = source.to(dtype), target.to(dtype)
    if bandwidth is None or isinstance(bandwidth, str):
        bandwidth = median_distance(source, target)
    check_positive("bandwidth", float(bandwidth))
    gram = rbf(source, source, bandwidth)
    gram.diagonal().add_(ridge)
    kappa = torch.zeros_like(gram[0])
    for part in target.split(max(1, CHUNK // n)):
        kappa += rbf(source, part, bandwidth).sum(1)
    return box_qp(gram, kappa * (n / len(target)), bound, n * (1 - eps), n * (1 + eps))
