"""Virtual adversarial training: predictions held constant where they change the most."""

from collections.abc import Callable

import torch
from torch import Tensor


def kl_divergence(logits: Tensor, other: Tensor) -> Tensor:
    r"""Kullback-Leibler divergence :math:`\sum_c p_c (\log p_c - \log p'_c)` of each sample.

    Args:
        logits: Of :math:`p`, shape ``(n, k)``.
        other: Of :math:`p'`, shape ``(n, k)``.

    Returns:
        Shape ``(n,)``, in nats, at least 0 up to rounding.
    """
    log_p = logits.log_softmax(1)
    return (log_p.exp() * (log_p - other.log_softmax(1))).sum(1)


def virtual_adversarial_perturbation(
    network: Callable[[Tensor], Tensor],
    x: Tensor,
    logits: Tensor,
    radius: float,
    probe: float = 1e-2,
    steps: int = 1,
    start: Tensor | None = None,
) -> Tensor:
    r"""The step of length :math:`\epsilon` that changes a network's predictions most, to 2nd order.

    .. math:: r = \epsilon \frac{g}{\|g\|}, \qquad
        g = \nabla_d\, KL\bigl(p(x) \,\|\, p(x + d)\bigr) \big|_{d = \xi d_0 / \|d_0\|}

    The divergence and its gradient vanish at :math:`d = 0`, so that :math:`g` is about :math:`\xi H
    d_0`: one power iteration towards the leading eigenvector of the Hessian :math:`H`. Miyato et
    al., "Virtual adversarial training", TPAMI 2018, section 3.3.

    Args:
        network: Maps inputs ``(n, ...)`` to logits ``(n, k)``.
        x: Inputs ``(n, ...)``, floating.
        logits: Of ``x``, ``(n, k)``; constants here.
        radius: :math:`\epsilon`, Euclidean, in units of ``x``, above 0.
        probe: :math:`\xi`, in units of ``x``, above 0. Differences of predictions at 1e-6, the
            usual value, drown in the rounding of single precision.
        steps: Power iterations.
        start: :math:`d_0`, like ``x``; None draws normal noise.

    Returns:
        Like ``x``, detached; every sample's norm is ``radius`` (zero where nothing changes).

    Raises:
        TypeError: ``x`` is not a floating tensor: tokens, say, have no neighbourhood.
    """
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        raise TypeError(
            "virtual adversarial training perturbs inputs, which must be one floating tensor, "
            f"not {x.dtype if isinstance(x, Tensor) else type(x).__name__}"
        )
    x, logits = x.detach(), logits.detach()
    direction = torch.randn_like(x) if start is None else start
    with torch.enable_grad():
        for _ in range(steps):
            d = (probe * _unit(direction)).detach().requires_grad_()
            change = kl_divergence(logits, network(x + d)).sum()
            (direction,) = torch.autograd.grad(change, d)
    return (radius * _unit(direction)).detach()


def virtual_adversarial_loss(
    network: Callable[[Tensor], Tensor],
    x: Tensor,
    logits: Tensor,
    radius: float,
    probe: float = 1e-2,
    steps: int = 1,
    start: Tensor | None = None,
) -> Tensor:
    r"""Mean :math:`KL(p(x) \,\|\, p(x + r))` at the virtual adversarial :math:`r`.

    Neither :math:`p(x)` nor :math:`r` takes a gradient. Miyato et al., TPAMI 2018; with VADA, Shu
    et al., ICLR 2018, equation 7.

    Args:
        network: Maps inputs ``(n, ...)`` to logits ``(n, k)``.
        x: Inputs ``(n, ...)``, floating.
        logits: Of ``x``, ``(n, k)``.
        radius: Length of the perturbation, in units of ``x``.
        probe: Length at which the direction is sought.
        steps: Power iterations.
        start: Where they begin; None draws normal noise.

    Returns:
        Scalar, in nats, at least 0.
    """
    r = virtual_adversarial_perturbation(network, x, logits, radius, probe, steps, start)
    return kl_divergence(logits.detach(), network(x + r)).mean()


def _unit(direction: Tensor) -> Tensor:
    """Each sample's direction at length one; squares of tiny gradients must not underflow."""
    flat = direction.flatten(1)
    tiny = torch.finfo(flat.dtype).tiny
    flat = flat / flat.abs().amax(1, keepdim=True).clamp_min(tiny)
    return (flat / flat.norm(dim=1, keepdim=True).clamp_min(tiny)).view_as(direction)
