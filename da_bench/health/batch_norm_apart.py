"""The domains' statistics at a batch norm have little to do with one another."""

from .record import Course, Finding, Record

APART = 3.0
"""Pooled standard deviations between the domains' means, on average over a layer's channels."""


def batch_norm_apart(course: Course) -> Finding | None:
    r"""At a batch norm that both domains share, their means are three standard deviations apart.

    What is seen, on the held batches at two looks in a row (at the end, at one): at some layer of
    batch norm, the mean over its channels of :math:`|\mu_s - \mu_t|` over the pooled standard
    deviation (10 at most of one channel) is 3 or more, so that in a typical channel the two domains
    do not overlap. Layers that keep statistics of each domain (``batch_norm: own``, AdaBN, DSBN)
    are not looked at.

    What follows depends on ``batch_norm``. With ``joint`` statistics each domain is normalised by
    a mixture of two peaks: within a domain the features vary little, and the layer mostly encodes
    which domain a sample is of. With ``source`` or ``frozen`` statistics the target's activations
    are far from zero, and rectifiers after them are all open or all shut. With ``separate``
    statistics in training, evaluation uses averages over both, which are neither's.

    Causes: inputs of other scale or polarity (inverted images, other sensors, another unit);
    a pre-processing that differs between the domains' loaders; a domain that is constant in some
    channels.

    What to do: standardise the inputs of each domain by its own mean and deviation; use
    ``batch_norm: own`` (domain-specific batch norm) or the method ``adabn``; check that both
    domains pass through the same transforms.

    It is a *note*: the domains differ, which is why adaptation is wanted; many a method does well
    all the same. Notes are counted apart and never name a run's ``diagnosis``.

    Source: Li, Wang, Shi, Hou and Liu, "Adaptive batch normalization for practical domain
    adaptation", Pattern Recognition 2018, section 3; Chang et al., "Domain-specific batch
    normalization for unsupervised domain adaptation", CVPR 2019; Cohen, "Statistical power
    analysis", 1988, for the unit.
    """

    def apart(record: Record) -> bool:
        return record.norm_gap is not None and record.norm_gap >= APART

    if not course.lasting(apart):
        return None
    last_record = course.trained[-1]
    return Finding(
        "batch_norm_apart", "note", last_record.step,
        f"the domains' means at a batch norm lie {last_record.norm_gap:.1f} standard deviations "
        "apart",
        "standardise each domain's inputs, or use batch_norm: own or adabn",
    )  # fmt: skip
