"""What the source alone says: right for the source, and as good as nothing under a large shift."""

import torch.nn.functional as F

from .outputs import Outputs, held_out


def accuracy(outputs: Outputs) -> float:
    r"""Accuracy on the source's validation split, :math:`\frac1h \sum_i [\hat y_i = y_i]`.

    The first of equal logits counts as the prediction. Higher is better; in ``[0, 1]``.

    Raises:
        Undefined: The source has no validation split.
    """
    _, logits, y = held_out(outputs)
    return (logits.argmax(1) == y).double().mean().item()


def risk(outputs: Outputs) -> float:
    r"""Cross-entropy on the source's validation split, in nats. Lower is better; at least 0.

    Raises:
        Undefined: The source has no validation split.
    """
    _, logits, y = held_out(outputs)
    return F.cross_entropy(logits, y).item()


def last(outputs: Outputs) -> float:
    """The last step, as most papers do: it says nothing of one setting over another, 0 of each."""
    return 0.0
