"""A target without labels: its runs tell what can be known, in every table, and never a dash."""

import io
import json

import numpy as np
import pandas as pd
import pytest
import torch
import yaml

from da_bench.cli.main import main
from da_bench.data.task import MultiLabel
from da_bench.results import unlabelled
from da_bench.results.collection import load
from da_bench.results.renderers.document import tabulate
from da_bench.results.store import read_results
from da_bench.results.table import frame
from da_bench.results.verify import verify
from da_bench.runs import unlabelled_target
from da_bench.runs.compare import compare
from da_bench.runs.unlabelled_target import predicted_shares
from da_bench.selection import outputs
from da_bench.selection.catalogue import VALIDATORS

KNOWN = ["val/source, accuracy in %", "information_maximisation ↑", "entropy ↓", "mcc ↓",
         "A-distance", "called cat, in %", "called dog, in %"]  # fmt: skip


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unlabelled")
    rng = np.random.default_rng(0)
    y = np.array(["cat", "dog"])[np.arange(120) % 2]
    x = rng.normal(size=(120, 3)) + 2 * (y == "dog")[:, None]
    np.savez(folder / "a.npz", x=x, y=y)
    np.savez(folder / "b.npz", x=x[:100] + 0.5)
    spec = {
        "about": {"title": "Cats and dogs", "tasks": [["a", "b"]]},
        "data": {"class_path": "da_bench.data.Arrays", "init_args": {
            "source_x": str(folder / "a.npz"), "target_x": str(folder / "b.npz")}},
        "model": {"init_args": {"batch_norm": "joint", "encoder": {
            "class_path": "da_bench.networks.MLP",
            "init_args": {"in_features": 3, "hidden": [8]}}}},
        "trainer": {"max_epochs": 2},
    }  # fmt: skip
    (folder / "mine.yaml").write_text(yaml.safe_dump(spec))
    status = compare([str(folder / "mine.yaml")], ["dann"], None, 2, 1, folder / "out")
    assert status == 0
    return folder / "out"


def test_a_row_tells_what_needs_no_target_label(out):
    rows = read_results(out)
    assert len(rows) == 4
    for row in rows:
        assert "oracle/target" not in row
        assert row["target_unscored"] == "no labels"
        shares = json.loads(row["predicted"])
        assert list(shares) == ["cat", "dog"]
        assert sum(shares.values()) == pytest.approx(1)
        assert all((20 * share) % 1 < 1e-4 for share in shares.values())  # of 20 test samples
        held = outputs.read(out / row["folder"])
        for name in unlabelled.SCORES:
            one = VALIDATORS[name]
            expected = one(held) if one.higher else -one(held)
            assert row[f"validator/{name}"] == pytest.approx(expected)
        assert 0 <= row["a_distance"] <= 2
    assert verify(out, rows, {}) == ([], 0)


def test_the_comparison_shows_it_and_says_what_to_do_next(out):
    text = (out / "table.md").read_text()
    assert "| - |" not in text
    for line in KNOWN:
        assert f"\n| {line} | " in text
    for part in ("The target has no labels", "da-bench select FOLDER --by", "da-bench predict",
                 "| a:b | source_only | dann |"):  # fmt: skip
        assert part in text
    assert text.startswith("## Cats and dogs: without target labels")


@pytest.mark.parametrize("options", [[], ["--format", "text"], ["--format", "latex"],
                                     ["--format", "csv"], ["--statistics"],
                                     ["--validators", "entropy", "snd"],
                                     ["--by", "entropy"]])  # fmt: skip
def test_every_kind_of_table(out, options, capsys):
    assert main(["table", str(out), *options]) == 0
    text = capsys.readouterr().out
    assert "dann" in text
    assert "oracle/target" not in text
    if "csv" in options:
        assert "no labels" in text
        assert "a_distance" in text
    else:
        assert "The target has no labels" in text
        assert "called cat" in text
    if "--statistics" in options:
        assert "No statistics of a:b: no score on the target." in text
    if "--validators" in options:
        assert "can't be known without target labels" in text
        assert "| snd | " in text
    if "--by" in options:
        assert "chosen by entropy" in text


def test_report_and_lists(out, tmp_path, capsys):
    assert main(["report", str(out), "--output", str(tmp_path / "r.html")]) == 0
    page = (tmp_path / "r.html").read_text()
    for part in ("Without target labels", "The target has no labels", "called dog, in %",
                 "Training curves"):  # fmt: skip
        assert part in page
    assert main(["runs", "list", str(out)]) == 0
    assert "no labels" in capsys.readouterr().out
    run = str(out / read_results(out)[0]["folder"])
    for figure in (["confusion"], ["features", "--oracle"]):
        assert main(["show", run, "--figure", *figure]) == 2
        assert "its target has no labels to show" in capsys.readouterr().err
    assert main(["show", run, "--figure", "features"]) == 0
    assert main(["test", "--out", str(out / read_results(out)[0]["folder"])]) == 0
    assert "The target has no test labels, so it is not scored" in capsys.readouterr().out


def test_the_app_opens(out):
    pytest.importorskip("streamlit")
    from tests.dashboard.script.test_app import cells, opened, said

    app = opened(out)
    assert "The target has no labels" in said(app)
    assert any("called cat, in %" in line for line in cells(app))
    for view in ("cell", "run", "compare", "runs", "features"):
        opened(out, view=view)


def rows(scores, **more):
    """A row a method and task; ``scores`` maps the task's target to a score or to None."""
    found = []
    for target, score in scores.items():
        for method in ("source_only", "dann"):
            row = {"method": method, "benchmark": "made", "source": "a", "target": target,
                   "seed": 0, "status": "ok", "metric": "accuracy", "identity": method + target,
                   "val/source": 0.9, "folder": method + target, "selection": "last",
                   "target_test": "held_out", **more}  # fmt: skip
            found.append(row | ({} if score is None else {"oracle/target": score}))
    return found


