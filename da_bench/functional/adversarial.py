"""What adversarial methods share: the reversal of gradients, the critic's loss and its inputs."""

from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ._check import check_pair
from ._precision import single, widened


class _GradReverse(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, scale: Tensor) -> Tensor:
        return x.view_as(x)

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Tensor, Tensor], output: Tensor) -> None:
        ctx.save_for_backward(inputs[1])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        return -ctx.saved_tensors[0] * grads[0], None


def grad_reverse(x: Tensor, scale: float | Tensor = 1.0) -> Tensor:
    r"""Identity forward; multiplies the gradient by :math:`-` ``scale`` backward.

    Ganin et al., "Domain-adversarial training of neural networks", JMLR 2016, equations 16 and 17.

    Args:
        x: Any shape.
        scale: :math:`\lambda`, at least 0; at 0 the gradient is cut. A scalar tensor where it
            differs between replicas under ``vmap``.

    Returns:
        ``x``, unchanged.
    """
    if not isinstance(scale, Tensor):
        # Scalars stay on the CPU: no copy, no sync. Half precision has no 1e-8 and no 1e5.
        scale = torch.tensor(scale, dtype=torch.promote_types(x.dtype, torch.float32))
    return _GradReverse.apply(x, scale)  # type: ignore[no-any-return, no-untyped-call]


@widened
def domain_loss(
    source_logits: Tensor,
    target_logits: Tensor,
    source_weights: Tensor | None = None,
    target_weights: Tensor | None = None,
) -> Tensor:
    r"""Binary cross-entropy of a critic's logits; each domain weighs half, whatever its size.

    .. math:: -\tfrac12 \overline{\log \sigma(a)} - \tfrac12 \overline{\log(1 - \sigma(b))}

    Source is 1 and target 0. Ganin et al., JMLR 2016, equation 8 (there the two means are added:
    twice this); with weights, CDAN+E (Long et al., NeurIPS 2018, equation 9).

    Args:
        source_logits: :math:`a`, shape ``(n, 1)``.
        target_logits: :math:`b`, shape ``(m, 1)``.
        source_weights: Shape ``(n,)``, relative to their own mean; None for equal weights.
        target_weights: Shape ``(m,)``, likewise.

    Returns:
        Scalar, in nats, at least 0; ``log 2`` for a critic that knows nothing.

    Raises:
        ValueError: There is not exactly one logit a sample, or no sample.
    """
    # softplus(-a) = -log sigmoid(a), without overflow at either end
    return 0.5 * (
        _mean(F.softplus(-_column(source_logits)), source_weights)
        + _mean(F.softplus(_column(target_logits)), target_weights)
    )


def _column(logits: Tensor) -> Tensor:
    if logits.ndim != 2 or logits.shape[1] != 1 or not len(logits):
        raise ValueError(
            f"expected one domain logit a sample, shape (n, 1), got {tuple(logits.shape)}; "
            "give the critic a single output and no softmax, and samples of both domains"
        )
    return logits.squeeze(1)


def _mean(losses: Tensor, weights: Tensor | None) -> Tensor:
    # A column of weights would broadcast to (n, n) and weigh nothing: the shapes must agree.
    if weights is None:
        return losses.mean()
    if weights.shape != losses.shape:
        raise ValueError(
            f"expected weights of shape {tuple(losses.shape)}, got {tuple(weights.shape)}"
        )
    return (weights * losses).sum() / weights.sum()


@widened
def source_importance(domain_logits: Tensor) -> Tensor:
    r"""How target-like a critic finds source samples: :math:`1 - \sigma(a)`, over its mean.

    With the optimal critic :math:`\sigma(a) = p_s / (p_s + p_t)` the weight is proportional to
    :math:`p_t / (p_s + p_t)`: nearly zero for classes that only the source has. Zhang et al.,
    "Importance weighted adversarial nets for partial domain adaptation", CVPR 2018, section 3.

    Args:
        domain_logits: :math:`a` of source samples, source being 1, shape ``(n, 1)``.

    Returns:
        Shape ``(n,)``, positive, with mean one; a constant, without gradient.

    Raises:
        ValueError: There is not exactly one logit a sample, or no sample.
    """
    # log(1 - sigmoid(a)) shifted by its largest: sure critics must not divide zero by zero.
    log_weights = F.logsigmoid(-_column(domain_logits).detach())
    weights = (log_weights - log_weights.max()).exp()
    return weights / weights.mean()


