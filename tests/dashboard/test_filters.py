"""Filters: which runs they keep, and that an address says the same."""

import numpy as np
import pandas as pd
import pytest

from da_bench.dashboard.filters import FilterError, column, filter_runs, limits, names, range_text
from da_bench.results.collection import load
from da_bench.results.row import TWIN
from tests.dashboard.names import NASTY, nasty
from tests.results.stored import failed, grid, row, store


@pytest.fixture
def results(tmp_path):
    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 3,
                lambda m, t, s: {TWIN: 0.5, "dann": 0.7, "dan": 0.6}[m] + 0.01 * s)  # fmt: skip
    rows = [one | {"wall_s": float(i)} for i, one in enumerate(rows)]
    store(tmp_path, [*rows, failed("mcd", error="OutOfMemoryError: so much")])
    return load(tmp_path)


def test_each_kind_keeps_what_it_says(results):
    assert column(results, "name").kind == "one of"
    kept = filter_runs(results, {"name": ["dann", "dan"]}).runs
    assert set(kept["name"]) == {"dann", "dan"}
    assert len(kept) == 12
    assert column(results, "wall_s").kind == "between"
    kept = filter_runs(results, {"wall_s": ["2..5"]}).runs["wall_s"]
    assert sorted(kept) == [2, 3, 4, 5]
    assert len(filter_runs(results, {"wall_s": ["15.."]}).runs) == 3
    assert (
        filter_runs(results, {"error": ["OutOfMemoryError: so much"]}).runs["name"].item() == "mcd"
    )
    both = filter_runs(results, {"name": ["dann"], "seed": ["1..1"]})
    assert len(both.runs) == len(both.rows) == 2
    assert [one["folder"] for one in both.rows] == both.runs["folder"].tolist()


def test_many_texts_are_searched_letter_by_letter(tmp_path):
    store(tmp_path, [row(seed=i, comment=f"Run ({i}) [a.b]") for i in range(60)])
    found = load(tmp_path)
    assert column(found, "comment").kind == "contains"
    assert len(filter_runs(found, {"comment": ["RUN (7)"]}).runs) == 1  # no pattern, any case
    assert len(filter_runs(found, {"comment": ["a.b"]}).runs) == 60
    assert len(filter_runs(found, {"comment": ["axb"]}).runs) == 0


def test_nested_values_and_values_that_are_not_there(results):
    assert "hyperparameters.optimizer.lr" in names(results, ["hyperparameters.optimizer.lr"])
    assert (
        len(filter_runs(results, {"hyperparameters.weight": ["0..1"]}).runs) == 18
    )  # not the failed
    assert column(results, "metric").options == ["(none)", "accuracy"] or column(
        results, "metric"
    ).options == ["accuracy", "(none)"]
    assert len(filter_runs(results, {"metric": ["(none)"]}).runs) == 1
    with pytest.raises(FilterError, match="nowhere"):
        filter_runs(results, {"nowhere": ["1"]})


def test_cells_that_are_kept_whole_have_the_numbers_of_the_whole_table(results):
    whole = results.benchmark("bench").parts
    some = filter_runs(results, {"name": ["dann", "dan"], "task": ["a:b"]}).benchmark("bench").parts
    for name, part in some.items():
        expected = whole[name].loc[["a:b"], part.columns]
        pd.testing.assert_frame_equal(part.loc[["a:b"]], expected, check_names=False)
    assert some["gain"].notna().all(axis=None)


@pytest.mark.parametrize("name", NASTY)
def test_nasty_names_are_names(tmp_path, name):
    nasty(tmp_path)
    kept = filter_runs(load(tmp_path), {"name": [name]}).runs
    assert len(kept) == 2
    assert set(kept["comment"]) == {name}


@pytest.mark.parametrize(
    ("text", "ends"), [("1..10", (1, 10)), ("..2.5", (None, 2.5)), ("-1e-3..", (-0.001, None))]
)
def test_ranges_are_written_as_they_are_read(text, ends):
    assert limits("x", text) == ends
    assert limits("x", range_text(*ends)) == ends
    assert range_text(None, None) == ""


@pytest.mark.parametrize("text", ["abc", "1", "a..b", "nan..2"])
def test_what_is_no_range_is_named(text, results):
    with pytest.raises(FilterError, match=r"if\.wall_s=.*LOW\.\.HIGH"):
        filter_runs(results, {"wall_s": [text]})


def test_no_filter_is_no_change(results):
    assert filter_runs(results, {"name": [""], "seed": []}) is results
    assert np.isfinite(results.runs["gain"].dropna()).all()
