"""The adaptation loss is too small to move anything."""

from .record import Course, Finding, Record

LEAST = 1e-4
"""Least share of the source risk's gradient in the features, and of the source risk itself."""


def alignment_negligible(course: Course) -> Finding | None:
    r"""The adaptation loss moves the features less than a ten-thousandth of what the source does.

    What is seen when the training is over, at *every* look after its first tenth: the weighted
    adaptation loss is below 1e-4 of the source risk, *and* so is its gradient in the features
    beside the source risk's. (Earlier would be too early: a threshold may let samples pass once the
    source is fitted.) Both are asked for: a loss can be small where its gradient
    is not (a critic's, near its optimum), and a gradient is small where alignment has succeeded.

    Such a run is source-only training at a higher price. It is no harm done, but a table that
    lists the method's name beside source-only's figure says something untrue about the method.

    Causes:

    * a normalisation that the weight does not make up for: CORAL divides by :math:`4 d^2`, which
      for 2048 features is 16.8 million; MMD with one narrow kernel is almost zero, as is its
      gradient, where the domains are far apart;
    * a weight schedule at its start in a training that is too short (should it never rise, that is
      ``weight_never_rises``);
    * pseudo-labels or a consistency term whose threshold no sample passes.

    What to do: raise ``weight`` until both gradients are of one order; take a bandwidth from the
    data (the median distance, or several kernels, as ``dan`` has); lower the threshold; look at the
    share of target samples that pass it.

    It is a *note*: the figure stands, as source-only's, and a held batch in which no sample passes
    a threshold says only that few do in the training (so it is with FixMatch on the digits). Where
    a critic sends no gradient at all, ``no_adversarial_gradient`` is named, a warning.

    Source: Sun and Saenko, "Deep CORAL", ECCV workshops 2016, section 3 (the weight); Gretton et
    al., "Optimal kernel choice for large-scale two-sample tests", NeurIPS 2012 (bandwidths that
    see nothing).
    """

    def faint(record: Record) -> bool:
        if not record.gradient or record.source_gradient is None or record.pull == 0:
            nothing = record.gradient == 0 and bool(record.pull)
            return nothing and record.terms.get("adaptation_loss") == 0
        term = abs(record.pull * record.terms.get("adaptation_loss", 0.0))
        small = term <= LEAST * abs(record.terms.get("source_risk", 0.0))
        return small and abs(record.pull) * record.gradient <= LEAST * record.source_gradient

    is_over = bool(course.trained) and course.trained[-1].done >= 1
    if not course.adapts or not is_over or not course.throughout(faint):
        return None
    last = course.trained[-1]
    return Finding(
        "alignment_negligible", "note", last.step,
        f"the weighted adaptation loss is {last.pull * last.terms['adaptation_loss']:.1e} beside a "
        f"source risk of {last.terms.get('source_risk', 0.0):.1e}, its gradient likewise",
        "raise the weight, widen the kernel or lower the threshold",
    )  # fmt: skip
