"""The one linear model this layer fits: L2-penalised logistic regression, to its optimum."""

from collections.abc import Callable
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from ._check import check_positive
from ._precision import widened

DOUBLE_BELOW = 2**23
"""Up to this many values the fit runs in float64: the copy stays below 64 MiB."""
CHUNK = 1024
"""Rows squared at once."""


class LinearModel(NamedTuple):
    """A fit: ``weight`` ``(d,)`` and ``bias`` ``()``; of ``p`` fits, ``(d, p)`` and ``(p,)``."""

    weight: Tensor
    bias: Tensor

    def scores(self, x: Tensor) -> Tensor:
        """Decision function ``x @ weight + bias``, shape ``(n,)`` or ``(n, p)``."""
        return x @ self.weight + self.bias


def logistic_scores(
    train: Tensor,
    labels: Tensor,
    test: Tensor,
    l2: float = 1e-3,
    sample_weight: Tensor | None = None,
) -> Tensor:
    """Decision function of ``logistic_regression`` on new samples.

    Args:
        train: Samples to fit, shape ``(n, d)``.
        labels: Their classes, 0 or 1, shape ``(n,)``.
        test: Samples to score, shape ``(m, d)``.
        l2: Penalty, positive.
        sample_weight: Weights of the training samples, shape ``(n,)``, non-negative.

    Returns:
        Log-odds of class 1, shape ``(m,)``.

    Raises:
        ValueError: Widths differ, or as ``logistic_regression``.
        RuntimeError: Not converged.
    """
    if test.ndim != 2 or test.shape[1:] != train.shape[1:]:
        raise ValueError(
            f"test must have the features of train: (m, d), got {tuple(test.shape)} and "
            f"{tuple(train.shape)}; select the same columns"
        )
    return logistic_regression(train, labels, l2, sample_weight).scores(test)


@widened
@torch.no_grad()
def logistic_regression(
    x: Tensor,
    labels: Tensor,
    l2: float | Tensor = 1e-3,
    sample_weights: Tensor | None = None,
    tolerance: float | None = None,
    max_iter: int = 100,
) -> LinearModel:
    r"""Fits a binary logistic regression, or ``p`` of them on the same samples at once.

    .. math:: \min_{w, b}\ \frac{\sum_i s_i \log(1 + e^{-y_i(x_i \cdot w + b)})}{\sum_i s_i}
        + l_2\|w\|^2, \quad y_i = \pm1

    The bias is not penalised. scikit-learn's ``LogisticRegression(C)`` is ``l2 = 1 / (2 C n)``.

    Newton's method, its linear systems solved by conjugate gradients (Lin, Weng and Keerthi, JMLR
    2008), scaled by the diagonal: each step is two products with ``x``. For wide text no change to
    the row space is needed: the Gram matrix, ``n^2 d`` alone, would cost more than the whole fit.
    Several fits are columns of one matrix, so that a cross-validation is matrix products, not a
    loop; a fold is left out by weight zero.

    Args:
        x: Features, shape ``(n, d)``.
        labels: 0 or 1, both present, shape ``(n,)``.
        l2: Strength of the penalty, per squared unit of the weights, positive; or ``(p,)``.
        sample_weights: :math:`s_i`, shape ``(n,)`` or ``(n, p)``, non-negative, some in each
            class; None weighs all alike.
        tolerance: The last step starts within about this many nats of the minimum; None is 1e-12 in
            float64, 1e-10 in float32.
        max_iter: Newton steps.

    Returns:
        The model, in the dtype of ``x``.

    Raises:
        ValueError: Shapes, labels, weights or ``l2`` are not as above, or ``x`` is not finite. With
            ``l2`` zero separable samples have no optimum.
        RuntimeError: Not converged in ``max_iter`` steps.
    """
    dtype = x.dtype
    wide_dtype = torch.float64 if x.numel() <= DOUBLE_BELOW else torch.float32
    data = x.to(torch.promote_types(dtype, wide_dtype))
    y, s, strength = _problem(data, labels, l2, sample_weights)
    is_batched = s.ndim == 2 or strength.ndim == 1
    s, strength = torch.broadcast_tensors(s if s.ndim == 2 else s[:, None], strength)
    s = s / s.sum(0)
    # The same problems in centred features of unit size, where the bias is almost decoupled.
    centre = s.mean(1) @ data
    data = data - centre
    size = data.square().mean().sqrt()
    size = torch.where(size > 0, size, torch.ones_like(size))
    data = data.div_(size)
    penalty = 2 * strength[0] / size**2

    def forward(v: Tensor) -> Tensor:
        return (v[:-1].T @ data.T).T + v[-1]  # transposed: three times faster for a few columns

    def backward(r: Tensor, v: Tensor, penalty: Tensor) -> Tensor:
        return torch.cat(((r.T @ data).T + penalty * v[:-1], r.sum(0, keepdim=True)))

    def diagonal(c: Tensor, penalty: Tensor) -> Tensor:
        """Diagonal of the Hessian, in which frequent and rare words differ a thousandfold."""
        parts = zip(data.split(CHUNK), c.split(CHUNK), strict=True)
        squares = sum((x.square().T @ c for x, c in parts), start=torch.zeros_like(theta[:-1]))
        return torch.cat((squares + penalty, c.sum(0, keepdim=True)))

    def objective(f: Tensor, v: Tensor, s: Tensor, penalty: Tensor) -> Tensor:
        return (s * F.softplus(-y * f)).sum(0) + 0.5 * penalty * v[:-1].square().sum(0)

    if tolerance is None:
        tolerance = 1e-12 if data.dtype == torch.float64 else 1e-10
    noise = 8 * torch.finfo(data.dtype).eps
    solution = data.new_zeros(data.shape[1] + 1, s.shape[1])
    theta, live = solution.clone(), torch.arange(s.shape[1], device=x.device)
    f = forward(theta)
    value = objective(f, theta, s, penalty)
    for _ in range(max_iter):
        error = torch.sigmoid(-y * f)  # not 1 - p: separable samples need its digits
        gradient = backward(-s * y * error, theta, penalty)
        curvature = s * error * torch.sigmoid(y * f)
        step = _solve(
            lambda v, c=curvature, l=penalty: backward(c * forward(v), v, l),  # type: ignore[misc]  # noqa: E741
            -gradient,
            diagonal(curvature, penalty),
        )
        decrement = -(gradient * step).sum(0)
        is_done = decrement <= 2 * tolerance
        step_logits, length = forward(step), torch.ones_like(value)
        for _ in range(40):
            new_value = objective(f + length * step_logits, theta + length * step, s, penalty)
            long = new_value > value - 1e-4 * length * decrement + noise * value.abs()
            if not long.any():
                break
            length = torch.where(long, length / 2, length)
        theta, f, value = theta + length * step, f + length * step_logits, new_value
        solution[:, live] = theta
        if is_done.all():
            break
        if is_done.any():
            live, theta, f = live[~is_done], theta[:, ~is_done], f[:, ~is_done]
            s, penalty, value = s[:, ~is_done], penalty[~is_done], value[~is_done]
    else:
        raise RuntimeError(
            f"logistic regression did not converge in {max_iter} Newton steps "
            f"(decrement {float(decrement.max()):.1e}, wanted {2 * tolerance:.0e}): raise l2, "
            f"now {l2}, or max_iter"
        )
    weight = solution[:-1] / size
    model = LinearModel(weight.to(dtype), (solution[-1] - centre @ weight).to(dtype))
    return model if is_batched else LinearModel(model.weight[:, 0], model.bias[0])


