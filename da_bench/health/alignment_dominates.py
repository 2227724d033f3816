"""The adaptation loss drowns the source risk."""

import math

from .record import Course, Finding, Record

TIMES = 1000.0
"""Weighted adaptation loss over source risk."""
FITTED = 0.1
"""Share of the risk of chance, or of the first seen, below which the source is fitted."""


def alignment_dominates(course: Course) -> Finding | None:
    r"""The weighted adaptation loss is a thousand times the source risk, or more.

    What is seen, at two looks in a row (at the end, at one): :math:`w\,|L_{adaptation}| \ge
    1000\,R`, with :math:`R` the source risk or, where that is larger, a tenth of the risk that
    chance has, :math:`\log K` for :math:`K` classes, or of the first one seen. Without this floor
    every run that fits its source, or starts from a fitted one, would be reported: there the risk
    goes to zero while a critic's loss stays at :math:`\log 2`, and nothing is wrong.

    Causes:

    * a term that is a sum where a mean is meant: over samples, features or pixels (a squared
      distance of 2048 features, CORAL without its :math:`4 d^2`);
    * features that are not scaled: moments of order k grow with the k-th power of their size;
    * a weight copied from a paper whose loss has another unit.

    What follows: the encoder serves the alignment alone. The source risk stays near chance, and
    the features end where the discrepancy is least, often in a point, which is why collapse of
    features or predictions is not named beside this, its cause.

    What to do: divide the term by what it sums over; choose the weight so that both gradients in
    the features are of one order at the start (the method's log has both terms); raise it by a
    schedule; standardise the features (a last batch norm) before high moments.

    It is a warning.

    Source: Sun and Saenko, "Deep CORAL", ECCV workshops 2016, section 3 (the weight is set so that
    both losses are roughly the same at the end); Chen et al., "GradNorm", ICML 2018, on balancing
    terms by gradients.
    """
    risks = [look.terms["source_risk"] for look in course.trained if "source_risk" in look.terms]
    if not course.adapts or not risks:
        return None

    floor = FITTED * max(risks[0], math.log(course.classes) if course.classes else 0.0)

    def ratio(record: Record) -> float:
        reference = max(record.terms.get("source_risk", 0.0), floor)
        term = abs(record.pull * record.terms.get("adaptation_loss", 0.0))
        return term / reference if reference > 0 else 0.0

    if not course.lasting(lambda record: ratio(record) >= TIMES):
        return None
    last_record = course.trained[-1]
    return Finding(
        "alignment_dominates", "warning", last_record.step,
        f"the weighted adaptation loss is {ratio(last_record):.0f} times the source risk",
        "lower the weight, or take a mean where the term takes a sum",
    )  # fmt: skip
