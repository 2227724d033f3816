"""Marginalised stacked denoising autoencoders: features of counts in closed form."""

from collections.abc import Iterator

import torch
from torch import Tensor

from ._check import check_positive

ROWS = 2048
"""Samples mapped at once."""


@torch.no_grad()
def msda_map(x: Tensor, corruption: float = 0.5, ridge: float = 1e-5) -> Tensor:
    r"""The linear map that best undoes dropped features, over all ways of dropping them.

    Features are dropped (set to zero) independently with probability :math:`p`, a constant feature
    of ones never. The map :math:`W` minimises the expected squared error of the reconstruction from
    the corrupted :math:`\tilde x`, and has a closed form:

    .. math:: W = E[P]\,(E[Q] + \lambda I')^{-1}, \qquad
        E[Q]_{ij} = S_{ij} q_i q_j\ (i \ne j),\ S_{ii} q_i\ (i = j), \qquad
        E[P]_{ij} = S_{ij} q_j

    with :math:`S = \sum \bar x \bar x^\top` over samples :math:`\bar x = (x, 1)`, :math:`q_i = 1 -
    p` (and 1 for the constant) and :math:`I'` the identity without the constant. Chen, Xu,
    Weinberger and Sha, ICML 2012, equations 3 to 6.

    Since :math:`E[Q] = \mathrm{diag}(q) S\,\mathrm{diag}(q) + D` with :math:`D` diagonal,
    :math:`W = \mathrm{diag}(1/q)\,(I - (D + \lambda I')(E[Q] + \lambda I')^{-1})`: one inverse of a
    symmetric matrix, :math:`d^3`, where the solve takes :math:`7/3\,d^3`. It is taken in float64:
    in float32 the ridge is lost in the rounding of frequent words' squares.

    Args:
        x: Samples, shape ``(n, d)``, unlabelled, of both domains.
        corruption: :math:`p`, in ``[0, 1)``.
        ridge: :math:`\lambda`, positive, in squared units of ``x`` summed over samples.

    Returns:
        The map, shape ``(d, d + 1)``, its last column the bias, in the dtype of ``x``.

    Raises:
        ValueError: ``x`` is no finite ``(n, d)``, or a number is out of range.
    """
    if x.ndim != 2 or not len(x):
        raise ValueError(f"expected samples (n, d), got {tuple(x.shape)}; use .flatten(1)")
    if not 0 <= corruption < 1:
        raise ValueError(f"corruption={corruption}: a probability in [0, 1), such as 0.5")
    check_positive("ridge", ridge)
    d, keep = x.shape[1], 1 - corruption
    padded_x = torch.cat((x.double(), x.new_ones(len(x), 1, dtype=torch.float64)), 1)
    q = padded_x.T @ padded_x
    if not torch.isfinite(q).all():
        raise ValueError("x has NaN or infinite values; drop or impute these rows first")
    diagonal = q.diagonal().clone()
    q[:d] *= keep
    q[:, :d] *= keep
    q.diagonal()[:d] = diagonal[:d] * keep + ridge
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(q))
    del q
    added = diagonal[:d] * keep * (1 - keep) + ridge
    inverse[:d] *= -added[:, None] / keep
    inverse[:d].diagonal()[:] += 1 / keep
    return inverse[:d].to(x.dtype)


@torch.no_grad()
def msda_apply(x: Tensor, weight: Tensor) -> Tensor:
    r"""One layer's output :math:`\tanh(W (x, 1))`, shape ``(n, d)``, for ``weight (d, d + 1)``."""
    d = x.shape[1]
    if weight.shape != (d, d + 1):
        raise ValueError(f"expected a map ({d}, {d + 1}) for these samples, got "
                         f"{tuple(weight.shape)}")  # fmt: skip
    w, bias = weight[:, :d].T, weight[:, d]
    return torch.cat([torch.addmm(bias, part, w).tanh_() for part in x.split(ROWS)])


def msda(
    x: Tensor, *others: Tensor, layers: int = 5, corruption: float = 0.5, ridge: float = 1e-5
) -> Iterator[tuple[Tensor, ...]]:
    """The stack, layer by layer: each denoises the last one's output, fitted on ``x`` alone.

    Chen, Xu, Weinberger and Sha, ICML 2012, section 3.3. Their representation is the input and all
    layers side by side; here a layer is handed out as soon as it is there, so that memory holds
    one.

    Args:
        x: Samples that the maps are fitted to, shape ``(n, d)``.
        *others: Samples that are only mapped, shape ``(m, d)`` each.
        layers: How many, at least 1.
        corruption: As of ``msda_map``.
        ridge: As of ``msda_map``.

    Yields:
        One layer's outputs, for ``x`` and each of ``others``, each in ``[-1, 1]``.

    Raises:
        ValueError: As ``msda_map``, or fewer than one layer.
    """
    if layers < 1:
        raise ValueError(f"layers={layers}: at least 1")
    parts = (x, *others)
    for _ in range(layers):
        weight = msda_map(parts[0], corruption, ridge)
        parts = tuple(msda_apply(part, weight) for part in parts)
        yield parts
