"""Kernel mean matching: density-ratio weights as the optimum of a quadratic program."""

import math

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .kernels import Bandwidth, median_distance, rbf
from .qp import QPSolution, box_qp

CHUNK = 2**22
"""Kernel values between the samples that are held at once: 32 MiB in float64."""


@widened
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
        bandwidth: Bandwidth of the Gaussian kernel, in units of the features, above 0; None and
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


@widened
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
    check_positive("ridge", ridge, zero=True)
    check_positive("bound", bound)
    gram, kappa = _matched(source, target, bandwidth)
    n = len(kappa)
    eps = _tolerance(n) if eps is None else eps
    check_positive("eps", eps)
    gram.diagonal().add_(ridge)
    return box_qp(gram, kappa, bound, n * (1 - eps), n * (1 + eps))


@widened
@torch.no_grad()
def kmm_frank_wolfe(
    source: Tensor, target: Tensor, bandwidth: Bandwidth | None = None, steps: int = 1000
) -> Tensor:
    r"""Kernel mean matching after some steps of Frank-Wolfe, which is kernel herding.

    The quadratic program of ``kmm_problem`` without ridge and without bound. Each step moves all
    weights towards the one source sample whose kernel mean is lacking most:

    .. math:: w \leftarrow (1 - \tfrac{2}{k + 1}) w + \tfrac{2}{k + 1} s_k e_{i_k}, \quad
        i_k = \arg\min_i (K w - \kappa)_i,

    with :math:`s_k` the largest sum allowed where that gradient is negative, else the smallest.
    It stops long before the optimum, with at most ``steps`` weights above zero: that is another
    regulariser than ``kmm``'s ridge, and what skada's ``KMMReweightAdapter`` computes. The duality
    gap falls as 1 / steps only.

    Jaggi, "Revisiting Frank-Wolfe", ICML 2013, algorithm 1; as herding, Bach et al., ICML 2012.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        bandwidth: As for ``kmm``.
        steps: At least one; skada's default.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one, in its dtype.

    Raises:
        ValueError: As ``kmm``, or no step.
    """
    check_positive("steps", steps)
    gram, kappa = _matched(source, target, bandwidth)
    n = len(kappa)
    lowest, highest = (n * (1 + sign * _tolerance(n)) for sign in (-1, 1))
    # The first step leaves nothing of where it starts but its direction: uniform, as in skada.
    weights = torch.full_like(kappa, _tolerance(n))
    smoothed = gram @ weights
    for step in range(1, steps + 1):
        gradient = smoothed - kappa
        i = int(gradient.argmin())
        rate, vertex = 2 / (step + 1), lowest if gradient[i] >= 0 else highest
        weights *= 1 - rate
        weights[i] += rate * vertex
        smoothed.lerp_(gram[i] * vertex, rate)
    return (weights / weights.mean()).to(source.dtype)


def _matched(source: Tensor, target: Tensor, bandwidth: Bandwidth | None) -> tuple[Tensor, Tensor]:
    """The kernel matrix of the source ``(n, n)`` and its pull to the target ``(n,)``, float64."""
    check_fit(source, target, least=2)
    source, target = source.double(), target.double()
    if bandwidth is None or isinstance(bandwidth, str):
        bandwidth = median_distance(source, target)
    check_positive("bandwidth", float(bandwidth))
    gram = rbf(source, source, bandwidth)
    kappa = torch.zeros_like(gram[0])
    for part in target.split(max(1, CHUNK // len(source))):
        kappa += rbf(source, part, bandwidth).sum(1)
    return gram, kappa * (len(source) / len(target))


def _tolerance(n: int) -> float:
    """Tolerance of the mean weight, as in the paper."""
    return (math.sqrt(n) - 1) / math.sqrt(n)
