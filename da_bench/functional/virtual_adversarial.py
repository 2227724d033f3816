"""Virtual adversarial training: predictions held constant where they change the most."""

from collections.abc import Callable

import torch
from torch import Tensor

from ._check import check_positive
from ._precision import is_half, single, widened


@widened
def kl_divergence(logits: Tensor, other: Tensor) -> Tensor:
    r"""Kullback-Leibler divergence :math:`\sum_c p_c (\log p_c - \log p'_c)` of each sample.

    Args:
        logits: Logits of :math:`p`, shape ``(n, k)``.
        other: Logits of :math:`p'`, shape ``(n, k)``.

    Returns:
        Shape ``(n,)``, in nats, at least 0 up to rounding. A class that :math:`p` masks by ``-inf``
        counts for nothing; one that :math:`p'` alone masks makes it infinite.
    """
    log_p, log_q = logits.log_softmax(1), other.log_softmax(1)
    is_possible = log_p > -torch.inf  # elsewhere 0 (log 0 - x), whose limit is 0
    log_ratio = torch.where(is_possible, log_p, 0) - torch.where(is_possible, log_q, 0)
    return (log_p.exp() * log_ratio).sum(1)


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

    It is a difference of predictions that hardly differ, so the network is called outside autocast,
    for :math:`p(x)` too: of half-precision outputs the direction is rounding. Where its weights are
    of half precision, :math:`g = J^\top (\mathrm{diag}\,p - p p^\top) J d_0` with the Jacobian
    :math:`J` of the logits, which is :math:`H d_0` and no difference; ``probe`` does not count.

    Args:
        network: Maps inputs ``(n, ...)`` to logits ``(n, k)``.
        x: Inputs ``(n, ...)``, floating.
        logits: Logits of ``x``, ``(n, k)``; constants here. Under autocast they are computed anew.
        radius: :math:`\epsilon`, Euclidean, in units of ``x``, above 0.
        probe: :math:`\xi`, in units of ``x``, above 0. Differences of predictions at 1e-6, the
            usual value, drown in the rounding of single precision; so it is longer where a sample
            is so long that its own rounding would swallow it.
        steps: Power iterations.
        start: :math:`d_0`, like ``x``; None draws normal noise.

    Returns:
        Like ``x``, detached; every sample's norm is ``radius`` (zero where nothing changes).

    Raises:
        TypeError: ``x`` is not a floating tensor: tokens, say, have no neighbourhood.
        ValueError: ``radius``, ``probe`` or ``steps`` is not positive, or there is no sample.
    """
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        raise TypeError(
            "virtual adversarial training perturbs inputs, which must be one floating tensor, "
            f"not {x.dtype if isinstance(x, Tensor) else type(x).__name__}"
        )
    if not len(x):
        raise ValueError(f"no sample to perturb: x is {tuple(x.shape)}; skip an empty batch")
    for name, number in (("radius", radius), ("probe", probe), ("steps", steps)):
        check_positive(name, number)
    dtype, device, logits = x.dtype, x.device.type, logits.detach()
    autocast = torch.is_autocast_enabled(device)
    x = single(x.detach()) if autocast else x.detach()
    direction = single(torch.randn_like(x) if start is None else start)
    with torch.autocast(device, enabled=False):
        if autocast:
            with torch.no_grad():
                logits = network(x)
        length = 128 * torch.finfo(x.dtype).eps * single(x).flatten(1).norm(dim=1)
        length = length.clamp_min(probe).view(-1, *[1] * (x.ndim - 1))
        with torch.enable_grad():
            for _ in range(steps):
                d = (length * _unit(direction)).detach()
                if is_half(x) or is_half(logits):  # the weights are, too
                    direction = _curved(network, x, _unit(direction))
                    continue
                d.requires_grad_()
                (direction,) = torch.autograd.grad(kl_divergence(logits, network(x + d)).sum(), d)
    return (radius * _unit(direction)).detach().to(dtype)


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
        logits: Logits of ``x``, ``(n, k)``.
        radius: Length of the perturbation, in units of ``x``.
        probe: Length at which the direction is sought.
        steps: Power iterations.
        start: Where they begin; None draws normal noise.

    Returns:
        Scalar, in nats, at least 0.
    """
    r = virtual_adversarial_perturbation(network, x, logits, radius, probe, steps, start)
    return kl_divergence(logits.detach(), network(x + r)).mean()


def _curved(network: Callable[[Tensor], Tensor], x: Tensor, direction: Tensor) -> Tensor:
    """The Hessian's product with a direction, each sample's up to its length."""
    x = x.detach().requires_grad_()
    logits = network(x)
    left = torch.zeros_like(logits, requires_grad=True)
    # Its slope in `left` is the forward product: what is linear has no rounding to drown in.
    (backward_gradient,) = torch.autograd.grad(logits, x, left, create_graph=True)
    (change,) = torch.autograd.grad(
        backward_gradient, left, direction.to(backward_gradient), retain_graph=True
    )
    p, change = single(logits).softmax(1).detach(), single(change)
    pull = p * (change - (p * change).sum(1, keepdim=True))
    (product,) = torch.autograd.grad(logits, x, _unit(pull).to(logits))
    return single(product)


def _unit(direction: Tensor) -> Tensor:
    """Each sample's direction at length one; squares of tiny gradients must not underflow."""
    flat_direction = direction.flatten(1)
    tiny = torch.finfo(flat_direction.dtype).tiny
    flat_direction = flat_direction / flat_direction.abs().amax(1, keepdim=True).clamp_min(tiny)
    return (flat_direction / flat_direction.norm(dim=1, keepdim=True).clamp_min(tiny)).view_as(
        direction
    )
