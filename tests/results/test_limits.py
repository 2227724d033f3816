"""Figures that can't be are listed by run and value, and counted in no mean."""

import json
import math
from io import StringIO

import numpy as np
import pandas as pd
import pytest

from da_bench.cli.main import main
from da_bench.results import protocol, table
from da_bench.results.index import Index
from da_bench.results.limits import faults, mark_faulty
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import FAULTY, TWIN
from da_bench.results.scores import scores
from da_bench.results.significance import report
from da_bench.results.store import read_results
from tests.results.stored import grid, row, store

WRONG = [math.nan, math.inf, -math.inf, 86.1, -0.1, 1.0000001, "0.8", "", True, [0.8], {"a": 1}]
REGRESSION = {"metric": "mse", "higher_is_better": False}


@pytest.mark.parametrize("value", WRONG, ids=repr)
def test_a_share_that_cannot_be_is_a_fault(value):
    ((key, said),) = faults(row(score=value))
    assert key == "oracle/target"
    assert said.startswith(f"oracle/target is {value if type(value) is float else repr(value)}")
    assert said.endswith("expected a share from 0 to 1")
    bad = mark_faulty(row(score=value))
    assert bad["status"] == FAULTY
    assert bad["error"] == f"left out: {said}"


@pytest.mark.parametrize("value", [0, 1, 0.0, 1.0, 0.861, np.float64(0.5), None])
def test_a_share_that_can_be_is_none(value):
    assert mark_faulty(row(score=value)) == row(score=value)


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
    assert "over 2 to 3 seeds" in protocol.meaning(good, parts["mean"]).sentences()
    assert "dann 1 of 3 (0 failed, 0 not run, 1 left out)" in protocol.missing_words(frame)
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


BARE = {"target_unscored": "no labels", "predicted": json.dumps({"a": 0.4, "b": 0.6})}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"metric": None}, "metric is missing"),  # 86.1 of what?
        ({"higher_is_better": False}, "higher_is_better is False, expected True of accuracy"),
        ({"metric": "mse"}, "higher_is_better is True, expected False of mse"),
        ({"metric": "average_precision", "oracle/target": 86.1}, "expected a share from 0 to 1"),
        ({"labels": "some"}, "labels is 'some'"),
        ({"labels": -5}, "labels is -5, expected a finite number from 0 up"),
        ({"a_distance": 86.1}, "a_distance is 86.1, expected a number from -2 to 2"),
        ({"a_distance": math.inf}, "a_distance is inf"),
        ({"validator/entropy": -math.inf}, "validator/entropy is -inf, expected a finite number"),
        ({"predicted": "{oops"}, "predicted is '{oops', expected JSON of names and figures"),
        ({"predicted": "[1, 2]"}, "predicted is '[1, 2]'"),
        ({"predicted": "[" * 100_000}, "expected JSON of names and figures"),
        ({"predicted": '{"a": 86.1}'}, "predicted of 'a' is 86.1, expected a share from 0 to 1"),
        ({"predicted": '{"a": "x"}'}, "predicted of 'a' is 'x'"),
        ({"predicted": '{"a": {"b": [1]}}'}, "predicted of 'a' is {'b': [1]}"),
        ({"predicted": '{"output_0": Infinity}'}, "predicted of 'output_0' is inf"),
    ],
)  # fmt: skip
def test_each_kind_of_figure_has_its_range(change, said):
    assert said in "; ".join(why for _, why in faults(row() | change))


@pytest.mark.parametrize(
    "change",
    [{"metric": "mse", "higher_is_better": False, "oracle/target": 86.1}, {"labels": "all"},
     {"metric": "kappa", "higher_is_better": False, "oracle/target": -86.1},
     {"metric": "average_precision"}, {"validator/entropy": math.nan}, {"a_distance": 0.0},
     {"predicted": '{"a": 1.0, "b": 0}'}, {"predicted": '{"output_0": -86.1}'}],
)  # fmt: skip
def test_each_kind_has_what_can_be(change):
    assert not list(faults(row() | change))


@pytest.mark.parametrize("change", [{"oracle/target": None}, {}], ids=["null", "absent"])
def test_a_seed_without_a_score_does_not_vanish(change):
    """Where the task's other runs have one: else its target has no labels at all."""
    rows = three(0.5)
    del rows[4]["oracle/target"]
    rows[4] |= BARE | change
    for style in ("markdown", "text", "latex"):
        said = " ".join(tabulate(rows, {}, style).split())
        assert "over 2 to 3 seeds" in said
        assert "oracle/target is missing, and other runs of the task have it" in said
    bare = [{k: v for k, v in one.items() if k != "oracle/target"} | BARE for one in rows]
    assert (table.frame(bare)["status"] == "ok").all()


@pytest.mark.parametrize("key", ["oracle/target", "wall_s", "seed", "epochs", "note"])
def test_a_number_that_no_machine_holds_harms_no_other_run(key, tmp_path, capsys):
    """Of 400 digits: Python's own, that no float, index or Parquet file takes."""
    folders = store(tmp_path, three(0.5))
    path = folders[4] / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {key: 10**400}))
    for command in (["table", str(tmp_path)], ["runs", "list", str(tmp_path)],
                    ["table", str(tmp_path), "--format", "csv"]):  # fmt: skip
        assert main(command) == 0
    assert main(["runs", "verify", str(tmp_path)]) == 1
    said = capsys.readouterr()
    assert f"{folders[4].name}: result.json holds a whole number of 1,329 bits" in said.out
    assert len(read_results(tmp_path)) == 5


@pytest.mark.parametrize(
    "change", [{"status": "faulty"}, {"status": "OK"}, {"labels": [3]}, {"max_epochs": "x"},
               {"predicted": 3}, {"a_distance": "x"}, {"target_unscored": [5]}, {"seed": True},
               {"selection": [1]}, {"peak_memory_mb": {}}],
)  # fmt: skip
def test_a_row_of_other_types_is_torn(change, tmp_path, capsys):
    folders = store(tmp_path, three(0.5))
    path = folders[4] / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert main(["runs", "verify", str(tmp_path)]) == 1
    ((key, value),) = change.items()
    assert f"{folders[4].name}: result.json has {key}: {value!r}" in capsys.readouterr().out
    assert main(["table", str(tmp_path)]) == 0
    assert len(read_results(tmp_path)) == 5


def test_directions_do_not_mix():
    rows = three(0.5)
    rows[4] |= {"metric": "kappa", "higher_is_better": False}
    rows = [one | {"metric": "kappa"} for one in rows]
    with pytest.raises(protocol.MixedProtocols, match="rows differ in higher_is_better"):
        tabulate(rows, {})
