"""Discrepancies by optimal transport: ``(n, d), (m, d) -> scalar``, differentiable."""

import math
from typing import Literal

import torch
from torch import Tensor

from ._check import check_pair, check_positive
from ._precision import widened
from .convergence import not_converged, readable
from .kernels import median_distance, squared_distance

CHECK = 10
"""Iterations between looks at the residual, each of which waits for a GPU."""


@widened
def sinkhorn_divergence(
    x: Tensor,
    y: Tensor,
    epsilon: float | Literal["median"] = "median",
    iterations: int = 1000,
    tolerance: float | None = None,
) -> Tensor:
    r"""Debiased entropic transport, at least 0 and 0 only at equality.

    .. math:: S_\epsilon = \mathrm{OT}_\epsilon(x, y) - \tfrac12 \mathrm{OT}_\epsilon(x, x)
              - \tfrac12 \mathrm{OT}_\epsilon(y, y), \quad
              \mathrm{OT}_\epsilon = \min_P \langle P, C \rangle + \epsilon\,
              \mathrm{KL}(P \mid a \otimes b)

    with :math:`C_{ij} = \|x_i - y_j\|^2` and uniform marginals :math:`a, b`. Genevay et al.,
    "Learning generative models with Sinkhorn divergences", AISTATS 2018; with the entropy in the
    value, which makes it convex and positive, Feydy et al., "Interpolating between optimal
    transport and MMD", AISTATS 2019, equation 1 and theorem 1. Towards :math:`\epsilon = 0` it is
    the squared Wasserstein distance, towards infinity the squared distance of the means.

    Averaged iterations in the log domain find the potentials (Feydy et al., section 3); the value
    is the dual objective at them and its gradient the transport plan, nothing being unrolled.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        epsilon: :math:`\epsilon`, in squared units of the features; ``"median"`` is a tenth of the
            squared ``median_distance(x, y)``, without gradient.
        iterations: Most steps of each of the three problems; small epsilon beside the cost takes
            many. Under ``vmap``, where no value can be read, all are taken and none is warned of.
        tolerance: Share of the mass that a plan may still misplace when the iterations end; None
            is 1e-3, in float64 1e-8. The value's relative error is about its square.

    Returns:
        Scalar, in squared units of the features.

    Raises:
        ValueError: Widths differ, or epsilon, iterations or tolerance is not positive.

    Warns:
        NotConverged: A plan misplaces more than ``tolerance`` at the last iteration.
    """
    check_pair(x, y)
    check_positive("iterations", iterations)
    if tolerance is None:
        tolerance = 1e-8 if x.dtype == torch.double else 1e-3
    check_positive("tolerance", tolerance)
    if epsilon == "median":
        scale: float | Tensor = 0.1 * median_distance(x, y) ** 2
    else:
        check_positive("epsilon", epsilon)  # type: ignore[arg-type]
        scale = epsilon  # type: ignore[assignment]
    cost_xy, cost_xx, cost_yy = (squared_distance(a, b) for a, b in ((x, y), (x, x), (y, y)))
    (between_cost, between_residual), *within_costs = (
        _entropic(cost, scale, iterations, tolerance) for cost in (cost_xy, cost_xx, cost_yy)
    )
    misplaced = max(between_residual, *(residual for _, residual in within_costs))
    if misplaced > tolerance:
        not_converged(
            "sinkhorn_divergence", misplaced, "share of the mass out of place", tolerance,
            f"raise iterations, now {iterations}, or epsilon, now {float(scale):.3g}"
        )  # fmt: skip
    return between_cost - 0.5 * (within_costs[0][0] + within_costs[1][0])


def _entropic(
    cost: Tensor, epsilon: float | Tensor, iterations: int, tolerance: float
) -> tuple[Tensor, float]:
    r""":math:`\mathrm{OT}_\epsilon` of a cost ``(n, m)`` by its dual, symmetric in both sides.

    With it, the share of the mass that the plan misplaces; 0 where it can't be read.
    """
    constant_cost = cost.detach()
    f, g = constant_cost.new_zeros(len(cost)), constant_cost.new_zeros(cost.shape[1])
    misplaced: float | None = 0.0
    for i in range(iterations + 1):
        better_f, better_g = (
            _soft_minimum(constant_cost, g, epsilon),
            _soft_minimum(constant_cost.T, f, epsilon),
        )
        if misplaced is not None and (i % CHECK == 0 or i == iterations):
            misplaced = readable(
                torch.maximum(
                    ((f - better_f) / epsilon).expm1().abs().mean(),
                    ((g - better_g) / epsilon).expm1().abs().mean(),
                )
            )
            if misplaced is not None and not misplaced > tolerance:  # NaN won't mend
                break
        if i < iterations:
            f, g = 0.5 * (f + better_f), 0.5 * (g + better_g)
    # One exact step on either side: its slope in the cost is a plan with that side's marginal.
    left_potential, right_potential = (
        _soft_minimum(cost, g, epsilon),
        _soft_minimum(cost.T, f, epsilon),
    )
    return 0.5 * (
        left_potential.mean() + g.mean() + right_potential.mean() + f.mean()
    ), misplaced or 0.0


def _soft_minimum(cost: Tensor, potential: Tensor, epsilon: float | Tensor) -> Tensor:
    """The potential ``(n,)`` that is best against the other side's ``(m,)``."""
    exponent = (potential - cost) / epsilon
    return -epsilon * (exponent.logsumexp(1) - math.log(cost.shape[1]))


@widened
def sliced_wasserstein(
    x: Tensor, y: Tensor, projections: int = 128, directions: Tensor | None = None
) -> Tensor:
    r"""Squared sliced 2-Wasserstein distance, at least 0.

    .. math:: \frac1L \sum_{l=1}^L W_2^2(\langle x, \theta_l \rangle, \langle y, \theta_l \rangle),
              \quad \theta_l \text{ uniform on the sphere}

    On a line transport is sorting: :math:`W_2^2` integrates the squared difference of the two
    quantile functions, exactly, for unequal sizes too. Bonneel et al., "Sliced and Radon
    Wasserstein barycenters of measures", Journal of Mathematical Imaging and Vision 2015; also
    Peyré and Cuturi, "Computational optimal transport", 2019, remark 2.30 (the line) and section
    10.4.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        projections: :math:`L`, directions drawn anew at each call by torch's global generator.
        directions: Directions to take instead, shape ``(d, L)``, of any length above 0.

    Returns:
        Scalar, in squared units of the features; :math:`1/d` of the squared distance of the means
        for two samples that differ by a translation, on average over directions.

    Raises:
        ValueError: Widths differ, or ``projections`` is below 1.
    """
    check_pair(x, y)
    check_positive("projections", projections)
    if directions is None:
        directions = torch.randn(x.shape[1], projections, dtype=x.dtype, device=x.device)
    directions = directions / directions.norm(dim=0)
    sorted_x, sorted_y = ((z @ directions).sort(0).values for z in (x, y))
    rows_x, rows_y, width = _quantiles(len(x), len(y), x.device)
    squares = (sorted_x[rows_x] - sorted_y[rows_y]).square().mean(1)
    return (squares * (width.to(squares) / (len(x) * len(y)))).sum()


def _quantiles(n: int, m: int, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """Where both quantile functions are constant: the ranks there, and the width of each piece.

    Levels are counted in units of ``1 / (n m)``: whole numbers, so that no piece is lost.
    """
    steps = (torch.arange(n, device=device) * m, torch.arange(m, device=device) * n)
    level = torch.cat((*steps, torch.tensor([n * m], device=device))).unique()
    return level[:-1] // m, level[:-1] // n, level.diff()
