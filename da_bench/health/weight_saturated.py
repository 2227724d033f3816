"""A weight that should grow is full from the start."""

from .record import Course, Finding

EARLY = 0.02
"""Share of the training that counts as its start."""
FULL = 0.99
"""Share of the schedule's peak from which the weight counts as full."""
LOW = 0.5
"""Share of the peak up to which a schedule begins that is meant to grow."""


def weight_saturated(course: Course) -> Finding | None:
    r"""A schedule that begins low has reached its peak in the first 2 % of the training.

    What is seen: a schedule whose value at progress 0 is at most half of its peak (so it is meant
    to grow), and which either is at 99 % of the peak at progress 0.02 by its own formula, or was
    seen at 99 % while at most 2 % of the training were done (so the progress it is given is wrong).
    A constant schedule is a choice, and is not meant; neither is one that falls.

    Causes:

    * a progress computed wrongly. In a published benchmark :math:`p` was ``step / epochs + 1 /
      batches``, which passes 1 within the first epoch, so the ramp :math:`2 / (1 + e^{-10p}) - 1`
      was 1 from then on;
    * a growth rate for steps where progress in ``[0, 1]`` is meant, such as ``gamma: 10000``;
    * a resume that takes its progress from a counter of all earlier runs;
    * a warm-up in steps that is shorter than the first epoch.

    What follows: the critic is random when its reversed gradient already counts in full, so the
    encoder learns noise at the learning rate's highest; training from scratch is then often
    unstable, and differences between methods are partly differences between their warm-ups.

    What to do: assert the schedule at three points, ``ramp(0) = 0``, ``ramp(0.5) = 0.987``,
    ``ramp(1) = 0.9999``; take ``DomainAdapter.progress``; if a constant weight is wanted, say
    ``schedule: constant``, and the configuration tells the truth.

    It is a warning.

    Source: Ganin et al., JMLR 2016, section 5.2.2 (why the weight grows); the fault is the first in
    the list of the design's section 9.
    """
    for name, shape in course.shapes.items():
        peak = max(map(abs, shape), default=0.0)
        if peak == 0 or abs(shape[0]) > LOW * peak:
            continue
        early = shape[round(EARLY * (len(shape) - 1))]
        early_full = [
            record
            for record in course.records
            if record.done <= EARLY and abs(record.factors.get(name, 0.0)) >= FULL * peak
        ]
        if abs(early) >= FULL * peak or early_full:
            time_words = (
                "by its own formula"
                if not early_full
                else f"at {early_full[0].done:.1%} of the training"
            )
            first = early_full[0] if early_full else course.records[-1]
            return Finding(
                "weight_saturated", "warning", first.step,
                f"{name} begins at {shape[0]:.2g} and is at its peak {peak:.2g} {time_words}",
                "give it progress in [0, 1], or say constant if that is meant",
            )  # fmt: skip
    return None
