"""The features shrink to nothing."""

from .record import Course, Finding, Record

SMALL = 1e-4
"""Root mean square below which features count as nothing: a head's weights are of order 0.1."""
SHRUNK = 1e-3
"""Share of the size that they had before training."""


def feature_norm_collapse(course: Course) -> Finding | None:
    r"""The features of a domain are almost zero, so that the head predicts from its bias alone.

    What is seen: the root mean square of a domain's features, :math:`\sqrt{\overline{z_{ij}^2}}`,
    is below 1e-4, or below a thousandth of what it was before training, at two looks in a row (at
    the end of the training, at one). Both domains are looked at: the target's alone can shrink, as
    features of a domain with other inputs do that no source risk holds up.

    Causes:

    * most discrepancies (MMD with a fixed bandwidth, CORAL, Wasserstein) are least where all
      features are zero; with a weight that dominates the source risk that is where they go;
    * weight decay on an encoder whose source risk is fitted, over many epochs;
    * rectifiers that died in the first steps of a learning rate that was too high;
    * inputs that are not scaled: a transform that divides by 255 twice.

    What it entails, and what is therefore not named beside it: few directions, few classes
    predicted, a critic that sees nothing, gradients that vanish.

    What to do: lower ``weight`` or raise it by a schedule (``ramp``); align scale-free (a kernel
    whose bandwidth follows the median distance, features of unit length); hold norms up by
    adaptive feature norm (the method ``afn``), which was proposed for exactly this; look at the
    inputs' mean and standard deviation in both domains.

    It is a warning. Both bounds lie far below what training does to the size of features by itself:
    in the trainings looked at for these bounds it grew up to twentyfold, and shrank to an eighth
    where predictions had collapsed.

    Source: Xu, Li, Yang and Lin, "Larger norm more transferable: an adaptive feature norm approach
    for unsupervised domain adaptation", ICCV 2019, section 3 (small norms of the target's features
    go with erratic predictions).
    """
    before = sizes(course.records[0]) if course.records else []

    def small(record: Record) -> bool:
        current_sizes = sizes(record)
        shrunk = (n <= SHRUNK * b for n, b in zip(current_sizes, before, strict=False))
        return any(n <= SMALL for n in current_sizes) or any(shrunk)

    if not course.lasting(small):
        return None
    last = course.trained[-1]
    return Finding(
        "feature_norm_collapse", "warning", last.step,
        f"features have size {min(sizes(last)):.1e}, {min(before):.1e} before training",
        "lower the weight, or hold norms up by afn",
    )  # fmt: skip


def sizes(record: Record) -> list[float]:
    """Root mean squares of both domains' features, where they were measured."""
    return [size for size in (record.source_norm, record.target_norm) if size is not None]
