"""The discrepancy of several layers together, where a sum over layers would compare each alone."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from ._check import check_pair
from ._precision import widened
from .discrepancy import mmd2
from .kernels import Bandwidth, Kernel, median_distance, multi_rbf, rbf

SOFTMAX_WIDTH = 0.84**0.5
"""JAN's kernel on predictions: :math:`\\exp(-\\|p - q\\|^2 / 1.68)` in the authors' code."""


@widened
def jmmd2(
    x: Sequence[Tensor],
    y: Sequence[Tensor],
    kernels: Sequence[Kernel] = (multi_rbf, rbf),
    bandwidths: Sequence[Bandwidth] = ("median", SOFTMAX_WIDTH),
    estimator: Literal["biased", "unbiased", "linear", "block"] = "biased",
) -> Tensor:
    r"""Squared joint maximum mean discrepancy: the MMD of the product of the layers' kernels.

    .. math:: \mathrm{JMMD}^2 = \mathbb{E} \prod_l k_l(x_l, x'_l) + \mathbb{E} \prod_l k_l(y_l,
              y'_l) - 2\,\mathbb{E} \prod_l k_l(x_l, y_l)

    Zero where the layers' *joint* distributions agree; a sum of MMDs over layers sees their
    margins only. Long et al., "Deep transfer learning with joint adaptation networks", ICML 2017:
    the quadratic estimator (equation 9) is ``biased``, the one that the paper trains with (equation
    11) ``linear``. Kernels and widths default to the authors' two layers, the features and the
    predicted probabilities.

    Args:
        x: Layers of the first sample, shapes ``(n, d_l)``.
        y: Layers of the second sample, shapes ``(m, d_l)``.
        kernels: One a layer.
        bandwidths: One a layer; ``"median"`` is the layer's ``median_distance``.
        estimator: As in ``mmd2``.

    Returns:
        Scalar; in ``[0, 2]`` for the biased estimator and kernels in ``[0, 1]``.

    Raises:
        ValueError: The numbers of layers, kernels and bandwidths differ; otherwise as ``mmd2``.
    """
    if not len(x) == len(y) == len(kernels) == len(bandwidths):
        raise ValueError(
            f"{len(x)} and {len(y)} layers, {len(kernels)} kernels and {len(bandwidths)} "
            "bandwidths: give one of each a layer"
        )
    for source_layer, target_layer in zip(x, y, strict=True):
        check_pair(source_layer, target_layer)
    widths = [layer.shape[1] for layer in x]
    # Set here, on the whole sample: estimators that take it by blocks share one bandwidth a layer.
    fixed = [
        median_distance(a, b) if isinstance(width, str) else width
        for a, b, width in zip(x, y, bandwidths, strict=True)
    ]

    def product(a: Tensor, b: Tensor, _: Bandwidth) -> Tensor:
        gram = torch.ones((), dtype=a.dtype, device=a.device)
        layers = zip(kernels, a.split(widths, 1), b.split(widths, 1), fixed, strict=True)
        for kernel, left_rows, right_rows, width in layers:
            gram = gram * kernel(left_rows, right_rows, width)
        return gram

    return mmd2(torch.cat(tuple(x), 1), torch.cat(tuple(y), 1), product, 1.0, estimator)
