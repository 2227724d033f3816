"""What report and app read: bench's own numbers, whatever the folder holds."""

import pandas as pd
import pytest

from da_bench.results.collection import load
from da_bench.results.query import UnknownColumn
from da_bench.results.renderers import markdown
from da_bench.results.renderers.document import tabulate
from da_bench.results.row import TWIN
from da_bench.results.store import StoreError
from tests.results.stored import failed, grid, row, store


def filled(out):
    def score(method, task, seed):
        return {TWIN: 0.5, "dann": 0.7, "dan": 0.45}[method] + 0.01 * seed * task

    rows = grid([TWIN, "dann", "dan"], [("a", "b"), ("b", "a")], 3, score)
    store(out, [*rows[:-1], failed("dan", "b", "a", 2, "RuntimeError: NaN")])
    return out


def test_texts_are_those_of_the_table(tmp_path):
    found = load(filled(tmp_path))
    said = tabulate(found.rows, {})
    one = found.benchmark("bench")
    assert one.methods[0] == TWIN
    for task, line in one.cells.iterrows():
        assert f"| {task} | {' | '.join(map(markdown.cell, line))} |" in said
    for words in (one.words, one.missing_words):
        assert words in said
    assert found.tasks == one.tasks == ["a:b", "b:a"]
    assert found.methods == one.methods
    assert one.failures.to_dict("records")[0]["error"] == "RuntimeError: NaN"


def test_of_mixed_protocols_the_newest_run_counts_and_it_is_said(tmp_path):
    import os

    old = row("dann", score=0.1, hyperparameters={"weight": 9})
    new = row("dann", score=0.9)
    for when, folder in enumerate(store(tmp_path, [old, new])):
        os.utime(folder / "result.json", (when + 1, when + 1))
    found = load(tmp_path).benchmark("bench")
    assert found.parts["mean"].loc["a:b", "dann"] == 0.9
    assert "MIXED PROTOCOLS" in found.words
    assert any("hyper-parameters" in fault for fault in found.faults)


def test_an_empty_folder_a_torn_result_and_conditions(tmp_path):
    empty = load(tmp_path)
    assert (empty.benchmarks, empty.methods, empty.tasks) == ([], [], [])
    assert empty.runs.empty
    folders = store(tmp_path, [row("dann"), row("dan")])
    (folders[0] / "result.json").write_text('{"schema": 1, "iden')
    found = load(tmp_path)
    assert found.methods == ["dan"]
    (fault,) = found.damaged.values()
    assert fault.startswith("result.json is not whole")
    assert load(tmp_path, ["method=dan"]).methods == ["dan"]
    with pytest.raises(UnknownColumn, match="metod"):
        load(tmp_path, ["metod=dan"])
    with pytest.raises(StoreError, match="no folder"):
        load(tmp_path / "nowhere")


def test_only_failed_runs_have_no_numbers(tmp_path):
    store(tmp_path, [failed("dann")])
    one = load(tmp_path).benchmark("bench")
    assert (one.parts, one.methods, one.words) == ({}, [], "No run finished.")
    assert one.cells.empty
    assert len(one.failures) == 1
    with pytest.raises(KeyError, match="nothing"):
        load(tmp_path).benchmark("nothing")


def test_curves_are_read_below_the_folder_alone(tmp_path):
    out, outside = tmp_path / "out", tmp_path / "outside"
    folder = store(out, [row("dann")])[0]
    outside.mkdir()
    text = "epoch,step,name,value\n0,5,val/source,0.5\n"
    for place in (folder, outside):
        (place / "curves.csv").write_text(text)
    found = load(out)
    expected = pd.DataFrame({"epoch": [0], "step": [5], "val/source": [0.5]})
    pd.testing.assert_frame_equal(found.curves(found.rows[0]), expected)
    (folder.parent / "link").symlink_to(outside)
    for path in ("../outside", "runs/bench/dann/link", str(outside)):
        with pytest.raises(StoreError, match="outside"):
            found.curves(path)
