"""Figures that can't be are listed by run and value, and counted in no mean."""

import json
import math
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from da_bench.bench import protocol, table
from da_bench.bench.grid import TWIN
from da_bench.bench.index import Index
from da_bench.bench.ranges import FAULTY, faults, sound
from da_bench.bench.scores import scores
from da_bench.bench.statistics import report
from da_bench.bench.store import read_results
from da_bench.bench.tabulate import tabulate
from da_bench.cli import main
from tests.bench.stored import grid, row, store

WRONG = [math.nan, math.inf, -math.inf, 86.1, -0.1, 1.0000001, "0.8", "", True, [0.8], {"a": 1}]
REGRESSION = {"metric": "mse", "higher_is_better": False}


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_share_that_cannot_be_is_a_fault(value):
    ((key, said),) = faults(row(score=value))
    assert key == "oracle/target"
    assert said.startswith(f"oracle/target is {value if type(value) is float else repr(value)}")
    assert said.endswith("expected a share from 0 to 1")
    bad = sound(row(score=value))
    assert bad["status"] == FAULTY
    assert bad["error"] == f"left out: {said}"


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, 0.861, np.float64(0.5), None])
def test_a_share_that_can_be_is_none(value):
    assert sound(row(score=value)) == row(score=value)


@pytest.mark.parametrize(
    ("key", "value", "more"),
    [
        ("oracle/target", -1.0, REGRESSION),
        ("oracle/target", math.nan, REGRESSION),
        ("val/source", 86.1, {}),
        ("val/source", math.inf, {}),
        ("val/target", -0.5, {}),
        ("oracle/target@val/source", 86.1, {}),
        ("oracle/val_target", 2.0, {}),
        ("test/source", 97.5, {}),
        ("wall_s", -3.0, {}),
        ("wall_s", math.nan, {}),
        ("cpu_s", math.inf, {}),
        ("gpu_s", "12", {}),
        ("peak_memory_mb", -1, {}),
        ("epochs", -2, {}),
        ("health/effective_sample_size", -4.0, {}),
    ],
)
def test_other_figures_have_their_ranges(key, value, more):
    ((found, said),) = faults(row(**more) | {key: value})
    assert found == key
    assert said.startswith(key)


@pytest.mark.parametrize(
    ("key", "value", "more"),
    [
        ("oracle/target", 3131.5, REGRESSION),  # a squared error is no share
        ("val/source", math.nan, {}),  # undefined: there is no sample
        ("val/source_risk", 2.3, {}),
        ("oracle/joint_error", 1.2, {}),  # of two domains
        ("divergence/mmd", -0.01, {}),  # unbiased
        ("max_epochs", -1, {}),  # no limit
        ("labels", "all", {}),
        ("wall_s", 0, {}),
    ],
)
def test_what_can_be_is_none(key, value, more):
    assert not list(faults(row(**more) | {key: value}))


def three(value):
    rows = grid([TWIN, "dann"], [("a", "b")], 3, lambda m, t, s: 0.5 + 0.1 * s + (m == "dann") / 10)
    rows[4] = rows[4] | {"oracle/target": value}
    return rows


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_tables_list_the_run_and_count_the_others(value):
    rows = three(value)
    frame = table.frame(rows)
    parts = table.summary(frame)
    assert parts["mean"].loc["a:b", "dann"] == pytest.approx(0.7)  # of 0.6 and 0.8
    assert parts["runs"].loc["a:b", "dann"] == 2
    assert parts["pairs"].loc["a:b", "dann"] == 2
    good = frame[frame["status"] == "ok"]
    assert "over 2 to 3 seeds" in protocol.words(good, parts["mean"])
    assert "dann 1 of 3 (0 failed, 0 not run, 1 left out)" in protocol.lacking(frame)
    for style in ("markdown", "text", "latex"):
        said = " ".join(tabulate(rows, {}, style).split())  # a screen breaks lines
        assert "a:b" in said
        assert "left out: oracle/target is " in said
        assert "expected a share from 0 to 1" in said
        assert "runs/bench/dann/a-b-s1" in said
    lines = pd.read_csv(StringIO(tabulate(rows, {}, "csv"))).set_index("method")
    assert lines.loc["dann", ["runs", "failed"]].tolist() == [2, 1]
    assert len(scores(frame).runs) == 5
    assert "1 left out" in report(frame)


def test_where_none_is_sound_the_table_says_so():
    rows = [row("dann", seed=s, score=math.nan) for s in range(2)]
    said = tabulate(rows, {})
    assert "No run finished." in said
    assert said.count("left out: oracle/target is nan") == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, 86.1])
def test_a_stored_one_is_a_fault_everywhere(value, tmp_path, capsys):
    folders = store(tmp_path, three(value))
    bad = folders[4].name
    (read,) = (r for r in read_results(tmp_path) if r["status"] == FAULTY)
    assert read["folder"].endswith(bad)
    with Index(tmp_path) as index:
        statuses = [r["status"] for r in index.rows()]
        assert statuses.count(FAULTY) == 1
    assert main(["runs", "verify", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert f"{bad}: oracle/target is {value}, expected a share from 0 to 1" in said
    assert main(["runs", "list", str(tmp_path), "--where", "status=faulty"]) == 0
    assert "1 run" in capsys.readouterr().out
    assert main(["table", str(tmp_path)]) == 0
    assert f"left out: oracle/target is {value}" in capsys.readouterr().out
    assert main(["runs", "remove", str(tmp_path), "--where", "status=faulty", "--yes"]) == 0
    assert not folders[4].exists()


def test_a_string_is_told_by_the_table_of_a_folder(tmp_path, capsys):
    folders = store(tmp_path, three(0.5))
    path = folders[4] / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"oracle/target": "0.861"}))
    assert main(["table", str(tmp_path)]) == 0
    told = capsys.readouterr()
    assert folders[4].name in told.err + told.out
    assert "'0.861'" in told.err + told.out


def test_average_precision_is_a_share():
    assert list(faults({"metric": "average_precision", "oracle/target": 86.1}))
    assert not list(faults({"metric": "average_precision", "oracle/target": 0.861}))
