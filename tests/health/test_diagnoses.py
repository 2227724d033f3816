"""Every diagnosis of health, on courses written by hand: what it names, and what it lets be."""

import importlib
from dataclasses import replace

import pytest

from da_bench.health import DIAGNOSES, ENTAILS, Course, Record, diagnose, worst
from da_bench.health.record import plain

GOOD = Record(
    step=1,
    done=1.0,
    progress=1.0,
    factors={"weight_schedule": 1.0, "schedule": 1.0},
    terms={"source_risk": 0.2, "adaptation_loss": 0.6},
    gradient=0.05,
    source_gradient=0.08,
    critic_gradient=0.1,
    accuracy=0.7,
    doubt=0.45,
    separable=0.6,
    source_norm=0.5,
    target_norm=0.5,
    spread=0.5,
    rank=5.0,
    predicted=9.0,
    labelled=10.0,
    source_kappa=0.9,
    norm_gap=0.5,
)
NOTES = ("alignment_negligible", "batch_norm_apart")
RAMP = [i / 50 for i in range(51)]
FLAT = [1.0] * 51
FAULTS = {
    "loss_not_finite": {"terms": {"source_risk": float("nan")}},
    "alignment_dominates": {"terms": {"source_risk": 0.5, "adaptation_loss": 600.0}},
    "feature_norm_collapse": {"target_norm": 1e-6},
    "feature_rank_collapse": {"rank": 1.2},
    "source_not_learned": {
        "terms": {"source_risk": 2.31, "adaptation_loss": 0.6}, "source_kappa": 0.02,
    },
    "predictions_collapse": {"predicted": 1.1},
    "weight_never_rises": {"factors": {"weight_schedule": 1.0, "schedule": 0.0}},
    "no_adversarial_gradient": {"gradient": 0.0},
    "discriminator_always_right": {"accuracy": 1.0, "doubt": 1e-5, "gradient": 1e-6},
    "weight_saturated": {},  # by its schedule, below
    "discriminator_at_chance": {"accuracy": 0.52, "separable": 0.97},
    "alignment_negligible": {
        "terms": {"source_risk": 0.5, "adaptation_loss": 1e-6}, "gradient": 1e-7,
        "accuracy": None, "doubt": None,
    },
    "batch_norm_apart": {"norm_gap": 4.0},
}  # fmt: skip
NAMES = [d.__name__ for d in DIAGNOSES]


def course(looks=4, shapes=None, start=None, **changes):
    """A training of some looks, each with the changes; the start is of before any step."""
    first = Record(0, 0.0, 0.0, factors={"schedule": 0.0}, source_norm=0.5, target_norm=0.5)
    if start:
        first = replace(first, **start)
    records = [first]
    for i in range(1, looks + 1):
        own = {"step": 100 * i, "done": i / looks, "progress": i / looks} | changes
        records.append(replace(GOOD, **own))
    shapes = {"weight_schedule": FLAT, "schedule": RAMP} if shapes is None else shapes
    return Course(records, True, 10, shapes)


def names(of, known=()):
    return [finding.name for finding in diagnose(of, known)]


def planted(name, **more):
    if name == "weight_saturated":
        return course(shapes={"schedule": [0.0, *[1.0] * 50]}, **more)
    return course(**FAULTS[name], **more)


def test_every_diagnosis_is_a_file_with_its_own_fault_here():
    assert set(FAULTS) == set(NAMES)
    for diagnosis in DIAGNOSES:
        assert diagnosis.__module__ == f"da_bench.health.{diagnosis.__name__}"
        text = importlib.import_module(diagnosis.__module__).__dict__[diagnosis.__name__].__doc__
        for part in ("What is seen", "Cause", "What to do", "Source:"):
            assert part in text, (diagnosis.__name__, part)
        assert len(text.splitlines()) >= 20
    assert set().union(*ENTAILS.values(), ENTAILS) <= set(NAMES)


