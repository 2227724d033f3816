"""Closed-form alignment: ``(n, d), (m, d) -> (n, k), (k, d), (k,)``, by statistics alone.

The first result is the source sample, moved; the other two are the affine map
``x @ weight.T + bias`` that brings any target sample beside it.
"""

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened

Aligned = tuple[Tensor, Tensor, Tensor]


@widened
@torch.no_grad()
def coral_map(source: Tensor, target: Tensor, ridge: float = 1.0) -> Aligned:
    r"""CORAL: whitens the source and re-colours it with the target's covariance.

    .. math:: x \mapsto x\,(C_s + \rho I)^{-1/2}\,(C_t + \rho I)^{1/2}

    The target stays as it is. Means are not moved: the paper standardises both domains first. Sun,
    Feng and Saenko, "Return of frustratingly easy domain adaptation", AAAI 2016, algorithm 1.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        ridge: :math:`\rho`, in squared units of the features; 1 in the paper. At 0 the moved
            source has the target's covariance exactly.

    Returns:
        The moved source ``(n, d)``, the identity ``(d, d)`` and zeros ``(d,)``.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than two samples, ``ridge`` is
            negative, or zero where the source's covariance is singular.
    """
    check_fit(source, target, least=2)
    check_positive("ridge", ridge, zero=True)
    x = source.double()
    variances, axes = _principal(x)
    rank_deficient = len(variances) < x.shape[1] or variances[-1] <= 1e-12 * variances[0]
    if ridge == 0 and bool(rank_deficient):
        raise ValueError(
            f"ridge 0 but the source's covariance is singular ({len(source)} samples, "
            f"{source.shape[1]} features): pass a positive ridge, e.g. 1.0 on standardised features"
        )
    x = _spectral(x, variances, axes, ridge, -0.5)
    x = _spectral(x, *_principal(target.double()), ridge, 0.5)
    eye = torch.eye(source.shape[1]).to(source)
    return x.to(source.dtype), eye, eye.new_zeros(len(eye))


@widened
@torch.no_grad()
def subspace_alignment(source: Tensor, target: Tensor, dim: int = 10) -> Aligned:
    r"""Subspace alignment: turns the source's principal axes onto the target's.

    .. math:: x \mapsto (x - \bar x_s) P_s P_s' P_t, \qquad x' \mapsto (x' - \bar x_t) P_t

    with the first ``dim`` principal axes of each domain as columns. Fernando et al., "Unsupervised
    visual domain adaptation using subspace alignment", ICCV 2013, equations 2 to 4. An axis points
    to where its largest entry is positive, so that results do not depend on the machine.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        dim: Principal axes kept, ``k``.

    Returns:
        The moved source ``(n, k)``, the target's axes ``(k, d)`` and the bias ``(k,)``.

    Raises:
        ValueError: Widths differ, values are not finite, or ``dim`` is not in 1 to
            ``min(n - 1, m - 1, d)``.
    """
    check_fit(source, target, least=2)
    max_dimension = min(len(source) - 1, len(target) - 1, source.shape[1])
    if not 1 <= dim <= max_dimension:
        raise ValueError(
            f"dim must be from 1 to {max_dimension} for {len(source)} and {len(target)} samples of "
            f"{source.shape[1]} features, got {dim}"
        )
    (_, source_axes), (_, target_axes) = _principal(source.double()), _principal(target.double())
    source_axes, weight = source_axes[:dim], target_axes[:dim]
    aligned_source = (
        (source.double() - source.double().mean(0)) @ source_axes.T @ (source_axes @ weight.T)
    )
    bias = -weight @ target.double().mean(0)
    return aligned_source.to(source.dtype), weight.to(source.dtype), bias.to(source.dtype)


def _principal(x: Tensor) -> tuple[Tensor, Tensor]:
    """Variances ``(r,)``, falling, and axes ``(r, d)`` of a sample, ``r = min(n, d)``.

    From the smaller of covariance and Gram matrix: 2000 texts of 5000 words take a second.
    """
    x = x - x.mean(0)
    n, d = x.shape
    if d <= n:
        variances, axes = torch.linalg.eigh(x.T @ x / (n - 1))
        axes = axes.T
    else:
        variances, axes = torch.linalg.eigh(x @ x.T / (n - 1))
        axes = torch.nn.functional.normalize(axes.T @ x, dim=1)
    variances, axes = variances.flip(0).clamp_min(0), axes.flip(0)
    largest_entries = axes.gather(1, axes.abs().argmax(1, keepdim=True))
    return variances, axes * torch.where(largest_entries < 0, -1, 1)


def _spectral(x: Tensor, variances: Tensor, axes: Tensor, ridge: float, exponent: float) -> Tensor:
    """``x @ (C + ridge I) ** exponent`` for the covariance ``C`` with these variances and axes."""
    # Outside the axes the power is that of the ridge alone, so no (d, d) matrix is formed.
    nonzero = variances > 1e-12 * variances[0]
    axes, variances = axes[nonzero], variances[nonzero]
    outside = ridge**exponent if ridge > 0 else 0.0
    return x * outside + (x @ axes.T * ((variances + ridge) ** exponent - outside)) @ axes
