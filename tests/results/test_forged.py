"""Forged files of a run, over all that read them: whole, but of no run of ours; named."""

import json
import os
import shutil
import sqlite3
import zlib

import numpy as np
import pytest
import torch
import yaml

from da_bench.callbacks.curves import KeepCurves
from da_bench.cli.main import main
from da_bench.config.descriptions import check_description
from da_bench.data.benchmarks.toy import Moons, ShiftedGaussians
from da_bench.io import curves as io_curves
from da_bench.io.files import Damaged
from da_bench.methods.checkpoint import check_resumable
from da_bench.methods.stored_run import checked_config, load_data
from da_bench.results import curves
from da_bench.results.index import Index
from da_bench.results.store import read_results
from da_bench.results.verify import verify
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from da_bench.selection import outputs

FEW = {"size": 64, "batch_size": 16}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A comparison of two finished runs, and a run by itself that can be resumed."""
    out = tmp_path_factory.mktemp("made")
    small = {"trainer": {"max_epochs": 1}, "data": {"init_args": FEW}}
    for job in jobs(plans(["moons"], ["source_only", "dann"], ["0:20"], 1), small):
        row = execute(job, out / "all", [KeepCurves(out / "all" / job.folder)])
        assert row["status"] == "ok", row
    few = [f"--data.init_args.{k}={v}" for k, v in FEW.items()]
    fit = ["fit", "--benchmark", "moons", "--method", "dann", "--trainer.max_epochs=1", *few]
    assert main([*fit, "--out", str(out / "alone")]) == 0
    np.save(out / "x.npy", np.zeros((3, 2), np.float32))
    return out


@pytest.fixture
def run(made, tmp_path):
    shutil.copytree(made, tmp_path / "made")
    return next((tmp_path / "made" / "all" / "runs" / "moons" / "dann").iterdir())


def changed(path, change):
    config = yaml.safe_load(path.read_text())
    change(config)
    path.write_text(yaml.safe_dump(config))


OUTPUTS = {
    "of another float": lambda h: h.update(target_z=h["target_z"].astype(np.longdouble)),
    "wider features": lambda h: h.update(target_z=np.repeat(h["target_z"], 3, 1)),
    "features of three axes": lambda h: h.update(held_z=h["held_z"][:, :, None]),
    "logits of one axis": lambda h: h.update(target_logits=h["target_logits"][:, 0]),
    "logits of more classes": lambda h: h.update(held_logits=np.repeat(h["held_logits"], 2, 1)),
    "logits of whole numbers": lambda h: h.update(target_logits=h["target_logits"].astype(int)),
    "features of truth values": lambda h: h.update(source_z=h["source_z"] > 0),
    "a class too high": lambda h: h.update(held_y=h["held_y"] + 7),
    "a class below": lambda h: h.update(source_y=h["source_y"] - 5),
    "a class of 64 bits": lambda h: h.update(source_y=h["source_y"].astype(np.uint64) + 2**63),
}


@pytest.mark.parametrize("name", OUTPUTS)
def test_outputs_that_no_model_makes(name, run, capsys):
    held = dict(np.load(run / outputs.OUTPUTS_FILE))
    OUTPUTS[name](held)
    np.savez(run / outputs.OUTPUTS_FILE, **held)
    with pytest.raises(Damaged, match=rf"{run.name}/outputs\.npz holds "):
        outputs.read(run)
    out = run.parents[3]
    assert main(["select", str(out), "--all"]) == 0  # the other run is served
    assert "outputs.npz holds " in capsys.readouterr().err
    assert main(["runs", "verify", str(out)]) == 1


def test_outputs_of_another_byte_order_are_the_same(run):
    held = dict(np.load(run / outputs.OUTPUTS_FILE))
    before = outputs.read(run)
    turned = {k: v.astype(v.dtype.newbyteorder(">")) for k, v in held.items()}
    np.savez(run / outputs.OUTPUTS_FILE, **turned)
    assert all(torch.equal(a, b) for a, b in zip(before, outputs.read(run), strict=True))


@pytest.mark.parametrize("line", ["²,²,a,1\n", f"{'9' * 400},1,a,1\n", "1,1,,1\n", "٣,٣,a,1\n",
                                  "-1,1,a,1\n"])  # fmt: skip
def test_curves_of_no_number(line, made, tmp_path):
    assert not io_curves.is_whole_line(line)
    shutil.copytree(made / "alone", tmp_path / "run")
    with (tmp_path / "run" / io_curves.CURVES_FILE).open("a") as file:
        file.write(line)
    changed(tmp_path / "run" / "config.yaml", lambda c: c["trainer"].update(max_epochs=2))
    assert main(["fit", "--resume", str(tmp_path / "run")]) == 0
    assert curves.read(tmp_path / "run")["epoch"].tolist() == [0, 1]


RESUMED = {
    "loops of nothing": lambda h: h.update(loops={}),
    "loops of none": lambda h: h.update(loops=None),
    "loops of a number": lambda h: h["loops"]["fit_loop"].update(epoch_progress=5),
    "callbacks in a list": lambda h: h.update(callbacks=[1]),
    "optimizers of text": lambda h: h.update(optimizer_states="x"),
    "no optimizer": lambda h: h.update(optimizer_states=[]),
    "schedulers of text": lambda h: h.update(lr_schedulers="x"),
    "an epoch of text": lambda h: h.update(epoch="x"),
    "steps below none": lambda h: h.update(global_step=-5),
    "a version of a number": lambda h: h.update({"pytorch-lightning_version": 5}),
    "no version": lambda h: h.pop("pytorch-lightning_version"),
}


@pytest.mark.parametrize("name", RESUMED)
def test_nothing_goes_on_from_what_no_training_wrote(name, made, tmp_path):
    held = torch.load(made / "alone" / "last.ckpt", weights_only=True)
    RESUMED[name](held)
    torch.save(held, tmp_path / "last.ckpt")
    with pytest.raises(Damaged, match=r"last\.ckpt .*: remove it, and train from the start"):
        check_resumable(tmp_path / "last.ckpt")
    check_resumable(made / "alone" / "last.ckpt")


def test_what_a_resumed_run_trips_over_is_named(made, tmp_path, capsys):
    shutil.copytree(made / "alone", tmp_path / "run")
    last = tmp_path / "run" / "last.ckpt"
    held = torch.load(last, weights_only=True)
    held["callbacks"] = dict.fromkeys(held["callbacks"], 5)
    torch.save(held, last)
    assert main(["fit", "--resume", str(tmp_path / "run")]) == 2
    assert str(tmp_path / "run") in capsys.readouterr().err


def forged(path, row):
    """The index's line of DANN's run, with a checksum that is right."""
    base = sqlite3.connect(path)
    for (folder,) in base.execute("SELECT folder FROM runs").fetchall():
        if "/dann/" in folder:
            right = zlib.crc32("\0".join((folder, row, "", "")).encode())
            base.execute("UPDATE runs SET row=?, data=NULL, checksum=? WHERE folder=?",
                         (row, right, folder))  # fmt: skip
    base.commit()
    base.close()


ROWS = ["{oops", "[1]", "{}", '{"a":' + "[" * 100_000 + "]" * 100_000 + "}", "5", '{"method": 5}']


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[:12])
def test_an_index_of_other_rows_is_made_anew(row, run, capsys):
    out = run.parents[3]
    assert main(["runs", "list", str(out)]) == 0
    forged(out / "index.sqlite", row)
    for command in (["runs", "list"], ["table"], ["report", "--validators", "no"]):
        place = 2 if command[0] == "runs" else 1
        assert main([*command[:place], str(out), *command[place:]]) == 0
    assert "dann" in capsys.readouterr().out


@pytest.mark.parametrize("path", ["not a path", '$."a"\') --', "$", '$."b"', ""])
def test_an_index_of_other_columns_is_made_anew(path, run, capsys):
    out = run.parents[3]
    assert main(["runs", "list", str(out)]) == 0
    base = sqlite3.connect(out / "index.sqlite")
    base.execute("UPDATE columns SET path=?", (path,))
    base.commit()
    base.close()
    assert main(["runs", "list", str(out), "--where", "method=dann"]) == 0
    assert "1 run" in capsys.readouterr().out


def test_what_an_index_says_otherwise_is_a_fault(run, capsys):
    """The folders are the truth: an index with the right times and another score is found out."""
    out = run.parents[3]
    with Index(out) as index:
        (row,) = (r for r in index.rows() if r["method"] == "dann")
    forged(out / "index.sqlite", json.dumps({**row, "oracle/target": 0.99}))
    assert main(["runs", "verify", str(out)]) == 1
    assert "index.sqlite: says otherwise than the folders do" in capsys.readouterr().out


def test_a_column_with_a_quotation_mark_is_none(run, capsys):
    path = run / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {'a"b': 1}))
    out = str(run.parents[3])
    assert main(["runs", "list", out]) == 0
    assert main(["runs", "list", out, "--where", 'a"b=1']) == 2
    assert "no run has a column" in capsys.readouterr().err


@pytest.mark.parametrize("name", [b"a\xff-0", b"a\nb-0", "\u202ea-0".encode(), b"\x1b]0;a\x07-0"])
def test_a_folder_of_no_name_harms_no_other(name, run, capsys):
    """Linux takes any bytes for a name; a text that is written takes less."""
    place = os.path.join(os.fsencode(run.parent), name)
    os.mkdir(place)
    shutil.copy(run / "result.json", os.path.join(place, b"result.json"))
    out = run.parents[3]
    for command in (["runs", "list"], ["table"], ["report", "--validators", "no"]):
        words = [*command[:2], str(out)] if command[0] == "runs" else [command[0], str(out)]
        assert main([*words, *command[2 if command[0] == "runs" else 1 :]]) == 0
    assert main(["runs", "verify", str(out)]) == 1
    said = "".join(capsys.readouterr())
    assert "name has hidden characters; rename it" in said
    assert not set("\x1b\x07\u202e\udcff") & set(said)
    assert len(read_results(out)) == 2
    assert main(["runs", "remove", str(out), "--where", "method=dann", "--yes"]) == 0
    assert os.path.isdir(place)


def test_a_run_with_a_figure_that_cannot_be_is_done_again(run):
    from da_bench.runs.engines.base import finished_row

    out = run.parents[3]
    small = {"trainer": {"max_epochs": 1}, "data": {"init_args": FEW}}
    job = jobs(plans(["moons"], ["dann"], ["0:20"], 1), small)[-1]
    assert finished_row(out, job)
    path = run / "result.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"oracle/target": 86.1}))
    assert finished_row(out, job) is None


@pytest.mark.parametrize("digits", [3, 10, 16])
def test_a_torn_row_is_shown_by_its_identity(digits, run, capsys):
    identity = json.loads((run / "result.json").read_text())["identity"]
    (run / "result.json").write_text("{")
    assert main(["runs", "show", str(run.parents[3]), identity[:digits]]) == 2
    said = capsys.readouterr().err
    assert run.name in said
    assert "result.json is not whole" in said


SETTINGS = {
    "size below none": lambda c: c["data"]["init_args"].update(size=-1),
    "no sample": lambda c: c["data"]["init_args"].update(size=0),
    "a million million samples": lambda c: c["data"]["init_args"].update(size=10**12),
    "a size of text": lambda c: c["data"]["init_args"].update(size="x"),
    "an unknown domain": lambda c: c["data"]["init_args"].update(source="x"),
    "processes without end": lambda c: c["data"]["init_args"].update(num_workers=10**6),
    "processes below none": lambda c: c["data"]["init_args"].update(num_workers=-1),
    "devices without end": lambda c: c["trainer"].update(devices=10**6),
    "devices of text": lambda c: c["trainer"].update(devices="100000"),
    "spawned": lambda c: c["trainer"].update(strategy="ddp_spawn"),
    "forked": lambda c: c["trainer"].update(strategy="ddp_fork"),
    "an unknown strategy": lambda c: c["trainer"].update(strategy="nope"),
    "an unknown precision": lambda c: c["trainer"].update(precision="9-bit"),
    "an accelerator that is not there": lambda c: c["trainer"].update(accelerator="tpu"),
    "a seed that is none": lambda c: c.update(seed_everything=-5),
    "a seed of text": lambda c: c.update(seed_everything="x"),
    "a method without its arguments": lambda c: c["model"].update(
        class_path="da_bench.methods.SourceOnly", init_args={}),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_what_a_stored_configuration_says_wrongly_is_named_with_its_file(name, run, capsys):
    changed(run / "config.yaml", SETTINGS[name])
    assert main(["test", "--out", str(run)]) == 2
    said = capsys.readouterr().err
    assert str(run / "config.yaml") in said, said
    assert "Traceback" not in said
    drawn = main(["show", str(run)])
    assert drawn == 0 or str(run) in capsys.readouterr().err


def test_the_command_says_otherwise(run):
    changed(run / "config.yaml", lambda c: c["trainer"].update(strategy="ddp_spawn", devices=200))
    said = ["--trainer.strategy=auto", "--trainer.devices=1"]
    assert checked_config(run, options=said)
    assert main(["test", "--out", str(run), *said]) == 0
    with pytest.raises(ValueError, match="at most 128"):
        checked_config(run, options=said[:1])


def test_no_toy_is_larger_than_memory(run):
    for make in (lambda: Moons(size=10**12), lambda: ShiftedGaussians(size=10**9, dimension=4000),
                 lambda: ShiftedGaussians(dimension=10**6), lambda: Moons(size=-1),
                 lambda: Moons(target=[str(i) for i in range(99)], size=10**6)):  # fmt: skip
        with pytest.raises(ValueError, match="expected"):
            make()
    changed(run / "config.yaml", lambda c: c["data"]["init_args"].update(size=10**12))
    with pytest.raises(ValueError, match=r"size=1000000000000: expected from 0 to 5,000,000") as e:
        load_data(run)
    assert any(str(run / "config.yaml") in note for note in e.value.__notes__)


@pytest.mark.parametrize("value", ["2020-01-01", "!!binary aGk=", "!!set {a, b}", f"0x{'f' * 20}",
                                   "2020-01-01 10:00:00"])  # fmt: skip
def test_values_that_no_run_writes_are_a_fault(value, run, capsys):
    text = (run / "config.yaml").read_text()
    (run / "config.yaml").write_text(f"{text}other: {value}\n")
    out = run.parents[3]
    with Index(out) as index:
        faults, _ = verify(out, index.rows(), index.faults())
    assert [fault.partition(" holds")[0] for _, fault in faults] == ["config.yaml"]


@pytest.mark.parametrize("held", [{"columns": "x"}, {"columns": [1]}, {"model": None},
                                  {"model": [1]}, {"transform": 5}])  # fmt: skip
def test_a_checkpoint_that_describes_other_things_is_named(held, run, capsys):
    whole = torch.load(run / "model.ckpt", weights_only=True)
    torch.save(whole | held, run / "model.ckpt")
    x = run.parents[4] / "x.npy"
    assert main(["predict", "--run", str(run), "--input", str(x)]) == 2
    assert str(run / "model.ckpt") in capsys.readouterr().err


def test_a_place_that_takes_values_takes_no_object():
    one = {"class_path": "da_bench.networks.MLP", "init_args": {}}
    with pytest.raises(ValueError, match="not what this place takes, a plain value"):
        check_description({"a": one}, dict, "f", "x")
