"""Thresholds of all diagnoses of health, from both sides: at it a fault, beside it none."""

import importlib
import math

import pytest

from da_bench import health
from tests.health.test_diagnoses import course

CHANCE = math.log(10)  # of ten classes
SCHEDULE = {"weight_schedule": 1.0, "schedule": 1.0}
SURE = {"accuracy": 1.0, "doubt": 1e-5, "gradient": 1e-9}
FAINT = {"terms": {"source_risk": 0.5, "adaptation_loss": 1e-9}, "gradient": 1e-12,
         "source_gradient": 0.08}  # fmt: skip
LOST = {"accuracy": 0.5, "separable": 1.0}
DOUBTS = {"doubt": 0.4, "critic_gradient": 0.1}
IGNORANT = {"terms": {"source_risk": 9.0}, "source_kappa": 0.0, "labelled": 10.0}


def terms(risk, loss):
    return {"terms": {"source_risk": risk, "adaptation_loss": loss}}


def begins(*shape):
    return {"shapes": {"schedule": [*shape, *[1.0] * (51 - len(shape))]}}


HELD = [  # diagnosis, threshold, a fault at it, none beside it
    ("alignment_dominates", "TIMES", terms(0.5, 500.0), terms(0.5, 499.0)),
    ("alignment_dominates", "TIMES", terms(0.5, -500.0), terms(0.5, -499.0)),
    ("alignment_dominates", "FITTED", terms(1e-6, 100.1 * CHANCE), terms(1e-6, 99.9 * CHANCE)),
    ("alignment_negligible", "LEAST", FAINT | terms(0.5, 5e-5), FAINT | terms(0.5, 5.1e-5)),
    ("alignment_negligible", "LEAST", FAINT | {"gradient": 7.9e-6}, FAINT | {"gradient": 8.1e-6}),
    ("batch_norm_apart", "APART", {"norm_gap": 3.0}, {"norm_gap": 2.99}),
    ("discriminator_always_right", "RIGHT", SURE | {"accuracy": 0.98}, SURE | {"accuracy": 0.979}),
    ("discriminator_always_right", "SURE", SURE | {"doubt": 0.01}, SURE | {"doubt": 0.0101}),
    ("discriminator_always_right", "GONE", SURE | {"gradient": 0.99e-4},
     SURE | {"gradient": 1.01e-4}),
    ("discriminator_at_chance", "CHANCE", LOST | {"accuracy": 0.6}, LOST | {"accuracy": 0.601}),
    ("discriminator_at_chance", "SEPARABLE", LOST | {"separable": 0.9},
     LOST | {"separable": 0.899}),
    ("feature_norm_collapse", "SMALL", {"start": {"target_norm": 0.01}, "target_norm": 1e-4},
     {"start": {"target_norm": 0.01}, "target_norm": 1.01e-4}),
    ("feature_norm_collapse", "SMALL", {"start": {"source_norm": 0.01}, "source_norm": 1e-4},
     {"start": {"source_norm": 0.01}, "source_norm": 1.01e-4}),
    ("feature_norm_collapse", "SHRUNK", {"target_norm": 5e-4}, {"target_norm": 5.01e-4}),
    ("feature_norm_collapse", "SHRUNK", {"source_norm": 5e-4}, {"source_norm": 5.01e-4}),
    ("feature_rank_collapse", "STILL", {"spread": 1e-3}, {"spread": 1.01e-3}),
    ("feature_rank_collapse", "ROOM", {"rank": 1.79}, {"rank": 1.81}),
    ("no_adversarial_gradient", "LEAST", DOUBTS | {"gradient": 0.99e-3 * 0.04},
     DOUBTS | {"gradient": 1.01e-3 * 0.04}),
    ("no_adversarial_gradient", "DOUBT", {"gradient": 0.0, "doubt": 1.01e-6},
     {"gradient": 0.0, "doubt": 1e-6}),
    ("no_adversarial_gradient", "HELPS", {"against_critic": -0.25}, {"against_critic": -0.249}),
    ("predictions_collapse", "ROOM", {"predicted": 1.449}, {"predicted": 1.451}),
    ("predictions_collapse", "ROOM", {"predicted": 1.0, "labelled": 1.51},
     {"predicted": 1.0, "labelled": 1.49}),
    ("source_not_learned", "SHARE", IGNORANT | {"terms": {"source_risk": 0.981 * CHANCE}},
     IGNORANT | {"terms": {"source_risk": 0.979 * CHANCE}}),
    ("source_not_learned", "KAPPA", IGNORANT | {"source_kappa": 0.1},
     IGNORANT | {"source_kappa": 0.101}),
    ("source_not_learned", "PATIENCE", IGNORANT | {"looks": 1, "step": 100},
     IGNORANT | {"looks": 1, "step": 99}),
    ("weight_never_rises", "NOTHING", {"factors": SCHEDULE | {"schedule": 0.01}},
     {"factors": SCHEDULE | {"schedule": 0.0101}}),
    ("weight_saturated", "EARLY", begins(0.0, 0.995), begins(0.0, 0.9)),
    ("weight_saturated", "FULL", begins(0.0, 0.99), begins(0.0, 0.989)),
    ("weight_saturated", "LOW", begins(0.5), begins(0.501)),
]  # fmt: skip


def found(name, changes):
    diagnosis = next(d for d in health.DIAGNOSES if d.__name__ == name)
    return diagnosis(course(**changes))


@pytest.mark.parametrize(("name", "threshold", "fault", "none"), HELD)
def test_each_threshold_is_held_from_both_sides(name, threshold, fault, none):
    assert found(name, fault).name == name
    assert found(name, none) is None


def constants():
    for diagnosis in health.DIAGNOSES:
        module = importlib.import_module(diagnosis.__module__)
        for name, value in vars(module).items():
            if name.isupper() and isinstance(value, int | float):
                yield diagnosis.__name__, name


@pytest.mark.parametrize(("name", "threshold"), constants())
def test_no_threshold_is_left_out_and_moving_it_shows(name, threshold, monkeypatch):
    """A tenth more or less, and one of its two sides changes."""
    own = [line for line in HELD if line[:2] == (name, threshold)]
    assert own, f"{name}.{threshold} has no test"
    module = importlib.import_module(f"da_bench.health.{name}")
    before = getattr(module, threshold)
    for factor in (0.9, 1.1):
        if threshold == "EARLY":  # of 51 points the second: 0.02 is exactly there
            factor = {0.9: 0.4, 1.1: 1.6}[factor]
        if threshold == "FULL" and factor > 1:
            factor = 1.005
        monkeypatch.setattr(module, threshold, before * factor)
        moved = [bool(found(name, fault)) and not found(name, none) for *_, fault, none in own]
        assert not all(moved), (name, threshold, factor)
        monkeypatch.setattr(module, threshold, before)
