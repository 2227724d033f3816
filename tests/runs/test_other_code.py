"""Finished rows of other code: they stop a command, are run again, or count and are marked."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from da_bench.cli.main import main
from da_bench.config.settings import parse_assignments
from da_bench.results.row import CLASSES, CODE, IDENTITY, RECIPE
from da_bench.results.store import read_results
from da_bench.runs.other_code import OtherCode, RowsOfOtherCode, check, policy_of
from da_bench.runs.plan import Plan, jobs

SETTINGS = ["trainer.max_epochs=1", "data.init_args.size=64"]
ASKED = ["compare", "--benchmark", "moons", "--tasks", "0:20", "--seeds", "1", "--set", *SETTINGS,
         "--methods", "coral", "--workers", "1"]  # fmt: skip
OF_THE_START, OF_THE_METHOD = "source_only", "coral"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    out = tmp_path_factory.mktemp("finished")
    assert main([*ASKED, "--out", str(out)]) == 0
    return out


@pytest.fixture
def out(finished, tmp_path):
    return shutil.copytree(finished, tmp_path / "out")


def grid(**options):
    plan = Plan("moons", OF_THE_METHOD, "0", "20", 0)
    return jobs([plan], parse_assignments(SETTINGS), **options)


def change(out, edit, methods=(OF_THE_START, OF_THE_METHOD)):
    """Edits rows of a folder, by method."""
    for method in methods:
        (file,) = (out / "runs" / "moons" / method).glob("*/result.json")
        row = json.loads(file.read_text())
        edit(row)
        file.write_text(json.dumps(row))
        start = file.parent.name.rpartition("-")[0]
        file.parent.rename(file.parent.with_name(f"{start}-{row[IDENTITY][:10]}"))


def of_other_code(row):
    row |= {CODE: "0" * 64, IDENTITY: "0" * 64}


def without_code(row):
    """As rows were before the code was stored."""
    of_other_code(row)
    for column in (CODE, RECIPE, CLASSES):
        del row[column]


def told(capsys):
    captured = capsys.readouterr()
    return " ".join((captured.out + captured.err).split())


def test_a_row_holds_what_its_code_is(finished):
    for row in read_results(finished):
        assert {RECIPE, CODE, CLASSES} <= row.keys()
        assert any(path.endswith(".Moons") for path in row[CLASSES])
    assert "other code" not in (finished / "table.md").read_text()


@pytest.mark.parametrize("edit", [of_other_code, without_code])
def test_a_comparison_stops_at_rows_of_other_code(out, edit, capsys):
    change(out, edit)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.json")}
    assert main([*ASKED, "--out", str(out)]) == 2
    text = told(capsys)
    assert "2 runs of 2" in text
    assert "(source_only 1, coral 1)" in text
    assert "--recompute" in text
    assert "--older-code" in text
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*.json")} == before


@pytest.mark.parametrize("edit", [of_other_code, without_code])
def test_accepted_rows_are_in_the_table_and_marked(out, edit, capsys):
    change(out, edit, [OF_THE_METHOD])
    assert main([*ASKED, "--out", str(out), "--older-code"]) == 0
    assert "2 runs, 2 finished already" in told(capsys)
    text = (out / "table.md").read_text()
    (line,) = [line for line in text.splitlines() if line.startswith("| 0:20")]
    assert line.count("§") == 1
    assert line.rstrip("| ").endswith("§")
    assert "(coral 1 of 1)" in text
    rows = pd.read_csv(out / "results.csv")
    assert dict(zip(rows.method, rows.other_code, strict=True)) == {
        OF_THE_START: False, OF_THE_METHOD: True
    }  # fmt: skip


def test_where_every_run_is_of_other_code_the_words_alone_say_so(out, capsys):
    change(out, of_other_code)
    assert main(["table", str(out)]) == 0
    text = told(capsys)
    assert "All runs were made by other code" in text
    assert "§" not in text


def test_recomputed_runs_take_the_place_of_the_others(out, capsys):
    change(out, of_other_code)
    assert main([*ASKED, "--out", str(out), "--recompute"]) == 0
    assert "2 runs, 0 finished already" in told(capsys)
    assert len(read_results(out)) == 4
    assert main(["table", str(out)]) == 0
    assert "other code" not in told(capsys)


@pytest.mark.parametrize("edit", [of_other_code, without_code])
def test_other_settings_are_no_rows_of_other_code(out, edit):
    change(out, edit)
    stored = RowsOfOtherCode(out, read_results(out))
    assert stored.row_for(grid()[-1])
    plan = Plan("moons", OF_THE_METHOD, "0", "20", 0)
    for settings in (
        ["trainer.max_epochs=2", SETTINGS[1]],
        [*SETTINGS, "model.init_args.weight=2"],
        [SETTINGS[0], "data.init_args.size=65"],
    ):
        assert stored.row_for(jobs([plan], parse_assignments(settings))[-1]) is None


def test_a_row_from_before_needs_the_settings_in_its_folder(out):
    change(out, without_code)
    (file,) = (out / "runs" / "moons" / OF_THE_METHOD).glob("*/config.yaml")
    config = yaml.safe_load(file.read_text())
    config["data"]["init_args"]["size"] = 65
    file.write_text(yaml.safe_dump(config))
    assert RowsOfOtherCode(out, read_results(out)).row_for(grid()[-1]) is None
    file.write_text("{")
    assert RowsOfOtherCode(out, read_results(out)).row_for(grid()[-1]) is None


def test_what_starts_from_an_accepted_run_is_of_other_code_too(out):
    plan = Plan("moons", "fine_tune_full", "0", "20", 0, 5)
    first, last = jobs([plan], parse_assignments(SETTINGS))
    assert (first.plan.method, last.start_from) == (OF_THE_START, first)
    change(out, of_other_code, [OF_THE_START])
    stored = RowsOfOtherCode(out, read_results(out))
    accepted, then = jobs([plan], parse_assignments(SETTINGS), accepted=stored)
    assert accepted.identity == stored.row_for(first)[IDENTITY]
    assert (out / accepted.folder / "model.ckpt").is_file()
    assert then.recipe == last.recipe
    assert then.code == f"{last.code}+{'0' * 64}"
    assert then.identity != last.identity


def test_the_newest_of_several_is_accepted(out):
    change(out, of_other_code, [OF_THE_METHOD])
    (folder,) = (out / "runs" / "moons" / OF_THE_METHOD).glob("*")
    later = shutil.copytree(folder, folder.with_name(folder.name.replace("0" * 10, "1" * 10)))
    row = json.loads((later / "result.json").read_text())
    (later / "result.json").write_text(json.dumps(row | {IDENTITY: "1" * 64}))
    stored = RowsOfOtherCode(out, read_results(out))
    assert stored.row_for(grid()[-1])[IDENTITY] == "1" * 64


def test_the_two_options_exclude_each_other():
    assert policy_of(False, False) == "stop"
    assert policy_of(True, False) == "recompute"
    assert policy_of(False, True) == "accept"
    with pytest.raises(ValueError, match="--recompute and --older-code"):
        policy_of(True, True)


def test_a_sweep_stops_too(out, capsys, tmp_path):
    change(out, of_other_code)
    stored = RowsOfOtherCode(out, read_results(out))
    with pytest.raises(OtherCode, match="2 runs of 2"):
        check(grid(), stored, "stop")
    check(grid(), stored, "recompute")
    sweep = tmp_path / "sweep.yaml"
    sweep.write_text(yaml.safe_dump({
        "title": "One run", "benchmarks": {"moons": ["0:20"]}, "seeds": 1,
        "methods": {OF_THE_METHOD: None},
        "set": {"trainer.max_epochs": 1, "data.init_args.size": 64},
    }))  # fmt: skip
    assert main(["sweep", str(sweep), "--out", str(out)]) == 2
    assert "finished by other code" in told(capsys)


def test_a_file_of_data_is_no_class(tmp_path, monkeypatch):
    """A name such as ``photos.npz`` has the form of an import path."""
    monkeypatch.chdir(tmp_path)
    for name in ("photos", "sketches"):
        np.savez(tmp_path / f"{name}.npz", x=np.eye(4, dtype="float32"), y=np.arange(4) % 2)
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({
        "about": {"title": "Mine", "domains": ["source", "target"],
                  "tasks": [["source", "target"]]},
        "data": {"class_path": "da_bench.data.Arrays", "init_args": {
            "source_x": "photos.npz", "target_x": "sketches.npz", "batch_size": 2}},
        "model": {"init_args": {"encoder": {"class_path": "da_bench.networks.MLP", "init_args": {
            "in_features": 4, "hidden": [2]}}}},
    }))  # fmt: skip
    (job,) = jobs([Plan("mine.yaml", "source_only", "source", "target", 0)])
    assert "da_bench.data.Arrays" in job.classes
    assert not [path for path in job.classes if path.endswith(".npz")]


def test_a_row_without_an_identity_is_run_again_and_stops_nothing(out, capsys):
    (file,) = (out / "runs" / "moons" / OF_THE_METHOD).glob("*/result.json")
    row = json.loads(file.read_text())
    del row[IDENTITY]
    file.write_text(json.dumps(row))
    assert main([*ASKED, "--out", str(out)]) == 0
    assert "2 runs, 1 finished already" in told(capsys)
