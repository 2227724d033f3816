"""Fifty healthy runs of many methods, in which nothing may be raised, and sick ones beside them."""

import pytest

from da_bench.bench.execute import execute
from da_bench.bench.grid import TWIN, jobs, plans

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


def done(benchmark, task, method, out, overrides=None):
    """The row of a run, after those that it starts from."""
    labels = [20] if method.startswith("fine_tune") else []
    for job in jobs(plans([benchmark], [method], [task], 1, labels), overrides):
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
