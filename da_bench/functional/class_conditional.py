"""Discrepancies class by class: two samples, and how much each point belongs to each class."""

import torch
from torch import Tensor

from ._check import check_pair
from ._precision import widened
from .kernels import Bandwidth, Kernel, multi_rbf


def indicators(y: Tensor, classes: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Labels ``(n,)`` as rows of zeros with a one at the class: ``(n, classes)``.

    A label outside ``0..classes-1``, such as the fill of a hidden one, gives a row of zeros.
    """
    return (y[:, None] == torch.arange(classes, device=y.device)).to(dtype)


@widened
def lmmd2(
    x: Tensor,
    y: Tensor,
    x_classes: Tensor,
    y_classes: Tensor,
    kernel: Kernel = multi_rbf,
    bandwidth: Bandwidth = "median",
) -> Tensor:
    r"""Squared local maximum mean discrepancy: the MMD within each class, averaged over classes.

    .. math:: \frac1C \sum_c \Big\| \sum_i w^c_i \phi(x_i) - \sum_j v^c_j \phi(y_j) \Big\|^2, \quad
              w^c_i = \frac{p_{ic}}{\sum_k p_{kc}}

    Zhu et al., "Deep subdomain adaptation network for image classification", IEEE Transactions on
    Neural Networks and Learning Systems 2021. Classes without any weight on one side are left out
    of the mean; probabilities are never zero, so ``DSAN`` masks them. With one class, the biased
    ``mmd2``.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        x_classes: Labels or probabilities of the first, shape ``(n, k)``, at least 0.
        y_classes: Classes of the second, shape ``(m, k)``.
        kernel: As in ``mmd2``.
        bandwidth: Bandwidth of the kernel, one for all classes.

    Returns:
        Scalar; in ``[0, 2]`` for kernels in ``[0, 1]``; 0 where no class is on both sides.

    Raises:
        ValueError: The shapes do not fit.
    """
    squares, is_shared = _between_classes(x, y, x_classes, y_classes, kernel, bandwidth)
    return _mean(squares.diagonal(), is_shared)


@widened
def cdd(
    x: Tensor,
    y: Tensor,
    x_classes: Tensor,
    y_classes: Tensor,
    kernel: Kernel = multi_rbf,
    bandwidth: Bandwidth = "median",
) -> Tensor:
    r"""Contrastive domain discrepancy: the MMD within classes less that between classes.

    .. math:: \frac1C \sum_c D_{cc} - \frac{1}{C (C - 1)} \sum_c \sum_{c' \ne c} D_{cc'}

    with :math:`D_{cc'}` the squared MMD of class c of the first sample and class c' of the second.
    Kang et al., "Contrastive adaptation network for unsupervised domain adaptation", CVPR 2019,
    equations 3 to 5. The sums run over classes with points on both sides; with one alone, no second
    term is left. Here one bandwidth serves all pairs of classes, where the authors' code sets one
    for each.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        x_classes: Labels of the first as ``indicators``, shape ``(n, k)``; zeros leave a point out.
        y_classes: Classes of the second, shape ``(m, k)``.
        kernel: As in ``mmd2``.
        bandwidth: Bandwidth of the kernel.

    Returns:
        Scalar, in ``[-2, 2]`` for kernels in ``[0, 1]``; negative for well-parted classes.

    Raises:
        ValueError: The shapes do not fit.
    """
    squares, is_shared = _between_classes(x, y, x_classes, y_classes, kernel, bandwidth)
    pairs = (
        is_shared[:, None]
        & is_shared
        & ~torch.eye(len(is_shared), dtype=torch.bool, device=x.device)
    )
    return _mean(squares.diagonal(), is_shared) - _mean(squares, pairs)


def _between_classes(
    x: Tensor,
    y: Tensor,
    x_classes: Tensor,
    y_classes: Tensor,
    kernel: Kernel,
    bandwidth: Bandwidth,
) -> tuple[Tensor, Tensor]:
    """Squared MMDs ``(k, k)``, a class of x a row and of y a column; which classes both have."""
    check_pair(x, y)
    k = x_classes.shape[-1]
    if x_classes.shape != (len(x), k) or y_classes.shape != (len(y), k):
        raise ValueError(
            f"expected class weights ({len(x)}, k) and ({len(y)}, k), got "
            f"{tuple(x_classes.shape)} and {tuple(y_classes.shape)}"
        )
    sizes = [len(x), len(y)]
    pooled_samples = torch.cat((x, y))
    gram = kernel(pooled_samples, pooled_samples, bandwidth)
    (xx, xy), (_, yy) = (rows.split(sizes, 1) for rows in gram.split(sizes))
    (w, in_x), (v, in_y) = (_weights(classes, x.dtype) for classes in (x_classes, y_classes))
    within_x, within_y = (w * (xx @ w)).sum(0), (v * (yy @ v)).sum(0)
    return within_x[:, None] + within_y - 2 * w.T @ xy @ v, in_x & in_y


def _weights(classes: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Each class's weights over its points, with sum one; which classes have any."""
    classes = classes.to(dtype)
    total = classes.sum(0)
    return classes / torch.where(total > 0, total, 1), total > 0


def _mean(values: Tensor, mask: Tensor) -> Tensor:
    return torch.where(mask, values, 0).sum() / mask.sum().clamp_min(1)
