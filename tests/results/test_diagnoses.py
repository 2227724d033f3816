"""What a run was diagnosed with reaches its row, the tables and the commands."""

import json

import pandas as pd
import pytest
import torch

from da_bench.cli import runs
from da_bench.results import table
from da_bench.results.diagnoses import account, diagnosis_words, inconsistent
from da_bench.results.index import Index
from da_bench.results.renderers.document import tabulate
from da_bench.results.renderers.export import export
from da_bench.results.row import TWIN
from da_bench.results.verify import verify
from da_bench.runs.compare import compare
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from tests.results.stored import files, grid, row, store

FOUND = {"name": "predictions_collapse", "level": "warning", "step": 9, "evidence": "one class",
         "remedy": "lower the weight"}  # fmt: skip
NOTE = FOUND | {"name": "batch_norm_apart", "level": "note"}
ILL = {"diagnosis": "predictions_collapse", "diagnoses": [FOUND, NOTE]}
WELL = {"diagnosis": "", "diagnoses": []}


def rows():
    made = grid([TWIN, "dann"], [("a", "b")], 3, lambda m, t, s: 0.5 + 0.01 * s)
    return [r | (ILL if r["method"] == "dann" and r["seed"] else WELL) for r in made]


def job(method="dann", **overrides):
    overrides = {"trainer": {"max_epochs": 2}} | overrides
    return jobs(plans(["moons"], [method], ["0:20"], 1), overrides)[-1]


def steep(progress):
    return min(1.0, 1e6 * progress)


def test_a_row_holds_what_was_found(tmp_path, capsys):
    path = f"{steep.__module__}.steep"
    made = job(model={"init_args": {"schedule": path}})
    found = execute(made, tmp_path, [])
    assert found["status"] == "ok", found
    assert found["diagnosis"] == "weight_saturated"
    assert [f["name"] for f in found["diagnoses"]] == ["weight_saturated"]
    stored = json.loads((tmp_path / made.folder / "result.json").read_text())
    assert stored["diagnoses"] == found["diagnoses"]
    assert "da-bench: weight_saturated (warning, step 0)" in capsys.readouterr().err


def test_a_run_that_fails_says_what_of(tmp_path):
    found = execute(job("dann", model={"init_args": {"weight": 1e30}}), tmp_path, [])
    assert found["status"] == "failed"
    assert found["diagnosis"] == "loss_not_finite"
    assert found["diagnoses"][0]["step"] >= 1


def test_health_is_on_by_default_off_by_one_key_and_changes_nothing_else(tmp_path):
    on, off = job(), job(health=False)
    assert on.config["health"] is True
    assert on.identity == off.identity
    rows = {name: execute(j, tmp_path / name, []) for name, j in (("on", on), ("off", off))}
    assert (rows["on"]["diagnosis"], rows["on"]["diagnoses"]) == ("", [])
    assert not {"diagnosis", "diagnoses"} & rows["off"].keys()
    weights = [
        torch.load(tmp_path / name / on.folder / "model.ckpt", weights_only=True)["state_dict"]
        for name in ("on", "off")
    ]
    assert all(torch.equal(weights[0][k], weights[1][k]) for k in weights[1])


def test_tables_say_how_many_and_which_and_leave_notes_out():
    said = "Diagnosed runs: dann 2 of 3 (predictions_collapse 2)"
    assert diagnosis_words(table.frame(rows())).startswith(said)
    for style in ("markdown", "text", "latex"):
        text = " ".join(tabulate(rows(), {}, style).replace("\\_", "_").split())
        assert said in text
    noted = [r | {"diagnosis": "", "diagnoses": [NOTE]} for r in rows()]
    assert diagnosis_words(table.frame(noted)) == ""
    assert diagnosis_words(table.frame([row()])) == ""  # rows of an older da-bench


def test_one_runs_account():
    lines = account(ILL)
    assert lines[0] == "predictions_collapse (warning, step 9): one class; lower the weight"
    assert lines[1].startswith("batch_norm_apart (note")
    assert account(WELL) == ["nothing was found"]
    assert "not watched" in account({})[0]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, False),
        ({"diagnosis": ""}, True),
        ({"diagnosis": "batch_norm_apart"}, True),
        ({"diagnoses": [NOTE]}, True),
        ({"diagnosis": "", "diagnoses": [NOTE]}, False),
        ({"diagnosis": None, "diagnoses": None}, False),
    ],
)
def test_a_row_that_contradicts_itself_is_a_fault(changes, wrong):
    assert bool(inconsistent(ILL | changes)) == wrong


def test_verify_show_list_and_export(tmp_path, capsys):
    folders = store(tmp_path, [*rows(), row("dan", **(ILL | {"diagnosis": "made_up"}))])
    for folder in folders:
        files(folder)
    with Index(tmp_path) as index:
        faults, _ = verify(tmp_path, index.rows(), index.faults())
        export(index.rows(), tmp_path / "rows.csv")
    assert [f for _, f in faults] == [
        "diagnosis 'made_up' is none of its warnings ['predictions_collapse']"
    ]
    read = pd.read_csv(tmp_path / "rows.csv").query("diagnosis == 'predictions_collapse'")
    assert json.loads(read["diagnoses"].iloc[0]) == [FOUND, NOTE]

    def run(*args):
        runs.run(runs.parser().parse_args([str(a) for a in args]))
        return capsys.readouterr().out

    ill = next(f for f in folders if "/dann/" in str(f) and "-s1-" in f.name)
    shown = run("show", tmp_path, ill).splitlines()
    assert shown[shown.index("health") + 1] == account(ILL)[0]
    listed = run("list", tmp_path, "--where", "diagnosis=predictions_collapse")
    assert "diagnosis" in listed.splitlines()[0]
    assert "\n2 runs" in listed
    assert "diagnosis" not in run("list", tmp_path, "--where", "method=source_only")


def test_compare_names_it_beside_the_run(tmp_path, capsys):
    path = f"{steep.__module__}.steep"
    overrides = {"trainer": {"max_epochs": 1}, "model": {"init_args": {"weight_schedule": path}}}
    compare(["moons"], ["dann"], ["0:20"], 1, 1, tmp_path, overrides=overrides)
    said = capsys.readouterr().out
    line = next(line for line in said.splitlines() if "dann 0:20 seed 0" in line)
    assert "weight_saturated" in line
    assert "Diagnosed runs" in (tmp_path / "table.md").read_text()
