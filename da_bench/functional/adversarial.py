"""What adversarial methods share: the reversal of gradients and the critic's loss."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor


class _GradReverse(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: float) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, float], output: Tensor) -> None:
        ctx.scale = inputs[1]

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:
        return -ctx.scale * grad, None


def grad_reverse(x: Tensor, scale: float = 1.0) -> Tensor:
    r"""Identity forward; multiplies the gradient by :math:`-` ``scale`` backward.

    Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016, Eq. 16 and 17.

    Args:
        x: Any shape.
        scale: :math:`\lambda`, at least 0; at 0 the gradient is cut.
    """
    return _GradReverse.apply(x, scale)


def domain_loss(
    source: Tensor,
    target: Tensor,
    source_weights: Tensor | None = None,
    target_weights: Tensor | None = None,
) -> Tensor:
    r"""Binary cross-entropy of a critic's logits; each domain weighs half, whatever its size.

    .. math:: -\tfrac12 \overline{\log \sigma(c_s)} - \tfrac12 \overline{\log(1 - \sigma(c_t))}

    Source is 1 and target 0. Ganin et al., JMLR 2016, Eq. 9 (there the two means are added: twice
    this); with weights, the entropy conditioning of CDAN+E (Long et al., NeurIPS 2018, Eq. 8).

    Args:
        source: Logits ``(n, 1)`` of source samples.
        target: Logits ``(m, 1)`` of target samples.
        source_weights: ``(n,)``, mean one; None for equal weights.
        target_weights: ``(m,)``, mean one; None for equal weights.

    Returns:
        Scalar, at least 0.
    """
    # softplus(-c) = -log sigmoid(c), without overflow at either end
    source_loss, target_loss = F.softplus(-source[:, 0]), F.softplus(target[:, 0])
    if source_weights is not None:
        source_loss = source_weights * source_loss
    if target_weights is not None:
        target_loss = target_weights * target_loss
    return 0.5 * (source_loss.mean() + target_loss.mean())


def multilinear_map(z: Tensor, p: Tensor) -> Tensor:
    r"""Outer product :math:`z \otimes p` of each sample: ``(n, d), (n, k) -> (n, d * k)``.

    Long et al., "Conditional adversarial domain adaptation", NeurIPS 2018, Eq. 5.
    """
    return (z[:, :, None] * p[:, None, :]).flatten(1)


def random_multilinear_map(z: Tensor, p: Tensor, draw_z: Tensor, draw_p: Tensor) -> Tensor:
    r"""Randomised outer product :math:`\frac{1}{\sqrt D} (R_z^\top z) \odot (R_p^\top p)`.

    Inner products of it estimate those of :func:`multilinear_map`. Long et al., NeurIPS 2018, Eq. 6.

    Args:
        z: Features ``(n, d)``.
        p: Predictions ``(n, k)``.
        draw_z: Standard normal, fixed, ``(d, D)``.
        draw_p: Standard normal, fixed, ``(k, D)``.

    Returns:
        ``(n, D)``.
    """
    return (z @ draw_z) * (p @ draw_p) / draw_z.shape[1] ** 0.5