def test_a_good_course_and_an_empty_one_have_nothing():
    assert names(course()) == []
    assert names(Course([])) == []
    assert names(Course([Record(0, 0.0, 0.0)])) == []
    bare = Record(5, 1.0, 1.0, terms={"source_risk": 0.1})
    assert names(Course([bare], adapts=False)) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_fault_is_named_by_its_own_diagnosis_and_no_other(name):
    found = diagnose(planted(name))
    assert [f.name for f in found] == [name]
    assert "\n" not in found[0].line()
    assert found[0].evidence in found[0].line()
    assert found[0].level == ("note" if name in NOTES else "warning")
    assert worst(found) == ("" if name in NOTES else name)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_known_is_not_found_again(name):
    assert names(planted(name), [name]) == []


@pytest.mark.parametrize("name", [n for n in NAMES if n not in ("loss_not_finite",
                                                                  "weight_saturated")])  # fmt: skip
def test_one_look_in_the_middle_is_not_enough_and_at_the_end_is(name):
    once = planted(name, looks=1)
    middle = [replace(r, done=r.done / 2, progress=r.done / 2) for r in once.records]
    assert names(once._replace(records=middle)) == []
    assert names(once) == [name]


LASTING = ["alignment_dominates", "feature_norm_collapse", "feature_rank_collapse",
           "source_not_learned", "predictions_collapse", "no_adversarial_gradient",
           "batch_norm_apart"]  # fmt: skip


@pytest.mark.parametrize("name", LASTING)
def test_what_a_training_ends_with_is_told_whatever_the_look_before(name):
    """Looks are 200 steps apart: of a short training the one before is of its first epoch."""
    sick = planted(name, looks=2)
    sick.records[1] = replace(GOOD, step=100, done=0.05)
    assert names(sick) == [name]
    passing = planted(name, looks=2)  # and one look before the end may be chance
    passing.records[1:] = [replace(passing.records[1], done=0.4), replace(GOOD, step=200, done=0.8)]
    assert names(passing) == []
    passing.records[1:] = passing.records[:0:-1]
    passing.records[1:] = [replace(r, done=d) for r, d in zip(passing.records[1:], (0.4, 0.8),
                                                              strict=True)]  # fmt: skip
    assert names(passing) == []


@pytest.mark.parametrize(
    "name", ["discriminator_always_right", "discriminator_at_chance", "alignment_negligible"]
)
def test_always_means_at_every_look_after_a_tenth(name):
    records = list(planted(name, looks=20).records)
    assert names(Course([*records[:1], replace(GOOD, step=100, done=0.05), *records[2:]],
                        True, 10)) == [name]  # fmt: skip
    records[10] = replace(GOOD, step=1000, done=0.5)
    assert names(Course(records, True, 10)) == []


@pytest.mark.parametrize("cause", ENTAILS)
def test_consequences_are_not_named_beside_their_cause(cause):
    for consequence in ENTAILS[cause] - {cause, "weight_saturated", "weight_never_rises"}:
        both = course(**(FAULTS[consequence] | FAULTS[cause]))
        assert consequence not in names(both), (cause, consequence)


def test_a_strong_critic_whose_gradient_lasts_is_no_fault():
    sure = {"accuracy": 1.0, "doubt": 1e-6}
    assert names(course(**sure, gradient=0.09)) == []  # inverted labels, or a difference of means
    assert names(course(**sure, gradient=1e-7)) == ["discriminator_always_right"]
    scaled = {"factors": {"schedule": 1.0, "reversal": 0.01}}
    assert names(course(**sure, **scaled, gradient=1e-5)) == []  # as small as the method asks for


def test_a_gradient_that_helps_the_critic_is_not_adversarial():
    found = diagnose(course(against_critic=-0.4))
    assert [f.name for f in found] == ["no_adversarial_gradient"]
    assert "helps the critic" in found[0].evidence
    assert names(course(against_critic=-0.2)) == []  # one of several terms
    assert names(course(against_critic=1.0)) == []
    waiting = {"factors": {"weight_schedule": 1.0, "schedule": 0.0}}
    assert names(course(against_critic=-0.4, **waiting)) == ["weight_never_rises"]


def test_a_critic_at_chance_on_aligned_features_is_what_one_wants():
    assert names(course(accuracy=0.5, separable=0.55)) == []


def test_a_held_encoder_and_a_method_without_critic_have_no_gradient_to_miss():
    assert names(course(gradient=None, critic_gradient=None)) == []
    assert names(course(accuracy=None, doubt=None, gradient=0.02)) == []


