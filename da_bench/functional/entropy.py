"""How sure predictions are, and weights that trust the sure ones."""

import torch
from torch import Tensor

from ._precision import widened


@widened
def entropy(logits: Tensor) -> Tensor:
    r"""Entropy :math:`-\sum_k p_k \log p_k` of each sample's softmax.

    Grandvalet and Bengio, "Semi-supervised learning by entropy minimization", NIPS 2004.

    Args:
        logits: Shape ``(n, k)``; ``-inf`` masks a class.

    Returns:
        Shape ``(n,)``, in nats, in ``[0, log k]``. Value and gradient are finite at any size of the
        logits.
    """
    log_p = logits.log_softmax(-1)
    # At -inf the product would be 0 * inf = NaN, where the limit is 0.
    return -(log_p.exp() * log_p.clamp_min(torch.finfo(log_p.dtype).min)).sum(-1)


@widened
def entropy_weights(logits: Tensor) -> Tensor:
    r"""CDAN+E's weights :math:`1 + e^{-H(p)}`, over their mean; sure samples weigh more.

    Long et al., "Conditional adversarial domain adaptation", NeurIPS 2018, equation 9.

    Args:
        logits: Shape ``(n, k)``; detach them to keep the weights out of the gradient.

    Returns:
        Shape ``(n,)``, positive, with mean one.
    """
    weights = 1.0 + torch.exp(-entropy(logits))
    return weights / weights.mean()
