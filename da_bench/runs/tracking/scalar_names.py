"""The one list of names under which runs log scalars, in W&B and in every other logger."""

from fnmatch import fnmatchcase

from da_bench.results.row import SCORE, VAL_SOURCE

STEP = "trainer/global_step"
"""The step axis of every curve, as Lightning names it; ``epoch`` stands beside it."""

NAMES = {
    "train/*": "a term of the loss: its mean since it was last logged",
    VAL_SOURCE: "the metric on held-out source samples; val/source_risk: the loss",
    "val/source_risk": "the loss there",
    "val/target": "the same of labelled target samples, where the data grants some",
    "val/target_risk": "the loss there",
    "test/source": "the metric on the source's test",
    "test/source_risk": "the loss there",
    SCORE: "the metric on the target's test",
    "oracle/target_risk": "the loss there",
    "oracle/target/*": "the same of one target of several",
    "oracle/val_target": "the target's test after each validation, where asked for",
    "oracle/val_target_risk": "the loss there",
    "oracle/joint_error": "Ben-David's third term, by target labels",
    "divergence/*": "a distance of the domains' features",
    "bound/*": "a term of Ben-David's bound that needs no target label",
    "health/*": "a sign of a training's health; a diagnosis is 1 at the step that it was found",
}
"""Patterns, and what stands under them; ``NAME@MONITOR`` is NAME with other weights chosen."""

SPACES = tuple(dict.fromkeys(name.partition("/")[0] for name in NAMES))
"""Beginnings of names, which W&B makes sections of."""


def is_listed(name: str) -> bool:
    """Whether a scalar's name matches a pattern of the list."""
    plain_name = name.partition("@")[0]
    return any(fnmatchcase(plain_name, pattern) for pattern in NAMES)