def test_tasks_with_and_without_labels_stand_apart():
    made = rows({"b": None, "c": 0.75}, target_unscored=None)
    for row in made:
        row["target_unscored"] = "no labels" if row["target"] == "b" else None
    text = tabulate(made, {row["folder"]: 1 for row in made})
    first, second = text.split("## made\n")
    assert "## made: without target labels" in first
    assert "| val/source, accuracy in % | 90.0 | 90.0 |" in first
    assert "| a:c | **75.0** | **75.0** (+0.0) |" in second
    assert "a:b" not in second


def test_rows_of_an_earlier_release_say_that_no_score_is_stored():
    made = rows({"b": None})
    text = tabulate(made, {row["folder"]: 1 for row in made})
    assert "The target was not scored" in text
    assert "| a:b | source_only | dann |" in text


def test_one_run_that_lost_its_score_is_no_task_without_labels():
    made = rows({"b": 0.5})
    del made[0]["oracle/target"]
    own, bare = unlabelled.split(frame(made))
    assert (len(own), len(bare)) == (2, 0)


def test_many_classes_are_added_up():
    shares = {f"c{i}": 1 / 40 for i in range(40)}
    made = rows({"b": None}, predicted=json.dumps(shares), target_unscored="no labels")
    text = unlabelled.cells(frame(made))
    assert text.loc["called one of 28 other classes, in %", "dann"] == "70.0"
    assert sum("called" in line for line in text.index) == 13


def test_a_regression_tells_the_mean_of_its_predictions():
    made = rows({"b": None}, predicted=json.dumps({"output_0": 3.25}), target_unscored="no labels",
                metric="mse", higher_is_better=False)  # fmt: skip
    text = unlabelled.cells(frame(made))
    assert text.loc["mean of output_0", "dann"] == "3.250"
    assert text.loc["val/source, mse", "dann"] == "0.900"


def test_a_target_of_several_labels_tells_how_often_each_is_predicted():
    logits = torch.tensor([[3.0, -1.0], [-4.0, -9.0], [0.5, 2.0], [1.0, -0.1]])
    assert predicted_shares(logits, MultiLabel(["red", "round"])) == {"red": 0.75, "round": 0.25}
    assert predicted_shares(logits, MultiLabel(2)) == {"0": 0.75, "1": 0.25}


def test_no_validator_is_recommended_where_none_is_defined():
    for metric, said in (("mse", "the mean of what is predicted"), ("macro_f1", "are called")):
        made = rows({"b": None}, target_unscored="no labels", metric=metric,
                    higher_is_better=metric != "mse")  # fmt: skip
        text = unlabelled.words(frame(made))
        assert said in text
        for other in ("alidator", "collapse", "da-bench select"):
            assert other not in text
    made = rows({"b": None}, target_unscored="no labels", **{"validator/entropy": 0.5})
    for part in ("validators (arrows", "collapse", "da-bench select"):
        assert part in unlabelled.words(frame(made))


def test_without_a_common_space_there_is_no_distance_in_it(out, monkeypatch):
    held = outputs.read(out / read_results(out)[0]["folder"])
    none = held._replace(source_z=held.source_z[:, :0], target_z=held.target_z[:, :0])
    monkeypatch.setattr(outputs, "read", lambda folder: none)

    class Data:
        def view(self, role, split):
            return type("View", (list,), {"data": None})()

    monkeypatch.setattr(unlabelled_target, "labels", lambda data: None)
    found = unlabelled_target.unscored_columns(None, None, Data(), out)
    assert "validator/entropy" in found
    assert "a_distance" not in found
    made = rows({"b": None}, target_unscored="no labels", a_distance=0.5)
    assert "no space in which both lie" not in unlabelled.words(frame(made))
    made[0]["a_distance"] = None
    assert "no space in which both lie" in unlabelled.words(frame(made))


def test_failed_runs_stand_in_the_csv_too():
    made = rows({"b": None}, target_unscored="no labels")
    made[1] = {k: made[1][k] for k in ("method", "benchmark", "source", "target", "seed",
                                       "identity", "folder")}  # fmt: skip
    made[1] |= {"status": "failed", "error": "RuntimeError: NaN"}
    text = tabulate(made, {row["folder"]: 1 for row in made}, "csv")
    lines = pd.read_csv(io.StringIO(text)).set_index("method")
    assert lines["runs"].to_dict() == {"source_only": 1, "dann": 0}
    assert lines["failed"].to_dict() == {"source_only": 0, "dann": 1}


def test_benchmarks_that_share_the_name_of_a_task_are_told_apart():
    made = rows({"b": None}, target_unscored="no labels")
    made += [{**row, "benchmark": "other", "identity": row["identity"] + "o",
              "folder": row["folder"] + "o"} for row in rows({"b": 0.5})]  # fmt: skip
    own, bare = unlabelled.split(frame(made))
    assert set(own["benchmark"]) == {"other"}
    assert set(bare["benchmark"]) == {"made"}
    text = tabulate(made, {row["folder"]: 1 for row in made}, statistics=True)
    assert "Statistics: other" in text
    assert "Statistics: made" not in text


def test_no_test_samples_is_another_reason():
    made = rows({"b": None}, target_unscored="no test samples")
    assert "The target has no test samples (test: 0)" in unlabelled.words(frame(made))


def test_results_without_a_score_have_a_place_in_the_report(out):
    of = load(out).benchmark(load(out).benchmarks[0])
    assert (of.parts, of.words) == ({}, "")
    assert of.methods == ["source_only", "dann"]
    assert len(of.without_labels.runs) == 4