def test_always_is_not_said_before_half_of_the_training():
    for name in ("discriminator_always_right", "discriminator_at_chance"):
        records = planted(name, looks=10).records
        assert names(Course(records[:5], True, 10)) == []  # up to 0.4
        assert names(Course(records[:6], True, 10)) == [name]
    records = planted("alignment_negligible", looks=10).records
    assert names(Course(records[:10], True, 10)) == []
    assert names(Course(records, True, 10)) == ["alignment_negligible"]


def test_a_run_that_starts_from_a_fitted_source_has_no_giant_either():
    started = course(terms={"source_risk": 1e-7, "adaptation_loss": -2.7})
    assert names(started) == []


def test_an_adaptation_loss_is_no_giant_beside_a_fitted_source():
    fitted = course(terms={"source_risk": 1e-6, "adaptation_loss": 0.69})
    first = replace(fitted.records[1], terms={"source_risk": 0.7, "adaptation_loss": 0.69})
    assert names(fitted._replace(records=[first, *fitted.records[2:]])) == []


def test_features_that_shrink_a_thousandfold_have_collapsed_at_any_scale():
    assert names(course(start={"target_norm": 600.0})) == ["feature_norm_collapse"]
    assert names(course(start={"target_norm": 5.0})) == []


def test_a_source_is_learned_where_its_predictions_are_no_guess():
    def course_of(risk, kappa=0.0, **more):
        terms = {"source_risk": risk, "adaptation_loss": 0.6}
        return course(terms=terms, source_kappa=kappa, **more)

    assert names(course_of(2.2)) == []  # log 10 is 2.303; one that is reweighted has less
    assert names(course_of(60.0, 0.6)) == []  # too sure of its errors, and mostly right
    assert names(course_of(0.69, labelled=2.0)) == ["source_not_learned"]
    assert names(course_of(9.0, labelled=1.0)) == []
    assert names(course_of(9.0)._replace(classes=0)) == []
    begun = course_of(9.0)
    assert names(begun._replace(records=begun.records[:2])) == []  # a quarter is done
    assert names(course_of(9.0, looks=1, step=99)) == []
    assert names(course_of(9.0, predicted=1.0)) == ["source_not_learned"]


def test_two_classes_may_lie_on_a_line_and_not_on_a_point():
    line = course(rank=1.0)._replace(classes=2)
    assert names(line) == []
    assert names(course(rank=1.0, spread=1e-5)._replace(classes=2)) == ["feature_rank_collapse"]


def test_a_target_under_label_shift_is_no_collapse():
    assert names(course(predicted=1.43, labelled=2.0)) == []  # 88 % of one class
    assert names(course(predicted=1.0, labelled=1.0)) == []  # the source has no more either


def test_a_schedule_that_is_constant_or_falls_neither_saturates_nor_stays_low():
    falling = RAMP[::-1]
    assert names(course(shapes={"schedule": FLAT})) == []
    low = {"factors": {"weight_schedule": 0.0}}
    start = {"factors": {"weight_schedule": 1.0}}
    assert names(course(shapes={"weight_schedule": falling}, start=start, **low)) == []


def test_a_progress_that_stands_still_is_told_before_the_end():
    stuck = course(looks=2, progress=0.0, factors={"schedule": 0.0})
    early = stuck._replace(records=[replace(r, done=min(r.done, 0.5)) for r in stuck.records])
    assert names(early) == ["weight_never_rises"]


def test_a_progress_that_runs_ahead_is_a_saturated_weight():
    assert names(course(start={"factors": {"schedule": 0.9999}})) == ["weight_saturated"]
    assert names(course(start={"factors": {"schedule": 0.0}})) == []


def test_notes_never_name_a_run_and_the_worst_warning_does():
    found = diagnose(course(**FAULTS["batch_norm_apart"], **FAULTS["predictions_collapse"]))
    assert [f.level for f in found] == ["warning", "note"]
    assert worst(found) == worst(found[::-1]) == "predictions_collapse"
    assert worst([]) == ""


def test_records_come_back_from_a_checkpoint_as_they_were():
    records = course().records
    assert [Record(**r) for r in plain(records)] == records
