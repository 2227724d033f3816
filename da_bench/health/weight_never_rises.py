"""The weight of adaptation stays at nothing."""

from .record import Course, Finding

NOTHING = 0.01
"""Share of a schedule's peak, or of 1, up to which the weight counts as not risen."""


def weight_never_rises(course: Course) -> Finding | None:
    r"""The method's effect on the encoder is multiplied by zero, or nearly so, to the end.

    What is seen: either the whole training is done and the weight times its schedules never
    exceeded a hundredth of what the weight and the schedules' peaks allow (or the weight is zero);
    or a quarter of it is done and the progress that the method tells is below a tenth of that, so
    that any schedule is still at its start.

    Causes:

    * ``weight: 0``, left over from a search or meant as source-only training (for that, name the
      method ``source_only``: it is faster and its rows say what they are);
    * a schedule that begins after the training has ended: one made for another number of epochs,
      or in steps where progress in ``[0, 1]`` is asked for;
    * a progress that does not move: counted in epochs of a training of one epoch; kept in a plain
      attribute that a resume sets back to zero; or counted by ``global_step`` where several
      optimizers step.

    What to do: print the schedule at 0, 0.5 and 1; use ``DomainAdapter.progress``, which goes from
    0 to 1 over all batches whatever the number of optimizers, and survives a resume; with few
    steps, begin the schedule earlier (``late_ramp`` takes ``begin`` and ``end``).

    It is a warning: the run is source-only training under another name. Schedules that fall, as
    ``cosine``, are as high at the start as they should be and not meant.

    Source: Ganin et al., JMLR 2016, section 5.2.2 (the ramp by progress); Laine and Aila, "Temporal
    ensembling", ICLR 2017, section 2 (ramps of an unsupervised weight).
    """
    if not course.adapts or not course.records:
        return None
    last = course.records[-1]
    peak = abs(last.weight)
    for shape in course.shapes.values():
        peak *= max(map(abs, shape), default=1.0)
    largest_scale = max(abs(record.scale) for record in course.records)
    is_stuck = last.done >= 0.25 and last.progress <= 0.1 * last.done and bool(course.shapes)
    grows = any(abs(shape[0] - shape[-1]) > 1e-6 for shape in course.shapes.values())
    if not (is_stuck and grows) and not (last.done >= 1 and largest_scale <= NOTHING * peak):
        return None
    return Finding(
        "weight_never_rises", "warning", last.step,
        f"{last.done:.0%} of the training is done and the weight was at most {largest_scale:.1e}, "
        f"its peak {peak:.1e} (progress {last.progress:.2f})",
        "look at the weight, its schedule and the progress that it is given",
    )  # fmt: skip
