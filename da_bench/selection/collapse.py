"""The guard: a model that calls everything one class can please a validator."""

import math
from typing import NamedTuple

from .outputs import Outputs, target_logits

LEAST = 0.5
"""Share of the classes predicted at or below which, and of the greatest entropy below which, a
model is suspect."""


class Collapse(NamedTuple):
    """How many classes the target's predictions use."""

    predicted: int
    """Classes that some target sample is assigned to."""
    classes: int
    evenness: float
    r"""Entropy of the mean prediction over :math:`\log k`: 1 for all alike, 0 for one class."""

    @property
    def suspect(self) -> bool:
        """Whether no more than half of the classes are predicted, or all very unevenly."""
        return self.predicted <= LEAST * self.classes or self.evenness < LEAST

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
