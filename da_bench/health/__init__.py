"""Telling what is wrong with a training: one diagnosis a file, each a function of its course."""

from collections.abc import Callable, Iterable

from .alignment_dominates import alignment_dominates
from .alignment_negligible import alignment_negligible
from .batch_norm_apart import batch_norm_apart
from .discriminator_always_right import discriminator_always_right
from .discriminator_at_chance import discriminator_at_chance
from .feature_norm_collapse import feature_norm_collapse
from .feature_rank_collapse import feature_rank_collapse
from .loss_not_finite import loss_not_finite
from .no_adversarial_gradient import no_adversarial_gradient
from .predictions_collapse import predictions_collapse
from .record import Course, Finding, Record
from .source_not_learned import source_not_learned
from .weight_never_rises import weight_never_rises
from .weight_saturated import weight_saturated

Diagnosis = Callable[[Course], Finding | None]

DIAGNOSES: tuple[Diagnosis, ...] = (
    loss_not_finite,
    alignment_dominates,
    feature_norm_collapse,
    feature_rank_collapse,
    source_not_learned,
    predictions_collapse,
    weight_never_rises,
    no_adversarial_gradient,
    discriminator_always_right,
    weight_saturated,
    discriminator_at_chance,
    alignment_negligible,
    batch_norm_apart,
)
"""The worst first."""

COLLAPSES = frozenset({"feature_rank_collapse", "predictions_collapse"})
CRITIC = frozenset(
    {"no_adversarial_gradient", "discriminator_always_right", "discriminator_at_chance"}
)
ENTAILS: dict[str, frozenset[str]] = {
    "loss_not_finite": frozenset(d.__name__ for d in DIAGNOSES),
    "alignment_dominates": COLLAPSES | CRITIC | {"feature_norm_collapse", "source_not_learned"},
    "feature_norm_collapse": COLLAPSES | CRITIC | {"alignment_negligible", "source_not_learned"},
    "feature_rank_collapse": CRITIC
    | {"predictions_collapse", "alignment_negligible", "source_not_learned"},
    "source_not_learned": frozenset({"predictions_collapse"}),
    "weight_never_rises": CRITIC | {"alignment_negligible"},
    "no_adversarial_gradient": frozenset({"discriminator_at_chance", "alignment_negligible",
                                          "discriminator_always_right"}),
    "discriminator_always_right": frozenset({"alignment_negligible"}),
}  # fmt: skip
"""What a diagnosis accounts for: its consequences are not named beside it."""

__all__ = ["DIAGNOSES", "Course", "Finding", "Record", "diagnose", "worst"]


def diagnose(course: Course, known_names: Iterable[str] = ()) -> list[Finding]:
    """What is found in a training now, the worst first, without what follows from the rest.

    Args:
        course: Course of the training.
        known_names: Diagnoses made before: neither they nor what they entail are made again.
    """
    known_names = set(known_names)
    explained = set(known_names).union(*(ENTAILS.get(name, frozenset()) for name in known_names))
    findings = []
    for diagnosis in DIAGNOSES:
        name = diagnosis.__name__
        finding = None if name in explained else diagnosis(course)
        if finding:
            findings.append(finding)
            explained |= ENTAILS.get(name, frozenset())
    return findings


def worst(findings: Iterable[Finding]) -> str:
    """Name of the worst warning; empty where there is none, whatever the notes."""
    names = {finding.name for finding in findings if finding.level == "warning"}
    return next((diagnosis.__name__ for diagnosis in DIAGNOSES if diagnosis.__name__ in names), "")
