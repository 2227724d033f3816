"""False alarms of all diagnoses: fifty healthy runs of many methods, and sick ones beside.

The first fifty were chosen while the diagnoses were written. The fresh fifty were fixed before any
of them was run: each method on the task that its YAML says it gains on, with seeds that nothing was
tuned by.
"""

from dataclasses import replace

import pytest

from da_bench.config import layers
from da_bench.results.row import TWIN
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans

SLACK = 0.01
"""Of accuracy: healthy is what gains over its source-only twin, or loses less than this."""

HEALTHY = {
    ("moons", "0:20"): [
        "dann", "cdan", "cdan_e", "mdd", "mcd", "wdgrl", "iwan", "dan", "ddc", "cmd", "homm", "jan",
        "sinkhorn", "sliced_wasserstein", "deepjdot", "dsan", "can", "bnm", "min_entropy",
        "information_maximisation", "afn", "bsp", "pseudo_label", "fixmatch", "mean_teacher",
        "atdoc", "reweighted_kmm", "dsbn",
    ],
    ("digits", "original:rotated"): [
        "dann", "cdan", "mcd", "vada", "ddc", "deep_coral", "homm", "jan", "deepjdot", "can", "mcc",
        "bsp", "atdoc", "adabn", "dann_mcc", "fine_tune_full",
    ],
    ("moons_adam", "0:40"): ["dann", "adda", "iwan", "vada", "symnet", "wdgrl"],
}  # fmt: skip


FRESH = {
    ("moons", "0:20"): ["atdoc", "bnm", "can", "cmd", "dann", "ddc", "deepjdot", "fixmatch",
                        "homm", "jan", "mean_teacher", "min_entropy", "sliced_wasserstein"],
    ("moons", "0:40"): ["fine_tune_full", "fine_tune_head", "fine_tune_staged",
                        "information_maximisation", "pseudo_label", "target_few", "target_only"],
    ("moons_adam", "0:20"): ["adda"],
    ("moons_adam", "0:40"): ["dirt_t", "mcd", "mdd", "symnet", "vada", "wdgrl"],
    ("digits", "original:blurred"): ["adabn", "drcn", "dsbn"],
    ("digits", "original:rotated"): ["bsp", "cdan_bsp", "dann_mcc", "mcc"],
    ("gaussians_label", "source:target"): ["bbse", "rlls"],
    ("gaussians_partial", "source:target"): ["iwan"],
    ("gaussians_linear", "source:target"): [
        "reweighted_gaussian", "reweighted_kde", "reweighted_kmm", "reweighted_logistic",
        "reweighted_nearest_neighbour",
    ],
}  # fmt: skip
"""All that the table of gains named when this list was drawn, but for closed forms, which have no
training to watch, and the shifts of SKADA-Bench, whose seeds are its five splits. None raised
anything; deepjdot alone was unhealthy, 11 points below its twin."""
AGAIN = ("adabn", "adda", "atdoc", "bbse", "bnm", "bsp", "can", "cdan_bsp", "cmd", "dann")
"""The first by name, with a second seed: fifty in all, and two for such as prove unhealthy."""
FIRST = 100
"""The seed of the fresh runs; the second is the next."""
WORSE = 0.02
"""Of accuracy: what loses more than this to its twin is no healthy run, whatever is raised."""


def fresh(first=FIRST):
    """Benchmark, task, method and seed of each fresh run."""
    return [
        (benchmark, task, method, seed)
        for (benchmark, task), methods in FRESH.items()
        for method in methods
        for seed in (first, first + 1)
        if seed == first or method in AGAIN
    ]


def done(benchmark, task, method, out, overrides=None, seed=0):
    """The row of a run, after those that it starts from."""
    labels = [20] if method.startswith(("fine_tune", "target_few")) else []
    own = [replace(plan, seed=seed)
           for plan in plans([benchmark], [method], [task], 1, labels)]  # fmt: skip
    for job in jobs(own, overrides):
        row = execute(job, out, [])
    return row


def test_there_are_fifty():
    assert sum(map(len, HEALTHY.values())) == 50
    assert len({method for methods in HEALTHY.values() for method in methods}) > 30


@pytest.mark.slow
@pytest.mark.parametrize("where", HEALTHY, ids=":".join)
def test_nothing_is_raised_on_healthy_runs(where, tmp_path, capsys):
    twin = done(*where, TWIN, tmp_path)
    assert twin["diagnoses"] == []
    raised, sick = {}, {}
    for method in HEALTHY[where]:
        row = done(*where, method, tmp_path)
        assert row["status"] == "ok", row
        if row["oracle/target"] < twin["oracle/target"] - SLACK:
            sick[method] = row["oracle/target"] - twin["oracle/target"]
        if row["diagnoses"]:
            raised[method] = row["diagnoses"]
    assert sick == {}, "not healthy: no evidence for or against"
    assert raised == {}
    assert "da-bench:" not in capsys.readouterr().err


def test_the_fresh_fifty_are_fixed_by_a_rule():
    """The table of gains goes on growing; the list is what it named before the runs were made."""
    methods = sorted(m for own in FRESH.values() for m in own)
    assert len(fresh()) == len(set(fresh())) == 52
    assert len(set(methods)) == len(methods)
    assert sorted(AGAIN) == methods[:10]
    moved = []
    for (benchmark, task), own in FRESH.items():
        for method in own:
            about = layers.read("methods", method)["about"]
            if about["gains_on"].split() != [benchmark, task]:
                moved.append(method)
    assert len(moved) < 5, f"measured anew on another task: {moved}; draw a new list"


@pytest.fixture(scope="module")
def twins(tmp_path_factory):
    """The source-only twin's score, run once each."""
    out, scores = tmp_path_factory.mktemp("twins"), {}

    def score(benchmark, task, seed):
        key = (benchmark, task, seed)
        if key not in scores:
            scores[key] = done(benchmark, task, TWIN, out, seed=seed)["oracle/target"]
        return scores[key]

    return score


@pytest.mark.slow
@pytest.mark.parametrize(("benchmark", "task", "method", "seed"), fresh())
def test_nothing_is_raised_on_fresh_runs(benchmark, task, method, seed, tmp_path, twins):
    row = done(benchmark, task, method, tmp_path, seed=seed)
    assert row["status"] == "ok", row
    gain = row["oracle/target"] - twins(benchmark, task, seed)
    named = [(found["name"], found["level"]) for found in row["diagnoses"]]
    print(f"FRESH {benchmark} {task} {method} {seed} gain {gain:+.3f} raised {named}")
    if gain < -WORSE:
        pytest.skip(f"not healthy: {gain:+.3f} against its twin; raised {named}")
    assert named == [], f"gain {gain:+.3f}"


SICK = [
    ("moons", "0:20", "adda", "predictions_collapse"),  # with the papers' setting, for images
    ("digits", "original:rotated", "iwan", "predictions_collapse"),
    ("digits", "original:rotated", "symnet", "predictions_collapse"),
    ("digits", "original:rotated", "mdd", "loss_not_finite"),
    ("gaussians_label", "source:target", "adda", "predictions_collapse"),  # and it gains: 88 %
]


@pytest.mark.slow
@pytest.mark.parametrize(("benchmark", "task", "method", "name"), SICK)
def test_runs_that_come_to_grief_by_themselves_are_named(benchmark, task, method, name, tmp_path):
    """None of these was planted: a method's own setting where it does not serve."""
    row = done(benchmark, task, method, tmp_path)
    assert row["diagnosis"] == name
    if row["status"] == "ok" and benchmark != "gaussians_label":
        assert row["oracle/target"] < 0.51
