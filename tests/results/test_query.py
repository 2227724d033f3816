"""Conditions: what they mean, and what is wrong with those that mean nothing."""

import pytest

from da_bench.results.index import Index
from da_bench.results.query import UnknownColumn, condition, value_at
from tests.results.stored import failed, row, store


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    out = tmp_path_factory.mktemp("query")
    rows = [
        row("dann", "0", "20", 0, 0.7, wall_s=5.0, labels=50),
        row("dann", "0", "40", 1, 0.8, wall_s=15.0, settings={"model.init_args.weight": 0.1}),
        row(
            "it's",
            "0",
            "20",
            2,
            0.9,
            wall_s=25.0,
            labels="all",
            metric="error",
            higher_is_better=False,
        ),
        failed("dan", "0", "40", 3, "CUDA out of memory: 100%"),
    ]
    store(out, rows)
    with Index(out) as opened:
        yield opened


@pytest.mark.parametrize(
    ("asked", "seeds"),
    [
        ("method=dann", [0, 1]),
        ("method!=dann", [2, 3]),
        ("method==dann", [0, 1]),
        ("diagnosis=null", [0, 1, 2, 3]),  # a column that these rows lack, and others have
        ("diagnosis~x", []),
        ("peak_memory_mb>0", []),
        ("method=it's", [2]),
        ("method ~ DAN", [0, 1, 3]),
        ("wall_s>10", [1, 2]),
        ("wall_s>=15", [1, 2]),
        ("wall_s<15", [0, 3]),
        ("wall_s<=5.0", [0, 3]),
        ("status!=ok", [3]),
        ("target=20", [0, 2]),  # a domain whose name is a number
        ("target!=20", [1, 3]),
        ("labels=50", [0]),
        ("labels=all", [2]),
        ("labels=null", [1, 3]),
        ("labels>3", [0]),  # "all" is no number
        ("higher_is_better=false", [2]),
        ("higher_is_better=true", [0, 1]),
        ("oracle/target>0.75", [1, 2]),
        ("error~memory: 100%", [3]),
        ("error~_", []),  # no wildcard
        ("hyperparameters.optimizer.lr=0.01", [0, 1, 2]),
        ("settings.model.init_args.weight<1", [1]),
        ("folder~/dan/", [3]),
    ],
)
def test_conditions(index, asked, seeds):
    assert sorted(r["seed"] for r in index.rows([condition(asked)])) == seeds


def test_all_conditions_hold_together(index):
    found = index.rows([condition("method=dann"), condition("wall_s>10")])
    assert [r["seed"] for r in found] == [1]


def test_sorting_puts_what_lacks_a_value_last(index):
    assert [r["seed"] for r in index.rows(sort="oracle/target")] == [0, 1, 2, 3]
    assert [r["seed"] for r in index.rows(sort="-oracle/target")] == [2, 1, 0, 3]
    assert [r["seed"] for r in index.rows(sort="-wall_s", limit=2)] == [2, 1]


def test_an_unknown_column_names_the_nearest(index):
    with pytest.raises(UnknownColumn, match=r"'methd'.*'method'"):
        index.rows([condition("methd=dann")])
    with pytest.raises(UnknownColumn, match="wal_s"):
        index.rows(sort="-wal_s")


@pytest.mark.parametrize("text", ["method", "=dann", "", ">3", "wall_s=>3", "wall_s=<3"])
def test_no_condition(text):
    with pytest.raises(ValueError, match="is no condition"):
        condition(text)


def test_values_of_nested_columns():
    one = row(settings={"model.init_args.weight": 0.1})
    assert value_at(one, "settings.model.init_args.weight") == 0.1
    assert value_at(one, "hyperparameters.optimizer.lr") == 0.01
    assert value_at(one, "hyperparameters.optimizer.lx") is None
