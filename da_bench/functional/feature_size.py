"""Penalties on the size of both domains' features: ``(n, d), (m, d) -> scalar``, differentiable."""

import torch
from torch import Tensor

from ._check import check_pair, check_positive
from ._precision import widened


@widened
def bsp(x: Tensor, y: Tensor, count: int = 1) -> Tensor:
    r"""Batch spectral penalty :math:`\sum_{i=1}^k (\sigma_{x,i}^2 + \sigma_{y,i}^2)`, at least 0.

    :math:`\sigma_{x,i}` is the i-th largest singular value of the batch of features. Adversarial
    training lets a few directions dominate, at the cost of the others, which tell classes apart.
    Chen et al., "Transferability vs. discriminability: batch spectral penalization for adversarial
    domain adaptation", ICML 2019.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        count: :math:`k`, at least 1; 1 in the paper.

    Returns:
        Scalar, in squares of the features' unit.

    Raises:
        ValueError: Widths differ, or a sample has fewer than ``count`` singular values.
    """
    check_pair(x, y)
    if not 1 <= count <= min(*x.shape, len(y)):
        raise ValueError(
            f"count={count}: features {tuple(x.shape)} and {tuple(y.shape)} have 1 to "
            f"{min(*x.shape, len(y))} singular values in common"
        )
    wide_dtype = torch.promote_types(x.dtype, torch.float32)  # no singular values in half precision
    values = [torch.linalg.svdvals(z.to(wide_dtype))[:count] for z in (x, y)]
    return values[0].square().sum() + values[1].square().sum()


@widened
def afn(x: Tensor, y: Tensor, step: float = 1.0) -> Tensor:
    r"""Stepwise adaptive feature norm: draws each norm up by ``step`` from where it is.

    .. math:: \frac1n \sum_i (\|x_i\| - (r_i + \Delta r))^2
              + \frac1m \sum_j (\|y_j\| - (r_j + \Delta r))^2

    with :math:`r` the norm of now, a constant. The value is therefore always
    :math:`2 \Delta r^2`; only its gradient tells anything. Xu et al., "Larger norm more
    transferable: an adaptive feature norm approach for unsupervised domain adaptation", ICCV 2019,
    section 3.5 and equation 9.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        step: :math:`\Delta r`, above 0; 1 in the paper.

    Returns:
        Scalar, in squares of the features' unit.

    Raises:
        ValueError: Widths differ or ``step`` is not positive.
    """
    check_pair(x, y)
    check_positive("step", step)
    norms = (_norms(x), _norms(y))
    return sum(
        ((norm - norm.detach() - step).square().mean() for norm in norms), start=x.new_zeros(())
    )


@widened
def hard_afn(x: Tensor, y: Tensor, radius: float = 25.0) -> Tensor:
    r"""Hard adaptive feature norm: both mean norms are drawn to one radius.

    .. math:: \Bigl(\frac1n \sum_i \|x_i\| - R\Bigr)^2 + \Bigl(\frac1m \sum_j \|y_j\| - R\Bigr)^2

    Xu et al., ICCV 2019, as ``afn``; equation 7.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        radius: :math:`R`, above 0; 25 in the paper.

    Returns:
        Scalar, at least 0, in squares of the features' unit.

    Raises:
        ValueError: Widths differ or ``radius`` is not positive.
    """
    check_pair(x, y)
    check_positive("radius", radius)
    return sum(((_norms(z).mean() - radius).square() for z in (x, y)), start=x.new_zeros(()))


def _norms(x: Tensor) -> Tensor:
    """Euclidean norm of each row; its gradient at zero is zero."""
    return torch.linalg.vector_norm(x, dim=1)
