"""Label shift: class weights ``p_target(y) / p_source(y)`` from a model's confusions.

The shape: ``joint (k, k), predicted (k,) -> weights (k,)``, non-negative, of source mean one.
"""

import math

import torch
from torch import Tensor

from ._precision import widened


@widened
@torch.no_grad()
def bbse(joint: Tensor, predicted: Tensor) -> Tensor:
    r"""Black-box shift estimation: the weights that explain what is predicted of the target.

    .. math:: \hat C w = \hat\mu, \quad \hat C_{ij} = P_s(\hat y = i, y = j), \quad
              \hat\mu_i = P_t(\hat y = i)

    negative entries set to zero. Lipton, Wang and Smola, "Detecting and correcting for label
    shift with black box predictors", ICML 2018, equation 1 and algorithm 1. Where
    :math:`\hat C` is singular, as when a class is never predicted, of all solutions the nearest to
    weights of one: no evidence, no weight.

    Args:
        joint: Held-out source samples by predicted (row) and true class (column), counts or shares,
            shape ``(k, k)``.
        predicted: Target samples by predicted class, counts or shares, shape ``(k,)``.

    Returns:
        Weights of the classes, shape ``(k,)``, non-negative; their mean over the held-out source
        is one.

    Raises:
        ValueError: Shapes do not fit, or a count is negative, not finite or all are zero.
    """
    confusion, target_shares = _shares(joint, predicted)
    return _mean_one(1 + torch.linalg.pinv(confusion) @ target_shares, confusion).to(_type(joint))


@widened
@torch.no_grad()
def rlls(
    joint: Tensor,
    predicted: Tensor,
    alpha: float = 0.01,
    delta: float = 0.05,
    trust: float = 1.0,
) -> Tensor:
    r"""Regularised learning under label shift: ``bbse`` held back where the samples are few.

    .. math:: w = 1 + \gamma\,\hat\theta, \quad \hat\theta = \arg\min_\theta
        \|\hat C\theta - \hat b\|_2 + \Delta \|\theta\|_2, \quad \hat b = \hat\mu - \hat C 1

    with :math:`\Delta = 3\alpha\,\big(\tfrac{2}{3n}\log\tfrac{2k}{\delta} + \sqrt{\tfrac 2n
    \log\tfrac{2k}{\delta}}\big)` for ``n`` held-out samples: a matrix Bernstein bound on the error
    of :math:`\hat C`, times :math:`\alpha`. Azizzadenesheli, Liu, Yang and Anandkumar, "Regularized
    learning for domain adaptation under label shifts", ICLR 2019, section 2. The optimum is a
    ridge solution :math:`(\hat C'\hat C + \lambda I)\theta = \hat C'\hat b` with
    :math:`\lambda \|\theta\| = \Delta \|\hat C\theta - \hat b\|`, found by bisection; negative
    weights are set to zero afterwards.

    Args:
        joint: As for ``bbse``, but counts: their sum is ``n``.
        predicted: As for ``bbse``.
        alpha: :math:`\alpha`, at least 0; 0 is ``bbse``.
        delta: The bound may fail with this chance, in ``(0, 1)``.
        trust: :math:`\gamma`, from 0 (weights of one) to 1.

    Returns:
        As ``bbse``.

    Raises:
        ValueError: As ``bbse``, or a number is out of range.
    """
    if not (alpha >= 0 and 0 < delta < 1 and 0 <= trust <= 1):
        raise ValueError(
            f"needs alpha >= 0, delta in (0, 1) and trust in [0, 1]; got {alpha}, {delta}, {trust}"
        )
    confusion, target_shares = _shares(joint, predicted)
    n, log = float(joint.sum()), math.log(2 * len(predicted) / delta)
    strength = 3 * alpha * (2 * log / (3 * n) + math.sqrt(2 * log / n))
    theta = _two_norms(confusion, target_shares, strength)
    return _mean_one(1 + trust * theta, confusion).to(_type(joint))


def joint_counts(predicted: Tensor, y: Tensor, classes: int) -> Tensor:
    """How many samples of class ``j`` are predicted ``i``: ``(n,), (n,) -> (classes, classes)``.

    Raises:
        ValueError: The lengths differ, or a number is none of a class, such as a hidden label's.
    """
    if predicted.shape != y.shape or predicted.ndim != 1:
        raise ValueError(
            f"predictions {tuple(predicted.shape)} and labels {tuple(y.shape)}: expected (n,) twice"
        )
    for name, values in (("predictions", predicted), ("labels", y)):
        if len(values) and not (values.min() >= 0 and values.max() < classes):
            raise ValueError(
                f"{name} from {int(values.min())} to {int(values.max())}: expected 0 to "
                f"{classes - 1}; leave out samples whose label is hidden"
            )
    flat = torch.bincount(predicted * classes + y, minlength=classes**2)
    return flat.reshape(classes, classes)


def _two_norms(a: Tensor, b: Tensor, strength: float) -> Tensor:
    """Minimises ``|a x - b| + strength |x|``; both norms unsquared."""
    u, s, v = torch.linalg.svd(a)
    b, top = u.T @ b, float(s.max())
    keep = s > len(s) * torch.finfo(a.dtype).eps * top

    def at(log_ridge: float) -> tuple[Tensor, float]:
        ridge = math.exp(log_ridge) * top**2
        x = torch.where(keep, s * b / (s.square() + ridge), 0)
        # The residual without cancellation; its slope along the path grows with the ridge.
        left = torch.where(keep, ridge * b / (s.square() + ridge), b)
        return v.T @ x, ridge * float(x.norm()) - strength * float(left.norm())

    low, high = -60.0, 60.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if at(middle)[1] > 0 else (middle, high)
    return at((low + high) / 2)[0]


def _shares(joint: Tensor, predicted: Tensor) -> tuple[Tensor, Tensor]:
    """The confusion matrix, and by how much the target's predictions differ from the source's."""
    k = len(predicted)
    if predicted.ndim != 1 or joint.shape != (k, k):
        raise ValueError(
            f"expected joint (k, k) and predicted (k,), got {tuple(joint.shape)} and "
            f"{tuple(predicted.shape)}"
        )
    for name, counts in (("joint", joint), ("predicted", predicted)):
        if not ((counts >= 0).all() and counts.sum() > 0 and torch.isfinite(counts).all()):
            raise ValueError(f"{name} holds a negative or no finite count, or no sample at all")
    confusion = joint.double() / joint.sum()
    return confusion, predicted.double() / predicted.sum() - confusion.sum(1)


def _mean_one(weights: Tensor, confusion: Tensor) -> Tensor:
    weights = weights.clamp_min(0)
    mean = confusion.sum(0) @ weights
    return weights / mean if mean > 0 else torch.ones_like(weights)


def _type(counts: Tensor) -> torch.dtype:
    return counts.dtype if counts.is_floating_point() else torch.get_default_dtype()
