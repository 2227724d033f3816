"""The words of a diagnosis: each sentence names the figures it rests on."""

from typing import NamedTuple

from torch import Tensor

from .kinds import Array, Figure, shift_figures

# Set on 300 pairs without a shift so that at most 5 % are reported as any; see ``diagnose``.
ALPHA = 0.03
"""Largest p-value at which inputs differ, and at which class weights leave a difference."""
LEAST_GAP = 0.02
"""Where the interval of the error beyond reweighting must begin to speak of concept change."""
EXPLAINED = 0.25
"""Share of the distance that class weights must take away to speak of label shift."""
LEAST_MOVED = 0.02
"""Where the interval of the moved class shares must begin to speak of label shift."""
LABEL_ALPHA = 0.001
"""Largest p-value at which the features are said to predict the labels."""
SMALL_SHARE = 0.1
"""Below this share of effective samples, reweighting rests on too few."""


class Sentence(NamedTuple):
    """What is said, and the names of the figures it rests on."""

    text: str
    rests_on: tuple[str, ...]
    topic: str
    """One word for what it is about."""


class Diagnosis(NamedTuple):
    """What a diagnosis found: figures by name, and sentences that rest on them."""

    figures: dict[str, Figure]
    sentences: list[Sentence]


def diagnose(
    source: Tensor,
    target: Tensor,
    source_y: Array | None = None,
    target_y: Array | None = None,
    seed: int = 0,
) -> Diagnosis:
    """The figures of ``shift_figures``, whose arguments it takes, and what they suggest.

    Thresholds were set on 300 made pairs without a shift so that at most 5 % are reported as any.
    Of 175 fresh pairs of 400 and 300 samples, all labels read, these shares were reported as each
    (``tests/shift/test_kinds_calibration.py``)::

        made with       inputs differ   label   covariate   concept   any
        nothing                  0.01    0.00        0.00      0.01   0.02
        covariate only           1.00    0.56        0.56      0.00   1.00
        label only               1.00    0.92        0.04      0.00   1.00
        concept only             0.04    0.00        0.00      1.00   1.00

    A covariate shift along the axis that tells the classes moves their shares too: unlabelled
    samples don't tell it from label shift, and all 13 such pairs were called that. Across that axis
    1 of 12 was.
    """
    figures = shift_figures(source, target, source_y, target_y, seed)
    return Diagnosis(figures, sentences(figures, len(source)))


def sentences(figures: dict[str, Figure], n: int) -> list[Sentence]:
    """What the figures suggest, for ``n`` source samples."""
    a, mmd = figures["A-distance"], figures["MMD^2"]
    share = figures["effective sample share"]
    shares, remaining_gap = (
        figures.get(k) for k in ("class shares moved", "A-distance left by class weights")
    )
    gap = figures.get("error beyond reweighting")
    differ = min(a.p_value, mmd.p_value) <= ALPHA
    result = [inputs(a, mmd, differ)]
    result.append(Sentence(
        f"Weighting the source to look like the target would leave {share.value * n:.0f} effective "
        f"samples of {n} ({share.value:.0%}).", (share.name,), "weights",
    ))  # fmt: skip
    explained = 0.0
    if remaining_gap is not None and differ:
        explained = min(1.0, max(0.0, 1 - max(0.0, remaining_gap.value) / max(a.value, 1e-12)))
    # Class shares can't be estimated from labels that the features do not predict.
    accuracy = figures.get("held-out accuracy")
    labels_learnable = accuracy is not None and accuracy.p_value <= LABEL_ALPHA
    label = (
        differ
        and labels_learnable
        and shares is not None
        and shares.low > LEAST_MOVED
        and explained >= EXPLAINED
    )
    covariate = differ and (remaining_gap is None or remaining_gap.p_value <= ALPHA)
    if shares is None or accuracy is None:
        result.append(Sentence(
            "Without source labels, label shift can't be told from covariate shift.", (a.name,),
            "classes",
        ))  # fmt: skip
    else:
        result.append(Sentence(
            f"Class shares would have moved by {shares.value:.0%} [{shares.low:.0%}, "
            f"{shares.high:.0%}] if only they had: "
            + ("that looks like label shift (inputs moved along the classes look alike)." if label
               else "no label shift is shown.")
            + ("" if labels_learnable else " The features do not tell these labels."),
            (a.name, accuracy.name, shares.name)
            + ((remaining_gap.name,) if remaining_gap is not None else ()),
            "classes",
        ))  # fmt: skip
    if remaining_gap is not None and differ:
        result.append(Sentence(
            f"Class weights explain about {explained:.0%} of the distance: "
            f"{remaining_gap.value:.2f} "
            f"[{remaining_gap.low:.2f}, {remaining_gap.high:.2f}] of {a.value:.2f} is left, "
            + ("which looks like covariate shift (or, unseen without target labels, more)."
               if covariate else "which is not told from nothing."),
            (a.name, remaining_gap.name), "inputs_left",
        ))  # fmt: skip
    if gap is None:
        result.append(Sentence(
            "Concept change can't be seen without at least 20 target labels and source labels.",
            (a.name,), "concept",
        ))  # fmt: skip
    else:
        is_changed = gap.low > LEAST_GAP
        result.append(Sentence(
            f"The source's classifier errs {gap.value:+.1%} [{gap.low:+.1%}, {gap.high:+.1%}] more "
            "on the target than either kind of reweighting foretells: "
            + ("that looks like concept change." if is_changed else "no concept change is shown."),
            (gap.name,), "concept",
        ))  # fmt: skip
    concept = gap is not None and gap.low > LEAST_GAP
    result.append(
        families(differ, label, covariate, concept, share, [a, shares, remaining_gap, gap])
    )
    return result


def inputs(a: Figure, mmd: Figure, differ: bool) -> Sentence:
    """Whether the inputs differ at all."""
    finding = "The inputs differ" if differ else "No difference of the inputs was found"
    return Sentence(
        f"{finding}: A-distance {a.value:.2f} [{a.low:.2f}, {a.high:.2f}] of 2, smallest adjusted "
        f"p {min(a.p_value, mmd.p_value):.2g}.", (a.name, mmd.name), "inputs",
    )  # fmt: skip


def families(
    differ: bool,
    label: bool,
    covariate: bool,
    concept: bool,
    share: Figure,
    rests_on: list[Figure | None],
) -> Sentence:
    """Which to try first; source_only is the mark of each."""
    first = []
    if concept:
        first.append("fine-tuning on the target labels (fine_tune_head, target_few)")
    if label:
        first.append("label-shift weights (bbse, rlls)")
    if covariate and share.value >= SMALL_SHARE:
        first.append("instances (reweighted_logistic, reweighted_ulsif)")
    if covariate:
        first.append("features (deep_coral, dan), then adversarial (dann, cdan)")
    if not differ and not concept:
        first.append("source_only: there is nothing shown to adapt to")
    names = (share.name, *(f.name for f in rests_on if f is not None))
    return Sentence(f"Try first: {'; '.join(first)}.", names, "first")
