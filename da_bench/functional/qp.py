"""A convex quadratic program over a box and a bounded sum, solved to its optimum."""

from typing import NamedTuple

import torch
from torch import Tensor


class QPSolution(NamedTuple):
    """An optimum of ``box_qp`` with the multipliers that prove it.

    At the optimum ``quadratic @ x - linear == at_zero - at_upper + sum_low - sum_high``, every
    multiplier is non-negative, and each is zero unless its constraint binds.

    Attributes:
        x: Shape ``(n,)``, strictly inside the constraints.
        at_zero: Multipliers of ``x >= 0``, shape ``(n,)``.
        at_upper: Multipliers of ``x <= upper``, shape ``(n,)``.
        sum_low: Multiplier of ``sum(x) >= low``, a scalar.
        sum_high: Multiplier of ``sum(x) <= high``, a scalar.
        objective: ``x' quadratic x / 2 - linear' x``.
        gap: The objective is at most this above its minimum.
        iterations: Interior-point steps, one Cholesky factorisation each.
    """

    x: Tensor
    at_zero: Tensor
    at_upper: Tensor
    sum_low: Tensor
    sum_high: Tensor
    objective: float
    gap: float
    iterations: int


@torch.no_grad()
def box_qp(
    quadratic: Tensor,
    linear: Tensor,
    upper: float,
    low: float,
    high: float,
    tolerance: float = 1e-9,
    max_iter: int = 100,
) -> QPSolution:
    r"""Solves :math:`\min_x \tfrac12 x'Px - q'x` over :math:`0 \le x \le u`, :math:`l \le 1'x \le h`.

    A primal-dual interior-point method with Mehrotra's predictor and corrector (SIAM J.
    Optimization 1992), in float64. It starts strictly inside the constraints and stays there.

    Args:
        quadratic: :math:`P`, symmetric, positive semi-definite, shape ``(n, n)``.
        linear: :math:`q`, shape ``(n,)``.
        upper: :math:`u`, largest value of each entry, positive.
        low: :math:`l`, smallest sum allowed.
        high: :math:`h`, largest sum allowed, above ``low``.
        tolerance: Of the duality gap, and of the dual residual, relative to the objective and
            to the gradient.
        max_iter: Steps; 10 to 20 are usual.

    Returns:
        The optimum and its multipliers, in float64.

    Raises:
        ValueError: The constraints leave no interior.
        RuntimeError: Not converged, or ``quadratic`` is not positive semi-definite.
    """
    n = len(linear)
    first, last = max(0.0, low / n), min(upper, high / n)
    if not first < last:
        raise ValueError(
            f"no interior: {n} entries in [0, {upper}] cannot have a sum strictly between {low} "
            f"and {high}; widen the bound or the slack of the sum"
        )
    p, q = quadratic.double(), linear.double()
    # One row a constraint a'x >= c: n for x >= 0, n for x <= upper, two for the sum.
    x = q.new_full((n,), 0.5 * (first + last))
    sizes = (n, n, 1, 1)

    def slacks(x: Tensor) -> Tensor:
        total = x.sum().reshape(1)
        return torch.cat((x, upper - x, total - low, high - total))

    def pull(dual: Tensor) -> Tensor:
        zero, top, below, above = dual.split(sizes)
        return zero - top + below - above

    def push(step: Tensor) -> Tensor:
        total = step.sum().reshape(1)
        return torch.cat((step, -step, total, -total))

    gradient = p @ x - q
    scale = max(1.0, float(q.abs().max()))
    dual = (scale * x.mean() / slacks(x)).clamp_max(scale)
    for iteration in range(max_iter):
        slack = slacks(x)
        residual = gradient - pull(dual)
        objective, gap = float(0.5 * x @ (gradient - q)), float(slack @ dual)
        infeasible = float(residual.abs().max())
        if gap <= tolerance * max(1.0, abs(objective)) and infeasible <= tolerance * scale:
            return QPSolution(x, *_named(dual, sizes), objective, gap, iteration)
        curvature = (dual / slack).split(sizes)
        factor, bad = torch.linalg.cholesky_ex(p + torch.diag(curvature[0] + curvature[1]))
        if bad:
            break
        # The sum adds a rank-one term; its inverse follows from this one solve.
        ones = torch.cholesky_solve(torch.ones_like(x)[:, None], factor)[:, 0]
        rank_one = 1 / (1 / (curvature[2] + curvature[3]) + ones.sum())

        def newton(centring: Tensor) -> tuple[Tensor, Tensor]:
            """Step of ``x`` and the multipliers towards ``slack * dual == centring``."""
            right = pull(centring / slack) - gradient
            step = torch.cholesky_solve(right[:, None], factor)[:, 0]
            step = step - rank_one * step.sum() * ones
            return step, (centring - dual * push(step)) / slack - dual

        def longest(step: Tensor, dual_step: Tensor) -> float:
            ratio = torch.cat((push(step) / slack, dual_step / dual)).min()
            return float(1 / torch.clamp_min(-ratio, 1e-12))

        mu = gap / len(slack)
        step, dual_step = newton(torch.zeros_like(slack))
        length = min(1.0, longest(step, dual_step))
        affine = float((slack + length * push(step)) @ (dual + length * dual_step)) / len(slack)
        centring = mu * (affine / mu) ** 3 - push(step) * dual_step
        step, dual_step = newton(centring)
        length = min(1.0, 0.995 * longest(step, dual_step))
        x, dual = x + length * step, dual + length * dual_step
        gradient = p @ x - q
    raise RuntimeError(
        f"the quadratic program did not converge: after {iteration + 1} steps the relative gap is "
        f"{gap / max(1.0, abs(objective)):.1e}, wanted {tolerance:.0e}; add a ridge to the "
        "quadratic term, or raise max_iter"
    )


def _named(dual: Tensor, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    zero, top, below, above = dual.split(sizes)
    return zero, top, below[0], above[0]