def _problem(
    x: Tensor, labels: Tensor, l2: float | Tensor, weights: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Signs ``(n, 1)``, weights ``(n,)`` or ``(n, p)`` and penalties, like ``x`` and checked."""
    n = len(x)
    if x.ndim != 2 or not n or labels.shape != (n,):
        raise ValueError(
            f"expected x (n, d) and labels (n,), got {tuple(x.shape)} and {tuple(labels.shape)}"
        )
    if not torch.isfinite(x).all():
        raise ValueError("x has NaN or infinite values; drop or impute these rows first")
    if not ((labels == 0) | (labels == 1)).all():
        raise ValueError(f"labels must be 0 or 1, got {labels.unique().tolist()[:5]}; recode them")
    y = labels.to(x)
    s = torch.ones_like(y) if weights is None else weights.to(x)
    if s.shape[:1] != (n,) or s.ndim > 2:
        raise ValueError(f"expected sample_weights ({n},) or ({n}, p), got {tuple(s.shape)}")
    if not (torch.isfinite(s) & (s >= 0)).all():
        raise ValueError("sample_weights must be finite and not negative")
    share = y @ s
    if not ((share > 0) & ((1 - y) @ s > 0)).all():
        raise ValueError("both classes need samples of positive weight; pass samples of 0 and of 1")
    strength = torch.as_tensor(l2).to(x)
    check_positive("l2", float(strength.min()))
    return 2 * y[:, None] - 1, s, strength


def _solve(product: Callable[[Tensor], Tensor], b: Tensor, diagonal: Tensor) -> Tensor:
    """Conjugate gradients for ``product(x) = b``, preconditioned, column by column at once.

    To a tenth of the residual, or more near the optimum, where Newton's method earns it.
    """
    tiny = torch.finfo(b.dtype).tiny
    x, r = torch.zeros_like(b), b.clone()
    z = r / diagonal.clamp_min(tiny)
    direction, residual_product = z, (r * z).sum(0)
    goal = residual_product * residual_product.pow(0.25).clamp(1e-3, 0.1).square()
    for _ in range(250):
        busy = residual_product > goal
        if not busy.any():
            break
        image = product(direction)
        curvature = (direction * image).sum(0)
        along = torch.where(
            busy & (curvature > 0), residual_product / curvature, torch.zeros_like(residual_product)
        )
        x, r = x + along * direction, r - along * image
        z = r / diagonal.clamp_min(tiny)
        previous, residual_product = (
            residual_product,
            torch.where(busy, (r * z).sum(0), residual_product),
        )
        direction = (
            z
            + torch.where(busy, residual_product / previous, torch.zeros_like(residual_product))
            * direction
        )
    return x
