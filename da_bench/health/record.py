"""What a diagnosis reads, and what it says: plain numbers, so that a checkpoint can carry them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, NamedTuple

Level = Literal["warning", "note"]
"""A ``warning`` is a fault that was measured; a ``note`` is a hint, which healthy runs may earn."""


@dataclass(frozen=True)
class Record:
    """One look at a training, on one held batch of each domain, in evaluation mode.

    None stands for what a method does not have, or what was not measured at that look.

    Attributes:
        step: Batches done.
        done: Share of the training's batches done, in ``[0, 1]``, counted by the watcher.
        progress: The share of the training done, as the method counts it.
        weight: Weight of the adaptation loss, without its schedule.
        factors: Values of the method's schedules at ``progress``, by name; as ``reversal``, the
            constant scale of the gradient that a critic sends back, where there is one.
        terms: Terms of the loss, before weights.
        gradient: Norm of the adaptation loss's gradient in the features, reversals included.
        source_gradient: Norm of the source risk's gradient in the features.
        critic_gradient: Norm of the gradient, in the features, of the critic's mean log odds of
            the source less those of the target.
        against_critic: Cosine of the adaptation loss's gradient in the features with that of the
            critic's log odds: above 0 where descent makes the domains alike, below where it helps
            the critic to separate them.
        accuracy: Balanced accuracy of the critic, in ``[0, 1]``.
        doubt: Mean probability that the critic gives to the wrong domain, in ``[0, 1]``.
        separable: Balanced accuracy with which the nearest mean (standardised) of one half of the
            batches tells the domains of the other half, in ``[0, 1]``.
        source_norm: Root mean square of the source's features.
        target_norm: Root mean square of the target's.
        spread: Standard deviation of the target's features over their root mean square.
        rank: Effective rank of the target's centred features, at least 1.
        predicted: Effective number of classes predicted on the target, at least 1.
        labelled: Effective number of classes among the source's labels, at least 1.
        source_kappa: Cohen's kappa of the source's predictions and labels: 1 agrees, 0 is a guess.
        norm_gap: Largest over the batch-norm layers of the mean over channels of the distance of
            the domains' means, in pooled standard deviations.
    """

    step: int
    done: float
    progress: float
    weight: float = 1.0
    factors: dict[str, float] = field(default_factory=dict)
    terms: dict[str, float] = field(default_factory=dict)
    gradient: float | None = None
    source_gradient: float | None = None
    critic_gradient: float | None = None
    against_critic: float | None = None
    accuracy: float | None = None
    doubt: float | None = None
    separable: float | None = None
    source_norm: float | None = None
    target_norm: float | None = None
    spread: float | None = None
    rank: float | None = None
    predicted: float | None = None
    labelled: float | None = None
    source_kappa: float | None = None
    norm_gap: float | None = None

    @property
    def pull(self) -> float:
        """What the adaptation loss is multiplied by: its weight times the weight's schedule."""
        return self.weight * self.factors.get("weight_schedule", 1.0)

    @property
    def reversal(self) -> float:
        """Factor by which the gradient of a critic is scaled on its way to the features."""
        return abs(self.factors.get("schedule", 1.0) * self.factors.get("reversal", 1.0))

    @property
    def scale(self) -> float:
        """All that grows or fades the method's effect on the encoder, multiplied."""
        return self.pull * self.factors.get("schedule", 1.0)


class Course(NamedTuple):
    """A training as far as it went."""

    records: Sequence[Record]
    """Records in order of their steps; the first may be of step 0, before any training."""
    adapts: bool = True
    """Whether the method has an adaptation loss at all."""
    classes: int = 0
    """That the task tells apart; 0 where it is no classification."""
    shapes: dict[str, list[float]] = {}
    """Each schedule at 51 even points of progress from 0 to 1."""

    @property
    def trained(self) -> list[Record]:
        """The looks at which the terms were measured: all after the start."""
        return [r for r in self.records if r.step > 0]

    def lasting(self, sign: Callable[[Record], bool], times: int = 2) -> bool:
        """Whether the last ``times`` looks all show a sign; at the training's end, the last one.

        In between a sign may pass. What is there at the end stays, and looks are far apart: of a
        short training the one before may be of its first epoch.
        """
        tail = self.trained[-times:]
        if tail and tail[-1].done >= 1:
            return sign(tail[-1])
        return len(tail) == times and all(map(sign, tail))

    def throughout(self, sign: Callable[[Record], bool]) -> bool:
        """Whether every look after a tenth of the training shows it, once half of it is done."""
        late_records = [r for r in self.trained if r.done >= 0.1]
        return (
            bool(late_records)
            and late_records[-1].done >= (0.5 if len(late_records) > 1 else 1)
            and all(map(sign, late_records))
        )


class Finding(NamedTuple):
    """What a diagnosis found."""

    name: str
    """Name of the diagnosis."""
    level: Level
    step: int
    """Step at which it was first seen."""
    evidence: str
    """The figures it rests on."""
    remedy: str
    """What to try first."""

    def line(self) -> str:
        """All of it in one line of the terminal."""
        return f"{self.name} ({self.level}, step {self.step}): {self.evidence}; {self.remedy}"

    def plain(self) -> dict[str, Any]:
        """The finding as plain values, as a row of results holds it."""
        return self._asdict()


def plain(records: Sequence[Record]) -> list[dict[str, Any]]:
    """Records as plain JSON types, for a checkpoint."""
    return [asdict(record) for record in records]
