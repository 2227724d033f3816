"""The features lie on a point or on a line."""

from .record import Course, Finding, Record

STILL = 1e-3
"""Spread, over size, at which all samples are one point."""
ROOM = 0.1
"""Directions a class, beyond one, that features must have: a tenth of what telling them takes."""


def feature_rank_collapse(course: Course) -> Finding | None:
    r"""The target's features have hardly a direction left in which samples differ.

    What is seen, on the held batch of the target at two looks in a row (at the end, at one):
    either all samples are one point (their standard deviation is below a thousandth of their
    size), or the effective rank of the centred features, the exponential of the entropy of their
    normalised singular values, is below :math:`1 + 0.1\,(K - 2)` for :math:`K` classes.

    The bound is far below what a good network has. Trained to convergence, features of K classes
    gather in K - 1 directions (neural collapse, which is no fault), so with two classes one
    direction is all there need be, and only the point is a fault; with ten classes the bound is
    1.8 where nine directions are expected.

    Causes:

    * an alignment that dominates the source risk: moments and kernels of a point are easy to match;
    * entropy minimisation or self-training that has moved all samples to one class;
    * an encoder that ignores its input: dead rectifiers, a learning rate that was too high, batch
      norm in evaluation mode whose averages are of other data.

    What to do: lower ``weight``; prefer a term that keeps diversity (``bnm``,
    ``information_maximisation``) to plain entropy; look at whether the source's accuracy is above
    chance: if not, the fault is in the source risk and not in the alignment.

    It is a warning. Where features shrink to nothing (``feature_norm_collapse``), that is named.

    Source: Roy and Vetterli, "The effective rank", EUSIPCO 2007; Garrido, Balestriero, Najman and
    LeCun, "RankMe", ICML 2023; Papyan, Han and Donoho, "Prevalence of neural collapse during the
    terminal phase of deep learning training", PNAS 2020, for what is *not* a fault.
    """
    min_rank = 1 + ROOM * max(0, course.classes - 2)

    def flat(record: Record) -> bool:
        if record.spread is None or record.rank is None:
            return False
        return record.spread <= STILL or record.rank < min_rank

    if not course.lasting(flat):
        return None
    last = course.trained[-1]
    return Finding(
        "feature_rank_collapse", "warning", last.step,
        f"the target's features have effective rank {last.rank:.2f} and spread {last.spread:.1e}",
        "lower the weight, or add a term that keeps diversity such as bnm",
    )  # fmt: skip