def gradient_penalty(
    critic: Callable[[Tensor], Tensor], source: Tensor, target: Tensor, share: Tensor
) -> Tensor:
    r"""Mean :math:`(\|\nabla f(z)\| - 1)^2` at both samples and between their pairs.

    The points between are :math:`z_t + u (z_s - z_t)` with :math:`u` in ``[0, 1]``; it keeps a
    critic near Lipschitz constant one. Gulrajani et al., NIPS 2017; at the samples themselves too,
    Shen et al., "Wasserstein distance guided representation learning", AAAI 2018.

    Args:
        critic: :math:`f`, maps ``(n, d)`` to ``(n, 1)``.
        source: :math:`z_s`, shape ``(n, d)``; takes no gradient.
        target: :math:`z_t`, shape ``(m, d)``; the longer sample's surplus has no pair.
        share: :math:`u`, shape ``(min(n, m), 1)``.

    Returns:
        Scalar, at least 0, differentiable in the critic's parameters.

    Raises:
        ValueError: Widths differ, a domain has no sample, or ``share`` is longer than the shorter.
    """
    check_pair(source, target)
    if share.shape != (len(share), 1) or len(share) > min(len(source), len(target)):
        raise ValueError(
            f"expected share (k, 1) of at most {min(len(source), len(target))} pairs, got "
            f"{tuple(share.shape)}"
        )
    source, target, pairs = source.detach(), target.detach(), len(share)
    device = source.device.type
    if torch.is_autocast_enabled(device):  # under which weights are single, not where they are half
        source, target, share = single(source), single(target), single(share)
    with torch.enable_grad(), torch.autocast(device, enabled=False):
        mixtures = target[:pairs] + share * (source[:pairs] - target[:pairs])
        points = torch.cat((source, target, mixtures)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        return (single(slope).norm(dim=1) - 1).square().mean()


def multilinear_map(z: Tensor, p: Tensor) -> Tensor:
    r"""Outer product :math:`z \otimes p` of each sample, flattened.

    Long et al., "Conditional adversarial domain adaptation", NeurIPS 2018 (multilinear
    conditioning).

    Args:
        z: Features, shape ``(n, d)``.
        p: Class probabilities, shape ``(n, k)``.

    Returns:
        Shape ``(n, d * k)``; column ``a * k + b`` is ``z[:, a] * p[:, b]``.

    Raises:
        ValueError: The numbers of samples differ.
    """
    _check_rows(z, p)
    return (z[:, :, None] * p[:, None, :]).flatten(1)


def random_multilinear_map(z: Tensor, p: Tensor, draw_z: Tensor, draw_p: Tensor) -> Tensor:
    r"""Randomised outer product :math:`\frac{1}{\sqrt D} (R_z^\top z) \odot (R_p^\top p)`.

    Inner products of it estimate those of ``multilinear_map`` without bias. Long et al., NeurIPS
    2018, theorem 1, for ``d * k`` above 4096.

    Args:
        z: Features, shape ``(n, d)``.
        p: Class probabilities, shape ``(n, k)``.
        draw_z: :math:`R_z`, fixed, standard normal, shape ``(d, D)``.
        draw_p: :math:`R_p`, fixed, standard normal, shape ``(k, D)``.

    Returns:
        Shape ``(n, D)``.

    Raises:
        ValueError: The numbers of samples differ.
    """
    _check_rows(z, p)
    return _random_product(z, p, draw_z, draw_p).to(torch.promote_types(z.dtype, p.dtype))


@widened
def _random_product(z: Tensor, p: Tensor, draw_z: Tensor, draw_p: Tensor) -> Tensor:
    return (z @ draw_z) * (p @ draw_p) / draw_z.shape[1] ** 0.5


def _check_rows(z: Tensor, p: Tensor) -> None:
    if len(z) != len(p):
        raise ValueError(
            f"features of {len(z)} samples but probabilities of {len(p)}; give both of each sample"
        )
