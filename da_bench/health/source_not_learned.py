"""The classifier knows no more of the source than its class shares."""

import math

from .record import Course, Finding, Record

SHARE = 0.98
"""Share of the risk of a guess by class shares, below which something is learned."""
KAPPA = 0.1
"""Cohen's kappa below which nothing is learned: 0 is a guess, 1 all right."""
PATIENCE = 100
"""Batches that any training may take to begin."""


def source_not_learned(course: Course) -> Finding | None:
    r"""Source predictions are no better than a guess by class shares, past half of the training.

    What is seen, on the held training batches at two looks in a row (at the end, at one): on the
    source, predictions with Cohen's :math:`\kappa \le 0.1` and a source risk of at least
    :math:`0.98\,\log K`, with :math:`K` the effective number of classes among the batch's labels,
    the exponential of the entropy of their shares; so :math:`\log K` is the risk of the best guess
    that doesn't look at the input. It takes both: a model that is right but too sure of the rest
    has a high risk and a high :math:`\kappa`; one trained on a reweighted source may give most of
    it up, and has a low :math:`\kappa` and a low risk. Nothing is said in the first half of the
    training, nor in its first 100 batches: deep encoders start there. Of classifications alone,
    with more than one class in the source.

    Adaptation rests on a classifier of the source (the first term of Ben-David's bound), so
    whatever the adaptation loss says, such a run has nothing to hand over. It can look aligned all
    the better: features without classes are easily made alike.

    Causes:

    * an adaptation weight that is too high, though short of ``alignment_dominates``;
    * a learning rate that is too high (the risk jumps, often far above chance) or too low, or a
      training that is too short;
    * labels that do not belong to the inputs: files sorted differently, an index off by one;
    * an encoder that is dead or frozen: ReLUs that are all off, inputs far from unit scale.

    What to do: train ``source_only`` with the same optimiser. If that is reported too, look at the
    data and the learning rate; if not, lower the weight or raise it by a schedule.

    It is a warning.

    Source: Ben-David et al., "A theory of learning from different domains", Machine Learning 2010,
    theorem 2 (the source error bounds the target's); Cohen, Educational and Psychological
    Measurement 1960, for kappa; Wang et al., "Characterizing and avoiding negative transfer", CVPR
    2019, on adaptation that does worse than none.
    """

    def chance(record: Record) -> float:
        has_several_labels = record.labelled is not None and record.labelled > 1.5
        return math.log(record.labelled or 1.0) if has_several_labels else math.inf

    def ignorant(record: Record) -> bool:
        if record.done < 0.5 or record.step < PATIENCE or record.source_kappa is None:
            return False
        risk = record.terms.get("source_risk", 0.0)
        return record.source_kappa <= KAPPA and risk >= SHARE * chance(record)

    if not course.classes or not course.lasting(ignorant):
        return None
    last = course.trained[-1]
    return Finding(
        "source_not_learned", "warning", last.step,
        f"source predictions have Cohen's kappa {last.source_kappa:.2f} and risk "
        f"{last.terms['source_risk']:.3g}, a guess by class shares has {chance(last):.3g}",
        "lower the adaptation weight or the learning rate, or check that labels belong to inputs",
    )  # fmt: skip
