"""The guard: a model that calls everything one class can please a validator."""

import math
from typing import NamedTuple

from .outputs import Outputs, target_logits

LEAST = 0.5
"""Least share of the classes predicted, and of the greatest entropy, that is not suspect."""


class Collapse(NamedTuple):
    """How many classes the target's predictions use."""

    predicted: int
    """Classes that some target sample is assigned to."""
    classes: int
    evenness: float
    r"""Entropy of the mean prediction over :math:`\log k`: 1 for all alike, 0 for one class."""

    @property
    def suspect(self) -> bool:
        """Whether one class is all there is, or less than half of them, or very unevenly."""
        has_few_classes = (
            self.predicted == 1 or self.predicted < LEAST * self.classes
        )  # half of two is one
        return has_few_classes or self.evenness < LEAST

    def __str__(self) -> str:
        """The counts and the evenness in a few words."""
        words = f"{self.predicted}/{self.classes} classes, evenness {self.evenness:.2f}"
        return f"COLLAPSED: {words}" if self.suspect else words


def collapse(outputs: Outputs) -> Collapse:
    """Looks at the target's predictions.

    Raises:
        Undefined: No target sample or one class.
    """
    logits = target_logits(outputs)
    mean = logits.softmax(1).mean(0)
    evenness = -(mean.xlogy(mean)).sum().item() / math.log(logits.shape[1])
    return Collapse(len(logits.argmax(1).unique()), logits.shape[1], evenness)
