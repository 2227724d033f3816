"""Density ratios ``p_target / p_source`` on the source: ``(n, d), (m, d) -> (n,)``, mean one."""

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .kernels import squared_distance
from .kmm import kmm, kmm_frank_wolfe, kmm_problem
from .linear import logistic_regression
from .ratio_kliep import kliep
from .ratio_ulsif import rulsif, ulsif

__all__ = [
    "effective_sample_size",
    "kliep",
    "kmm",
    "kmm_frank_wolfe",
    "kmm_problem",
    "logistic",
    "nearest_neighbour",
    "rulsif",
    "standardise",
    "ulsif",
    "weighted_risk",
]

CHUNK = 2**22
"""Distances held at once where samples are large: 32 MiB in float64."""


@widened
@torch.no_grad()
def logistic(source: Tensor, target: Tensor, l2: float = 1e-3) -> Tensor:
    r"""The odds that a sample is of the target, by a logistic regression on the two domains.

    .. math:: w(x) = \frac nm\,\frac{P(\text{target} \mid x)}{P(\text{source} \mid x)}

    divided by its mean. Bickel, Brückner and Scheffer, JMLR 2009, section 4. Each domain weighs
    half in the fit, which is :math:`n/m` times the odds from the start: with the plain fit the
    penalty would act on the imbalance too, and copies of the target would change the weights.
    Features are first moved and divided by one number, their pooled spread: ``l2`` means the same
    in any unit.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        l2: Penalty of ``logistic_regression``, positive; more of it makes weights more uniform.

    Returns:
        Weights of the source sample, shape ``(n,)``, non-negative, with mean one.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples on a side or
            ``l2`` is not positive.
        RuntimeError: The regression did not converge.
    """
    check_fit(source, target, least=2)
    n, m = len(source), len(target)
    x = standardise(source, target)
    labels = torch.cat((x.new_zeros(n), x.new_ones(m)))
    halves = torch.cat((x.new_full((n,), 0.5 / n), x.new_full((m,), 0.5 / m)))
    scores = logistic_regression(x, labels, l2, halves).scores(x[:n]).double()
    return (n * torch.softmax(scores, 0)).to(source.dtype)  # odds over their mean, no overflow


def standardise(source: Tensor, target: Tensor) -> Tensor:
    """The pooled sample, centred and divided by one number, the root of its mean variance.

    Each domain counts half, whatever their sizes. Directions keep their relative sizes; constant
    features stay zero. Shape ``(n + m, d)``, in float32 at least.
    """
    dtype = torch.promote_types(source.dtype, torch.float32)
    source, target = source.to(dtype), target.to(dtype)
    centre = (source.mean(0) + target.mean(0)) / 2
    source, target = source - centre, target - centre
    size = ((source.square().mean() + target.square().mean()) / 2).sqrt()
    return torch.cat((source, target)) / torch.where(size > 0, size, torch.ones_like(size))


@widened
@torch.no_grad()
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
    check_fit(source, target, least=2)
    check_positive("smoothing", smoothing, zero=True)
    double_source = source.double()
    rows = max(1, CHUNK // len(source))
    nearest_indices = [
        squared_distance(part, double_source).argmin(1) for part in target.double().split(rows)
    ]
    counts = torch.bincount(torch.cat(nearest_indices), minlength=len(source)) + smoothing
    return (counts / counts.to(double_source).mean()).to(source.dtype)


@widened
def effective_sample_size(weights: Tensor) -> Tensor:
    r"""Kish's effective sample size :math:`(\sum_i w_i)^2 / \sum_i w_i^2`, from 1 to ``n``.

    Kish, "Survey sampling", 1965, section 8.2. Near 1, a weighted risk rests on one sample.

    Args:
        weights: Shape ``(n,)``, non-negative, not all zero.

    Returns:
        Scalar, in samples.

    Raises:
        ValueError: Weights are negative, not finite or all zero.
    """
    largest_weight = weights.max() if weights.numel() else weights.new_zeros(())
    if not (torch.isfinite(largest_weight) and largest_weight > 0 and (weights >= 0).all()):
        raise ValueError("weights must be finite, not negative and not all zero")
    scaled_weights = (
        weights / largest_weight
    )  # squares of weights near 1e30 would overflow in float32
    return scaled_weights.sum().square() / scaled_weights.square().sum()


@widened
def weighted_risk(
    losses: Tensor, weights: Tensor, clip: float | None = None, normalised: bool = False
) -> Tensor:
    r"""Importance-weighted risk :math:`\frac1n \sum_i w_i \ell_i`, its variance held down if asked.

    With ``clip``, :math:`\min(w_i, c)` stands for :math:`w_i`: a little bias for much variance
    (Ionides, "Truncated importance sampling", Journal of Computational and Graphical Statistics
    2008). With ``normalised``, the sum is divided by :math:`\sum_i w_i` and not by ``n``: then the
    risk is a mean of the losses, however the weights of a batch fall (Swaminathan and Joachims,
    "The self-normalized estimator", NIPS 2015).

    Args:
        losses: Shape ``(n,)``.
        weights: Shape ``(n,)``, non-negative.
        clip: :math:`c`, positive; None leaves the weights as they are.
        normalised: Divide by the (clipped) weights' sum; where all are zero, the risk is zero.

    Returns:
        Scalar, in units of the losses.

    Raises:
        ValueError: ``clip`` is not positive, or the shapes differ.
    """
    if losses.shape != weights.shape:
        raise ValueError(
            f"losses {tuple(losses.shape)} and weights {tuple(weights.shape)}: expected one shape"
        )
    if clip is not None:
        check_positive("clip", clip)
        weights = weights.clamp_max(clip)
    total = (weights * losses).sum()
    if not normalised:
        return total / max(len(losses), 1)
    return total / weights.sum().clamp_min(torch.finfo(weights.dtype).tiny)
