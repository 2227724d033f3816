"""How sure predictions are."""

import torch
from torch import Tensor


def entropy(logits: Tensor) -> Tensor:
    r"""Entropy :math:`-\sum_k p_k \log p_k` of each sample's softmax, in nats: ``(n, k) -> (n,)``.

    In ``[0, log k]``, finite at any finite logits.
    """
    log_p = logits.log_softmax(-1)
    return -(log_p.exp() * log_p).sum(-1)


def entropy_weights(logits: Tensor) -> Tensor:
    r"""Weights :math:`1 + e^{-H(p)}` brought to mean one: ``(n, k) -> (n,)``; sure samples weigh more.

    Long et al., "Conditional adversarial domain adaptation", NeurIPS 2018, section 3.3 (CDAN+E).
    """
    weights = 1.0 + torch.exp(-entropy(logits))
    return weights / weights.mean()
