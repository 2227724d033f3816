"""Curves: of a training as it went, killed or not, and of no weight in it."""

import pandas as pd
import pytest

from da_bench.callbacks.curves import KeepCurves
from da_bench.io import curves as io_curves
from da_bench.results import curves
from da_bench.runs.execute import execute
from tests.runs.test_execute import Kill, Killed, comparable, job


def test_every_epoch_has_its_scalars_and_the_row_is_the_same_without(tmp_path):
    asked, again = job("dann"), job("dann")
    folder = tmp_path / "with" / asked.folder
    row = execute(asked, tmp_path / "with", [KeepCurves(folder)])
    bare = execute(again, tmp_path / "without", [])
    assert comparable(row, tmp_path / "with") == comparable(bare, tmp_path / "without")
    found = curves.read(folder)
    assert found["epoch"].tolist() == [0, 1, 2]
    assert found["step"].is_monotonic_increasing
    for name in ("train/source_risk", "train/adaptation_loss", "val/source"):
        assert found[name].notna().all()
    assert found["val/source"].iloc[-1] == pytest.approx(row["val/source"])
    assert not [name for name in found if name.startswith("test/") or name == "oracle/target"]


@pytest.mark.parametrize("at", [pytest.param(5, marks=pytest.mark.slow), 9])
def test_a_run_that_was_killed_has_the_curves_of_one_that_was_not(tmp_path, monkeypatch, at):
    from da_bench.runs import execute as execution

    monkeypatch.setattr(execution, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    asked = job("dann")
    whole, killed = (tmp_path / name / asked.folder for name in ("whole", "killed"))
    execute(asked, tmp_path / "whole", [KeepCurves(whole), counted := Kill(None)])
    asked = job("dann")
    with pytest.raises(Killed):
        execute(asked, tmp_path / "killed", [KeepCurves(killed), Kill(at)])
    with (killed / io_curves.CURVES_FILE).open("a") as file:
        file.write("2,99999,val/source,0.1\n1,9")  # after the checkpoint, and torn
    execute(job("dann"), tmp_path / "killed", [KeepCurves(killed)])
    assert counted.steps > at
    theirs = [n for n in curves.read(whole) if not n.startswith("train/")]
    pd.testing.assert_frame_equal(curves.read(killed)[theirs], curves.read(whole)[theirs])


def test_an_epoch_without_a_validation_repeats_no_old_score(tmp_path):
    asked = job("source_only")
    asked.config["trainer"] |= {"max_epochs": 4, "check_val_every_n_epoch": 2}
    folder = tmp_path / asked.folder
    execute(asked, tmp_path, [KeepCurves(folder)])
    found = curves.read(folder)
    assert found["val/source"].notna().tolist() == [False, True, False, True]
    assert found["train/source_risk"].notna().all()


def test_what_is_torn_or_absent_is_no_error(tmp_path):
    assert curves.read(tmp_path).empty
    text = f"{io_curves.HEADER}0,5,a,1\n0,5,b,nan\n1,10,a,2\n1,10,a,3\nx,y,z,1\n2,15,a,0."
    (tmp_path / io_curves.CURVES_FILE).write_bytes(text.encode() + b"\xff")
    found = curves.read(tmp_path)
    assert found.to_dict("list") == {"epoch": [0, 1], "step": [5, 10], "a": [1.0, 3.0]}


def test_runs_of_a_comparison_keep_them(tmp_path):
    from da_bench.runs.engines.process import carry

    asked = job("source_only")
    row = carry(asked, tmp_path)
    found = curves.read(tmp_path / asked.folder)
    assert len(found) == row["epochs"]
    assert found["val/source"].iloc[-1] == pytest.approx(row["val/source"])
    runs = pd.DataFrame({"name": "m", "task": "t", "folder": [str(asked.folder)]})
    over = curves.over_seeds(runs, tmp_path, max_epochs=2)
    assert sorted(set(over["epoch"])) == [0, 2]
    own = over[over["name"] == "val/source"]
    assert own["mean"].tolist() == found["val/source"].iloc[[0, 2]].tolist()
    assert own["spread"].isna().all()
