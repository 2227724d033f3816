"""A convex quadratic program over a box and a bounded sum, solved to its optimum."""

from typing import NamedTuple

import torch
from torch import Tensor


class QPSolution(NamedTuple):
    """An optimum of ``box_qp`` with the multipliers that prove it.

    At the optimum ``quadratic @ x - linear == at_zero - at_upper + sum_low - sum_high``, every
    multiplier is non-negative, and each is zero unless its constraint binds: the sum of all
    multipliers times their slacks is ``gap``.

    Attributes:
        x: Shape ``(n,)``, strictly inside the constraints.
        at_zero: Multipliers of ``x >= 0``, shape ``(n,)``.
        at_upper: Multipliers of ``x <= upper``, shape ``(n,)``.
        sum_low: Multiplier of ``sum(x) >= low_sum``, a scalar.
        sum_high: Multiplier of ``sum(x) <= high_sum``, a scalar.
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
    low_sum: float,
    high_sum: float,
    tolerance: float = 1e-9,
    max_iter: int = 100,
) -> QPSolution:
    r"""Minimises :math:`\tfrac12 x'Px - q'x` over :math:`0 \le x \le u,\ l \le \sum_i x_i \le h`.

    A primal-dual interior-point method with Mehrotra's predictor and corrector (SIAM J.
    Optimization 1992), in float64. It starts strictly inside the constraints and stays there.

    Args:
        quadratic: :math:`P`, symmetric, positive semi-definite, shape ``(n, n)``.
        linear: :math:`q`, shape ``(n,)``.
        upper: :math:`u`, largest value of each entry, positive.
        low_sum: :math:`l`, smallest sum allowed.
        high_sum: :math:`h`, largest sum allowed, above ``low_sum``.
        tolerance: Largest duality gap and dual residual, relative to the objective and to
            ``linear``; both absolute where these are below one.
        max_iter: Steps; 10 to 20 are usual.

    Returns:
        The optimum and its multipliers, in float64.

    Raises:
        ValueError: Shapes differ, values are not finite, or the constraints leave no interior.
        RuntimeError: Not converged, or ``quadratic`` is not positive semi-definite.
    """
    p, q, n = quadratic.double(), linear.double(), len(linear)
    if p.shape != (n, n) or not (torch.isfinite(p).all() and torch.isfinite(q).all()):
        raise ValueError(
            f"expected finite quadratic (n, n) and linear (n,), got {tuple(p.shape)} and "
            f"{tuple(q.shape)}; look for NaN in the features they were computed from"
        )
    first, last = max(0.0, low_sum / n), min(upper, high_sum / n)
    if not first < last:
        raise ValueError(
            f"no interior: {n} entries in [0, {upper}] cannot have a sum strictly between "
            f"{low_sum} and {high_sum}; widen the bound or the slack of the sum"
        )
    x = q.new_full((n,), 0.5 * (first + last))
    # One slack a constraint: n for x >= 0, n for x <= upper, two for the sum. They are moved along
    # and not recomputed: near a constraint a difference of large numbers has no digits left.
    total = float(x[0]) * n
    slack = torch.cat((x, upper - x, q.new_tensor([total - low_sum, high_sum - total])))
    scale = max(1.0, float(q.abs().max()))
    dual = (scale * x.mean() / slack).clamp_max(scale)
    gap = infeasible = float("inf")
    for iteration in range(max_iter):
        gradient = p @ x - q
        objective, gap = float(0.5 * x @ (gradient - q)), float(slack @ dual)
        size = max(1.0, abs(objective))
        infeasible = float((gradient - _pull(dual)).abs().max())
        if gap <= tolerance * size and infeasible <= tolerance * scale:
            multipliers = dual[:n], dual[n : 2 * n], dual[-2], dual[-1]
            return QPSolution(x, *multipliers, objective, gap, iteration)
        step = _predictor_corrector(p, gradient, slack, dual)
        if step is None:
            break
        slack_step, dual_step, length = step
        slack, dual = slack + length * slack_step, dual + length * dual_step
        x = slack[:n]
        gap /= size
    raise RuntimeError(
        f"the quadratic program did not converge: after {iteration + 1} steps the relative gap is "
        f"{gap:.1e}, wanted {tolerance:.0e} (dual residual {infeasible:.1e}); add a ridge to the "
        "quadratic term, or raise max_iter"
    )


def _pull(dual: Tensor) -> Tensor:
    """Each entry's sum over its constraints, of ``(2 n + 2,)`` multipliers."""
    n = len(dual) // 2 - 1
    return dual[:n] - dual[n : 2 * n] + (dual[-2] - dual[-1])


def _predictor_corrector(
    p: Tensor, gradient: Tensor, slack: Tensor, dual: Tensor
) -> tuple[Tensor, Tensor, float] | None:
    """Steps of slacks and of multipliers and their length; None where ``p`` is not convex."""
    n = len(gradient)
    curvature = dual / slack
    system = p.clone()
    system.diagonal().add_(curvature[:n] + curvature[n : 2 * n])
    factor, bad = torch.linalg.cholesky_ex(system)
    if bad:
        return None
    # The sum adds a rank-one term; its inverse follows from this one solve.
    ones = torch.cholesky_solve(torch.ones_like(gradient)[:, None], factor)[:, 0]
    softness = 1 / curvature[2 * n :].sum()
    rank_one = 1 / (softness + ones.sum())

    def newton(centring: Tensor) -> tuple[Tensor, Tensor]:
        """Towards ``slack * dual == centring``."""
        right_side = _pull(centring / slack) - gradient
        step = torch.cholesky_solve(right_side[:, None], factor)[:, 0]
        scaled_step = rank_one * step.sum()
        step, total = (
            step - scaled_step * ones,
            scaled_step * softness,
        )  # the sum of step, uncancelled
        slack_step = torch.cat((step, -step, torch.stack((total, -total))))
        return slack_step, (centring - dual * slack_step) / slack - dual

    def longest(slack_step: Tensor, dual_step: Tensor) -> float:
        ratio = torch.cat((slack_step / slack, dual_step / dual)).min()
        return float(1 / torch.clamp_min(-ratio, 1e-12))

    mu = float(slack @ dual) / len(slack)
    slack_step, dual_step = newton(torch.zeros_like(slack))
    length = min(1.0, longest(slack_step, dual_step))
    affine = float((slack + length * slack_step) @ (dual + length * dual_step)) / len(slack)
    slack_step, dual_step = newton(mu * (affine / mu) ** 3 - slack_step * dual_step)
    return slack_step, dual_step, min(1.0, 0.995 * longest(slack_step, dual_step))
