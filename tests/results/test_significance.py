"""The report: what it rests on, what it leaves out, and that it says so."""

import numpy as np
import pytest

from da_bench.results import table
from da_bench.results.row import TWIN
from da_bench.results.scores import scores
from da_bench.results.significance import estimates, report, verdicts
from tests.results.stored import failed, grid, row

TASKS = [(a, b) for a in "abcd" for b in "abcd" if a != b]
BETTER = {TWIN: 0.0, "dann": 0.05, "dan": 0.002, "bad": -0.06}


def rows(tasks=TASKS, seeds=3, methods=tuple(BETTER), **more):
    rng = np.random.default_rng(0)
    made = grid(methods, tasks, seeds, lambda m, t, s: 0.6 + BETTER[m] + t / 50)
    return [r | {"oracle/target": r["oracle/target"] + rng.normal(0, 0.01)} | more for r in made]


def test_gains_rank_and_tests_find_what_was_put_in():
    of = scores(table.frame(rows()))
    found = estimates(of)
    assert found.loc["dann", "gain"].low > 0 > found.loc["bad", "gain"].high
    assert found.loc["dann", "gain"].value == pytest.approx(0.05, abs=0.01)
    assert found.loc[TWIN, "gain"] is None
    assert (
        found.loc["dann", "improvement"].value > 0.9 > 0.1 > found.loc["bad", "improvement"].value
    )
    assert found.loc["dann", "iqm"].value > found.loc["bad", "iqm"].value
    said = [str(v) for v in verdicts(of)]
    assert "some methods' ranks differ" in said[0]
    assert "dann over bad" in said[1]
    assert any("dann better than source_only" in s for s in said)
    assert any("bad worse than source_only" in s for s in said)
    assert all("alpha 0.05, 12 tasks" in s and "WARNING" not in s for s in said)


def test_where_lower_is_better_all_is_mirrored():
    mirrored = [r | {"oracle/target": -r["oracle/target"], "higher_is_better": False,
                     "metric": "error"} for r in rows()]  # fmt: skip
    one, other = scores(table.frame(rows())), scores(table.frame(mirrored))
    assert not other.higher
    ours, theirs = estimates(one), estimates(other)
    for name in ("dann", "dan", "bad"):
        assert ours.loc[name, "gain"] == pytest.approx(theirs.loc[name, "gain"])
        assert ours.loc[name, "improvement"] == pytest.approx(theirs.loc[name, "improvement"])
    for ours, theirs in zip(verdicts(one), verdicts(other), strict=True):
        assert ours.finding == theirs.finding


def test_too_few_tasks_are_warned_about():
    text = report(table.frame(rows(TASKS[:7])))
    assert text.count("WARNING: 7 tasks, fewer than 8") == 1 + 2 + 3
    assert "WARNING" not in report(table.frame(rows(TASKS[:8])))


def test_one_seed_a_task_is_warned_about():
    assert "WARNING: tasks with one seed" in report(table.frame(rows(seeds=1)))
    assert "one seed" not in report(table.frame(rows(seeds=2)))


def test_missing_runs_are_named_and_tasks_left_out_where_all_are_needed():
    lossy = [
        failed(r["method"], r["source"], r["target"], r["seed"])
        if r["method"] == "dann" and (r["source"], r["target"]) == ("a", "b") else r
        for r in rows()
    ]  # fmt: skip
    text = report(table.frame(lossy))
    assert "dann 3 of 36 (3 failed, 0 not run)" in text
    assert "11 of 12 tasks" in text
    assert "Left out, as some method is missing: a:b" in text
    assert "1 of 12 tasks are missing for it" in text
    assert estimates(scores(table.frame(lossy))).loc["dann", "tasks"] == 11


def test_a_run_that_scored_no_number_is_said():
    made = rows()
    for none in (float("nan"), None):
        made[-1] = made[-1] | {"oracle/target": none}
        assert "1 of 36 (0 failed, 0 not run, 1 left out)" in report(table.frame(made))


def test_oracles_are_not_ranked_and_methods_with_labels_stand_apart():
    extra = [row("target_only", *t, s, 0.9, labels="all") for t in TASKS for s in range(3)]
    extra += [row("ft", *t, s, 0.8, labels=n) for t in TASKS for s in range(3) for n in (5, 50)]
    of = scores(table.frame([*rows(), *extra]))
    assert of.oracles == ("target_only",)
    assert {"ft (5 labels)", "ft (50 labels)"} <= set(of.means().columns)
    assert "target_only" not in of.means()
    assert estimates(of).loc["target_only", "gain"].value > 0.1
    assert "Not ranked, as oracles: target_only" in report(table.frame([*rows(), *extra]))


def test_two_methods_have_no_friedman_and_it_is_said():
    text = report(table.frame(rows(methods=(TWIN, "dann"))))
    assert "Friedman, Nemenyi: not made, 2 methods on 12 whole tasks" in text
    assert "Wilcoxon" in text


def test_one_task_and_no_twin_still_make_a_report():
    text = report(table.frame(rows(TASKS[:1], methods=("dann", "dan"))))
    assert "not made" in text
    assert "| dann | - | 0 |" in text


def test_benchmarks_of_one_metric_are_also_taken_together():
    two = rows() + [r | {"benchmark": "other"} for r in rows()]
    text = report(table.frame(two))
    assert "### Statistics: all benchmarks with accuracy" in text
    assert "24 tasks" in text
    mixed = rows() + [r | {"benchmark": "other", "metric": "r2"} for r in rows()]
    assert "all benchmarks" not in report(table.frame(mixed))
    with pytest.raises(ValueError, match="differ in metric"):
        scores(table.frame(mixed))


def test_figures_are_drawn_and_named(tmp_path):
    text = report(table.frame(rows()), tmp_path / "figures")
    for kind in ("ranks", "profile"):
        assert f"bench-{kind}.png" in text
        for suffix in ("png", "pdf"):
            assert (tmp_path / "figures" / f"bench-{kind}.{suffix}").stat().st_size > 5000
