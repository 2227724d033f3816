import dataclasses

import pytest

from da_bench.papers import judge, published
from da_bench.papers.published import Published

TABLE = published.read("dann_jmlr").tables["1"]
COLUMN = dataclasses.replace(
    TABLE.columns["dann_raw"],
    cells={"books:dvd": Published(80, "S", 3), "dvd:books": Published(70, "S", 3)},
    mean=Published(75, "S", 1),
    chosen_by=None,
    seeds=1,
)


def run(value, **more):
    return {"status": "ok", "selection": "last", "oracle/target": value, "measured": value, **more}


def test_a_cell_is_the_mean_over_seeds_of_the_mean_over_tasks():
    runs = {"books:dvd": [[run(0.80), run(0.84)], [run(0.70), run(0.74)]]}
    (cell,) = judge.judge_column(TABLE, dataclasses.replace(COLUMN, mean=None), runs)
    assert cell.ours == pytest.approx(77)
    assert cell.spread == pytest.approx(7.0711, abs=1e-4)
    assert cell.seeds == 2
    assert cell.difference == pytest.approx(-3)
    assert cell.verdict == "inside"


@pytest.mark.parametrize(
    ("value", "verdict"),
    [(0.83, "inside"), (0.8301, "outside"), (0.77, "inside"), (0.7699, "outside")],
)
def test_the_band_ends_where_it_says(value, verdict):
    (cell,) = judge.judge_column(TABLE, COLUMN, {"books:dvd": [[run(value)]]})
    assert cell.verdict == verdict
    assert cell.spread is None


def test_fewer_seeds_than_asked_for_are_not_judged():
    """The column's own number comes before the table's: an exact cell stays judged with one."""
    runs = {"books:dvd": [[run(0.5)]] * 2, "dvd:books": [[run(0.5)]] * 2}
    three = dataclasses.replace(COLUMN, seeds=None)  # the table's own
    for cell in judge.judge_column(TABLE, three, runs):
        assert (cell.verdict, cell.why) == ("not judged", "2 of 3 seeds")
        assert cell.difference <= -20
    whole = {name: [[run(0.5)]] * 3 for name in runs}
    assert {c.verdict for c in judge.judge_column(TABLE, three, whole)} == {"outside"}
    for cell in judge.judge_column(TABLE, COLUMN, runs):
        assert (cell.verdict, cell.why) == ("outside", "")
    memory = dataclasses.replace(three, cells={"books:dvd": Published(10, "M", 3)}, mean=None)
    (cell,) = judge.judge_column(TABLE, memory, {"books:dvd": [[run(0.5)]]})
    assert cell.why == ""  # no number of seeds would have it judged


def test_of_the_papers_at_hand_each_table_or_column_of_one_seed_is_judged_with_one():
    found = 0
    for name in published.names():
        for table in published.read(name).tables.values():
            for column in table.columns.values():
                if (column.seeds or table.seeds) == 1:
                    runs = {row: [[run(0.5)]] for row in column.cells}
                    cells = judge.judge_column(table, column, runs)
                    assert not any(c.why for c in cells)
                    found += len(cells)
    assert found > 100


@pytest.mark.parametrize("tag", ["M", "M+"])
def test_what_is_from_memory_is_never_judged(tag):
    far = dataclasses.replace(COLUMN, cells={"books:dvd": Published(10, tag, 3)})
    (cell,) = judge.judge_column(TABLE, far, {"books:dvd": [[run(0.9)]]})
    assert cell.verdict == "not judged"
    refused = dataclasses.replace(COLUMN, unjudged="a reason")
    (cell,) = judge.judge_column(TABLE, refused, {"books:dvd": [[run(0.1)]]})
    assert cell.verdict == "not judged"


def test_the_mean_has_its_own_band_and_needs_every_row():
    runs = {"books:dvd": [[run(0.82)], [run(0.81)]], "dvd:books": [[run(0.71)], [run(0.72)]]}
    mean = judge.judge_column(TABLE, COLUMN, runs)[-1]
    assert mean.row == judge.MEAN
    assert mean.ours == pytest.approx(76.5)
    assert mean.spread == pytest.approx(0)
    assert mean.verdict == "outside"
    more = COLUMN.cells | {"kitchen:dvd": Published(60, "S", 3)}
    some = judge.judge_column(TABLE, dataclasses.replace(COLUMN, cells=more), runs)[-1]
    assert some.verdict == "not judged"
    assert some.published.value == pytest.approx(75)


@pytest.mark.parametrize("gone", [{}, {"status": "failed", "error": "killed"}])
def test_a_missing_or_failed_run_leaves_no_number(gone):
    runs = {"books:dvd": [[run(0.8)], [gone]], "dvd:books": [[run(0.7)], [run(0.7)]]}
    one, other, mean = judge.judge_column(TABLE, COLUMN, runs)
    assert (one.verdict, one.ours) == ("missing", None)
    assert other.verdict == "inside"
    assert (mean.verdict, mean.ours) == ("missing", None)


def test_selections_stand_apart():
    row = run(
        0.5,
        selection="val/source",
        **{
            "oracle/target@last": 0.4,
            "oracle/target@val/source": 0.5,
            "oracle/target@validator/dev": 0.45,
            "oracle/target@oracle/val_target": 0.6,
            "test/source@last": 0.9,
        },
    )
    expected = {"last": 0.4, "source validation": 0.5, "validator": 0.45, "oracle": 0.6}
    assert judge.scores_by_selection(row) == expected
    assert judge.scores_by_selection(run(0.5)) == {"last": 0.5}
    assert judge.scores_by_selection(run(0.5), "oracle") == {"oracle": 0.5}
    (cell,) = judge.judge_column(TABLE, COLUMN, {"books:dvd": [[row]]})
    assert cell.selections["oracle"] == pytest.approx(60)
    assert cell.ours == pytest.approx(50)  # never the oracle's


def test_a_selection_that_some_runs_lack_is_not_averaged():
    runs = {"books:dvd": [[run(0.5, **{"oracle/target@val/source": 0.6})], [run(0.5)]]}
    (cell,) = judge.judge_column(TABLE, COLUMN, runs)
    assert cell.selections == {"last": pytest.approx(50)}


def test_distances_are_not_percent():
    column = dataclasses.replace(COLUMN, measure="input distance", mean=None)
    (cell,) = judge.judge_column(TABLE, column, {"books:dvd": [[run(0.5, measured=1.8)]]})
    assert cell.ours == pytest.approx(1.8)
    assert cell.selections == {}


def test_tally():
    runs = {"books:dvd": [[run(0.8)]], "dvd:books": [[{}]]}
    found = judge.tally(judge.judge_column(TABLE, COLUMN, runs))
    assert found == {"inside": 1, "outside": 0, "not judged": 0, "missing": 2}
