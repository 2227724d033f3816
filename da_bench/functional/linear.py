"""The one linear model this layer fits: L2-penalised logistic regression, to its optimum."""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ._check import check_positive

DOUBLE_BELOW = 2**23
"""Up to this many values the fit runs in float64: the copy stays below 64 MiB."""


class LinearModel(NamedTuple):
    """A fitted linear model: ``weight`` of shape ``(d,)`` and ``bias``, a scalar."""

    weight: Tensor
    bias: Tensor

    def scores(self, x: Tensor) -> Tensor:
        """Decision function ``x @ weight + bias``, shape ``(n,)``."""
        return x @ self.weight + self.bias


@torch.no_grad()
def logistic_regression(
    x: Tensor,
    labels: Tensor,
    l2: float = 1e-3,
    sample_weights: Tensor | None = None,
    start: LinearModel | None = None,
    max_iter: int = 100,
) -> LinearModel:
    r"""Fits a binary logistic regression.

    .. math:: \min_{w, b}\ \frac{\sum_i s_i \log(1 + e^{-y_i(x_i \cdot w + b)})}{\sum_i s_i}
        + \frac{l_2}{2}\|w\|^2, \quad y_i = \pm1

    The bias is not penalised. scikit-learn's ``LogisticRegression(C)`` is ``l2 = 1 / (C n)``.

    Newton's method, its linear systems solved by conjugate gradients (Lin, Weng and Keerthi, JMLR
    2008): each costs two products with ``x`` a step and never forms a ``(d, d)`` or ``(n, n)``
    matrix, so wide text and tall tables take the same code. It ends when the Newton decrement
    puts the objective within 1e-12 (float64) or 1e-9 (float32) nats of its minimum.

    Args:
        x: Features, shape ``(n, d)``.
        labels: 0 or 1, shape ``(n,)``.
        l2: Strength of the penalty, per squared unit of the weights, positive.
        sample_weights: :math:`s_i`, shape ``(n,)``, non-negative; ``None`` weighs all alike.
        start: Where to start, e.g. the fit at a neighbouring ``l2``; it saves time only.
        max_iter: Newton steps.

    Returns:
        The model, in the dtype of ``x``.

    Raises:
        ValueError: ``l2`` is not positive: on separable samples no optimum exists without it.
        RuntimeError: Not converged in ``max_iter`` steps.
    """
    check_positive("l2", l2)
    dtype = x.dtype
    data = x.double() if x.numel() <= DOUBLE_BELOW else x
    labels = labels.to(data)
    s = torch.ones_like(labels) if sample_weights is None else sample_weights.to(data)
    s = s / s.sum()
    # The same problem in centred features of unit size, where the bias is decoupled to first order.
    centre = s @ data
    data = data - centre
    size = data.square().mean().sqrt()
    size = torch.where(size > 0, size, torch.ones_like(size))
    data = data.div_(size)
    penalty = torch.cat((data.new_full((data.shape[1],), l2) / size**2, data.new_zeros(1)))
    theta = torch.zeros_like(penalty)
    if start is not None:
        weight = start.weight.to(data)
        theta = torch.cat((weight * size, (start.bias.to(data) + centre @ weight).reshape(1)))

    def forward(v: Tensor) -> Tensor:
        return data @ v[:-1] + v[-1]

    def backward(r: Tensor) -> Tensor:
        return torch.cat((r @ data, r.sum().reshape(1)))

    def objective(f: Tensor, v: Tensor) -> float:
        loss = s @ (F.softplus(f) - labels * f) + 0.5 * (penalty * v) @ v
        return float(loss)

    tolerance = 1e-12 if data.dtype == torch.float64 else 1e-9
    noise = 8 * torch.finfo(data.dtype).eps
    f = forward(theta)
    value = objective(f, theta)
    for _ in range(max_iter):
        p = torch.sigmoid(f)
        gradient = backward(s * (p - labels)) + penalty * theta
        curvature = s * p * (1 - p)
        step = -_solve(
            lambda v, c=curvature: backward(c * forward(v)) + penalty * v,  # type: ignore[misc]
            gradient,
        )
        decrement = -float(gradient @ step)
        if decrement <= 2 * tolerance:
            break
        moved, length = forward(step), 1.0
        while length > 1e-10:
            new = objective(f + length * moved, theta + length * step)
            if new <= value - 1e-4 * length * decrement + noise * abs(value):
                break
            length /= 2
        theta, f, value = theta + length * step, f + length * moved, new
    else:
        raise RuntimeError(
            f"logistic regression did not converge in {max_iter} Newton steps (decrement "
            f"{decrement:.1e}, wanted {2 * tolerance:.0e}): raise l2 (now {l2}) or max_iter"
        )
    weight = theta[:-1] / size
    return LinearModel(weight.to(dtype), (theta[-1] - centre @ weight).to(dtype))


def _solve(product, b: Tensor) -> Tensor:  # type: ignore[no-untyped-def]  # noqa: ANN001
    """Conjugate gradients for ``product(x) = b``, to a tenth of the residual or better."""
    x, r = torch.zeros_like(b), b.clone()
    direction, rr = r.clone(), float(r @ r)
    goal = rr * min(0.1, rr**0.25) ** 2
    for _ in range(250):
        if rr <= goal or rr == 0:
            break
        image = product(direction)
        along = rr / float(direction @ image)
        x, r = x + along * direction, r - along * image
        rr, previous = float(r @ r), rr
        direction = r + (rr / previous) * direction
    return x
