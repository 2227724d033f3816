"""Moments of higher order, with every mixed entry."""

import torch
from torch import Tensor

from ._check import check_pair, check_positive
from ._precision import widened


@widened
def homm(
    x: Tensor, y: Tensor, order: int = 3, centred: bool = False, entries: int = 300_000
) -> Tensor:
    r"""Higher-order moment matching, at least 0.

    .. math:: \frac{1}{d^p} \Big\| \frac1n \sum_i x_i^{\otimes p} - \frac1m \sum_j y_j^{\otimes p}
              \Big\|_F^2

    Chen et al., "HoMM: Higher-order moment matching for unsupervised domain adaptation", AAAI 2020;
    order 1 compares means, order 2 Gram matrices. Where the tensor has more than ``entries``
    entries, as many are drawn at random with replacement (the paper's random sampling matching) by
    torch's global generator: without bias, anew at each call.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        order: :math:`p`, at least 1; 3 in the paper's best runs.
        centred: Take each sample's mean away first, as the authors' code does and the paper's
            formula does not.
        entries: Most entries of the tensor to look at; 300,000 in the authors' code.

    Returns:
        Scalar, in :math:`2p`-th powers of the features' units.

    Raises:
        ValueError: Widths differ, or ``order`` or ``entries`` is below 1.
    """
    check_pair(x, y)
    check_positive("order", order)
    check_positive("entries", entries)
    if centred:
        x, y = x - x.mean(0), y - y.mean(0)
    d = x.shape[1]
    if d**order > entries:
        index = torch.randint(d, (order, entries), device=x.device)
        return (_sampled(x, index) - _sampled(y, index)).square().mean()
    return (_moments(x, order) - _moments(y, order)).square().mean()


def _moments(x: Tensor, order: int) -> Tensor:
    """Mean of the ``order``-fold outer product, flattened: ``(d**order,)``."""
    product = x.new_ones(len(x), 1)
    for _ in range(order - 1):
        product = (product[:, :, None] * x[:, None, :]).flatten(1)
    return (product.T @ x).flatten() / len(x)  # the last factor needs no (n, d**order) in memory


def _sampled(x: Tensor, index: Tensor) -> Tensor:
    """Means of products of the columns that ``index`` ``(order, entries)`` names."""
    product = x[:, index[0]]
    for columns in index[1:]:
        product = product * x[:, columns]
    return product.mean(0)
