"""Pseudo-labels: the network's own best guess of a target sample, taken for its label."""

from typing import Any

from torch import Tensor

from da_bench.functional import pseudo_label_loss
from da_bench.methods.base import DomainAdapter, Encoded


class PseudoLabel(DomainAdapter):
    r"""Cross-entropy of the target against its own most likely class, by a weight that comes late.

    Lee, "Pseudo-label: the simple and efficient semi-supervised learning method for deep neural
    networks", ICML workshop 2013: equation 15, with every sample counted (``threshold=0``) and the
    weight :math:`\alpha(t)` as ``weight_schedule``. A threshold on the confidence, which later work
    added, keeps out the guesses that a shift made wrong.

    Args:
        threshold: Least probability of a guess that counts, in ``[0, 1]``.
    """

    needs_classes = True
    trained_encoders = ("source", "target")

    def __init__(self, *args: Any, threshold: float = 0.0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not 0 <= threshold <= 1:
            raise ValueError(f"threshold={threshold}: a probability, in [0, 1]")
        self.threshold = threshold

    def adaptation_loss(self, source: Encoded, target: Encoded, progress: float) -> Tensor:
        """The loss of the target under its own guesses."""
        return pseudo_label_loss(target.logits, target.logits, self.threshold)
