"""The target is predicted to be of one class, or of a few."""

from .record import Course, Finding, Record

ROOM = 0.05
"""Least share of the source's effective classes, beyond the first, in the predictions."""


def predictions_collapse(course: Course) -> Finding | None:
    r"""Predictions on the target fall on far fewer classes than the source's labels.

    What is seen, on the held batches at two looks in a row (at the end, at one): the effective
    number of classes predicted on the target, the exponential of the entropy of the shares of
    each, is at most :math:`1 + 0.05\,(K - 1)`, where :math:`K` is the same number of the source's
    labels. With two balanced classes that is 99 % of one class; with ten, 1.45 (91 % of one class
    where the others share the rest).

    The bound is low on purpose, because fewer classes can be the truth: under label shift, or in
    partial adaptation, where the target holds some of the source's classes. A target of a single
    class is reported as if it were a collapse: no one without target labels can tell the two apart.

    Causes:

    * entropy minimisation, pseudo-labels or self-training whose weight is too high too early: one
      sure class is the least entropy of all;
    * alignment of marginals under label shift: a critic fooled by moving classes onto one another;
    * a head on collapsed features, which is then named as what it is (``feature_norm_collapse``,
      ``feature_rank_collapse``), not as this;
    * batch norm in evaluation mode with averages that are not the target's.

    What to do: raise the weight by a schedule; add diversity (``information_maximisation``,
    ``bnm``, ``mcc``); balance pseudo-labels by class; estimate the target's class shares first
    (``bbse``, ``rlls``). Never choose such a run by entropy or SND: collapse scores best there.

    It is a warning.

    Source: Morerio, Cavazza and Murino, "Minimal-entropy correlation alignment", ICLR 2018, and
    Musgrave, Belongie and Lim, "Benchmarking validation methods for unsupervised domain
    adaptation", arXiv:2208.07360, 2022 (validators fooled by collapse); Shi and Sha, ICML 2012, for
    the term of diversity; Hill, Ecology 1973, for the effective number.
    """

    def few(record: Record) -> bool:
        if record.predicted is None or record.labelled is None or record.labelled < 1.5:
            return False
        return record.predicted <= 1 + ROOM * (record.labelled - 1)

    if not course.lasting(few):
        return None
    last_record = course.trained[-1]
    return Finding(
        "predictions_collapse", "warning", last_record.step,
        f"target predictions fall on {last_record.predicted:.2f} classes in effect, "
        f"source labels on {last_record.labelled:.2f}",
        "raise the weight by a schedule, or add diversity (information_maximisation, bnm, mcc)",
    )  # fmt: skip
