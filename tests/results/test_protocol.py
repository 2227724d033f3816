"""What a table says of itself: protocol, what is missing, what failed."""

from da_bench.results import protocol, table
from da_bench.results.benchmark import benchmarks
from da_bench.results.row import TWIN
from tests.results.stored import failed, grid, row

TASKS = [("a", "b"), ("b", "a"), ("a", "c")]


def lossy():
    """Nine runs of three methods short of one failed and one never begun."""
    rows = grid([TWIN, "dann", "dan"], TASKS, 2, lambda m, t, s: 0.5)
    rows[6] = failed("dann", "a", "b", 0, "RuntimeError: it | is\n  NaN")
    del rows[-1]
    return table.frame(rows)


def test_missing_runs_are_counted_by_method_and_reason():
    found = protocol.missing(lossy())
    assert found.loc["dann"].tolist() == [6, 1, 0, 0]
    assert found.loc["dan"].tolist() == [6, 0, 0, 1]
    assert found.loc[TWIN].tolist() == [6, 0, 0, 0]
    said = protocol.missing_words(lossy())
    assert "dann 1 of 6 (1 failed, 0 not run)" in said
    assert "dan 1 of 6 (0 failed, 1 not run)" in said
    assert TWIN not in said
    assert protocol.missing_words(table.frame(grid([TWIN], TASKS, 2, lambda *_: 0.5))) == ""


def test_a_method_that_failed_everywhere_is_missing_too():
    rows = [row(TWIN), row(TWIN, seed=1), failed("dann"), failed("dann", seed=1)]
    assert protocol.missing(table.frame(rows)).loc["dann"].tolist() == [2, 2, 0, 0]


def test_a_failed_run_that_knows_no_labels_stands_with_its_method():
    rows = [row(TWIN), row(TWIN, seed=1), row("ft", labels=50), failed("ft", seed=1)]
    assert protocol.missing(table.frame(rows)).loc["ft"].tolist() == [2, 1, 0, 0]


def test_failures_are_listed_on_one_line_each():
    found = protocol.failures(lossy())
    assert found.to_dict("records") == [
        {
            "method": "dann",
            "task": "a:b",
            "seed": 0,
            "error": "RuntimeError: it | is NaN",
            "folder": "runs/bench/dann/a-b-s0",
        }
    ]


def said(rows):
    frame = table.frame(rows)
    good = frame[frame["status"] == "ok"]
    return protocol.meaning(good, table.summary(frame)["mean"]).sentences()


def test_words_name_the_protocol():
    text = said(grid([TWIN, "dann"], TASKS, 2, lambda *_: 0.5))
    for part in ("accuracy", "target test: held_out", "over 2 seeds", "Weights: last.",
                 "over the 3 of 3 tasks", "gain over source_only"):  # fmt: skip
        assert part in text


def test_the_meaning_as_a_list_has_a_line_for_each_fact():
    rows = grid([TWIN, "dann"], TASKS, 3, lambda m, t, s: 0.5 + s * s * (m == "dann") / 50)
    meaning = benchmarks(table.frame(rows))[0].meaning
    facts = dict(meaning.items())
    assert list(facts)[:3] == ["figure", "spread", "gain"]
    assert facts["figure"].startswith("accuracy on the target's test labels")
    assert facts["figure"].endswith("weights: last")
    assert "over 3 seeds" in facts["spread"]
    assert "over the 3 of 3 tasks" in facts["spread"]
    assert facts["gain"].startswith("over source_only of the same task and seed, in brackets.")
    below = dict(meaning.items(gains_below=True))["gain"]
    assert below.startswith("over source_only of the same task and seed, in the line below.")
    assert "square brackets" not in below


def test_the_mean_names_the_tasks_that_it_leaves_out():
    rows = grid([TWIN, "dann"], TASKS, 1, lambda *_: 0.5)
    rows[4] = failed("dann", "b", "a")
    assert "over the 2 of 3 tasks that every method finished, without b:a" in said(rows)


def test_words_name_who_selects_otherwise_who_has_labels_and_who_is_an_oracle():
    rows = [row(TWIN), row("fine_tune_head", selection="val/target", labels=50),
            row("mine", labels="all"), row("cheat", selection="oracle/target")]  # fmt: skip
    text = said(rows)
    assert "val/target (fine_tune_head)" in text
    assert "labels were granted to fine_tune_head." in text
    assert "mine trains on all target labels" in text
    assert "upper bounds" in text


def test_no_twin_is_said():
    assert "No run of source_only" in said([row("dann")])


def test_of_two_runs_for_a_cell_the_later_counts_and_failed_ones_stay():
    rows = [row(score=0.5, folder="x"), row(score=0.9, folder="y", note=1), failed(folder="z")]
    frame = table.frame(rows)
    frame["written"] = frame["folder"].map({"x": 20, "y": 10, "z": 5})
    assert protocol.newest_runs(frame)["folder"].tolist() == ["x", "z"]
