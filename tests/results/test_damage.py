"""Damaged files of a run, under every command that reads them: named, and no more suffers."""

import json
import os
import pickle
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from da_bench.callbacks.curves import KeepCurves
from da_bench.cli.main import main
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans

FEW = {"size": 64, "batch_size": 16}


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """A comparison of two finished runs, and a run by itself that can be resumed."""
    out = tmp_path_factory.mktemp("made")
    overrides = {"trainer": {"max_epochs": 1}, "data": {"init_args": FEW}}
    wanted = jobs(plans(["moons"], ["source_only", "dann"], ["0:20"], 1), overrides)
    for job in wanted:
        row = execute(job, out / "all", [KeepCurves(out / "all" / job.folder)])
        assert row["status"] == "ok", row
    few = [f"--data.init_args.{k}={v}" for k, v in FEW.items()]
    args = ["--benchmark", "moons", "--method", "dann", "--trainer.max_epochs=2", *few]
    assert main(["fit", *args, "--out", str(out / "alone")]) == 0
    np.save(out / "x.npy", np.zeros((3, 2), np.float32))
    assert main(["runs", "list", str(out / "all")]) == 0  # makes the index
    return out


class Planted:
    """Makes a folder when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def lacking(path):
    """Whole, of its kind, and without what it must have."""
    if path.suffix == ".json":
        held = json.loads(path.read_text())
        path.write_text(json.dumps({k: v for k, v in held.items() if k not in ("schema", "seed")}))
    elif path.suffix == ".yaml":
        held = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({k: v for k, v in held.items() if k != "data"}))
    elif path.suffix == ".ckpt":
        held = torch.load(path, weights_only=True)
        less = dict(list(held["state_dict"].items())[1:])
        kept = {k: v for k, v in held.items() if k not in ("model", "loops")}
        torch.save(kept | {"state_dict": less}, path)
    elif path.suffix == ".npz":
        held = dict(np.load(path))
        np.savez(path, **{k: v for k, v in held.items() if k != "target_z"})
    else:
        path.write_text("step,name\n1,a\n")


def deep(path):
    """Nested a hundred thousand times."""
    many = 100_000
    if path.suffix == ".ckpt":
        path.write_bytes(b"\x80\x02" + b"]" * many + b"a" * (many - 1) + b".")
    else:
        path.write_text('{"schema": 1, "a": ' + "[" * many + "]" * many + "}")


def surrogate(path):
    """Half a character where text stands."""
    if path.suffix == ".json":
        held = json.loads(path.read_text())
        path.write_text(json.dumps(held | {"method": "\ud800"}))
    elif path.suffix == ".yaml":
        path.write_text(path.read_text() + 'half: "\\ud800"\n')
    else:
        path.write_bytes("\ud800".encode("utf-8", "surrogatepass"))


def instead(make):
    """Something else in its place."""

    def damage(path):
        path.unlink()
        make(path)

    return damage


DAMAGES = {
    "empty": lambda path: path.write_bytes(b""),
    "half": lambda path: os.truncate(path, path.stat().st_size // 2),
    "random": lambda path: path.write_bytes(random.Random(0).randbytes(4000)),
    "pickle": lambda path: path.write_bytes(pickle.dumps(Planted(str(path.parent / "planted")))),
    "lacking": lacking,
    "deep": deep,
    "surrogate": surrogate,
    "folder": instead(os.mkdir),
    "pipe": instead(os.mkfifo),
    "loop": instead(lambda path: path.symlink_to(path.name)),
    "picture": lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)),
}
RUN, ALONE, ALL = "RUN", "ALONE", "ALL"
QUICK = {
    "result.json": [("runs", "list", ALL), ("runs", "verify", ALL), ("table", ALL)],
    "config.yaml": [("runs", "verify", ALL), ("runs", "show", ALL, RUN), ("test", "--out", RUN)],
    "model.ckpt": [("runs", "verify", ALL), ("predict", "--run", RUN, "--input", "X")],
    "outputs.npz": [("runs", "verify", ALL), ("select", ALL, "--by", "entropy")],
    "curves.csv": [("runs", "verify", ALL)],
    "index.sqlite": [("runs", "list", ALL), ("table", ALL)],
    "last.ckpt": [("fit", "--resume", ALONE)],
}
MORE = {
    "result.json": [
        ("runs", "export", ALL, "--output", "O.csv"),
        ("runs", "show", ALL, RUN),
        ("runs", "remove", ALL, "--where", "method=dann", "--yes"),
        ("select", ALL, "--all"),
        ("report", ALL),
    ],
    "config.yaml": [
        ("show", RUN),
        ("validate", "--out", RUN),
        ("predict", "--out", RUN),
        ("fit", "--resume", ALONE),
        ("select", ALL, "--by", "mixval"),
        ("select", ALL, "--by", "reverse_validation"),
    ],
    "model.ckpt": [
        ("show", RUN),
        ("show", "OTHER", "--beside", RUN),
        ("test", "--out", RUN),
        ("validate", "--out", RUN),
    ],
    "outputs.npz": [("table", ALL, "--validators"), ("report", ALL), ("select", ALL, "--all")],
    "curves.csv": [("report", ALL), ("show", RUN, "--figure", "bound")],
    "index.sqlite": [("report", ALL), ("runs", "verify", ALL), ("select", ALL, "--by", "entropy")],
    "last.ckpt": [("test", "--out", ALONE)],
}
CASES = [
    pytest.param(kind, damage, command, marks=marks, id=f"{kind}-{damage}-{'_'.join(command[:2])}")
    for commands, marks in ((QUICK, ()), (MORE, pytest.mark.slow))
    for kind, several in commands.items()
    for command in several
    for damage in DAMAGES
]


@pytest.mark.parametrize(("kind", "damage", "command"), CASES)
def test_damage_is_named_and_nothing_else_suffers(
    kind, damage, command, made, tmp_path, monkeypatch, capsys
):
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    every, alone = tmp_path / "all", tmp_path / "alone"
    run, other = (next(every.glob(f"runs/moons/{m}/*")) for m in ("dann", "source_only"))
    folder = {"index.sqlite": every, "last.ckpt": alone}.get(kind, run)
    folder = alone if ALONE in command else folder
    DAMAGES[damage](folder / kind)
    if kind == "last.ckpt" and command[0] == "test":
        (folder / "model.ckpt").unlink()
    places = {RUN: run, ALONE: alone, ALL: every, "OTHER": other, "X": tmp_path / "x.npy"}
    if command[:2] == ("runs", "show"):
        places[RUN] = run.relative_to(every)
    capsys.readouterr()
    status = main([str(places.get(word, word)) for word in command])  # raises where it is not told
    out, said = capsys.readouterr()
    assert status in (0, 1, 2)
    assert "[Errno" not in out + said
    assert "Traceback" not in out + said
    assert not (folder / "planted").exists()
    if kind == "index.sqlite":
        assert status == 0
    elif command[:2] == ("runs", "verify"):
        assert status == 1
        assert f"{folder.relative_to(every)}: " in out
        assert kind in out or "checkpoint" in out
        assert "1 fault;" in out
    elif status == 2:
        assert kind in said or (kind == "curves.csv" and "curves hold no term" in said), said
        assert str(folder.name) in said
    if command[0] in ("table", "report") or "--by" in command:
        page = every / "report.html"
        shown = page.read_text() if command[0] == "report" else out + said
        assert "source_only" in shown  # the other run is served


def test_compare_does_a_damaged_run_again(made, tmp_path):
    """And a damaged ``last.ckpt`` is no hindrance: the run begins anew."""
    shutil.copytree(made / "all", tmp_path / "all")
    overrides = {"trainer": {"max_epochs": 1}, "data": {"init_args": FEW}}
    for damage in ("half", "random", "pipe", "deep", "lacking", "loop"):
        job = jobs(plans(["moons"], ["dann"], ["0:20"], 1), overrides)[-1]
        folder = tmp_path / "all" / job.folder
        before = torch.load(made / "all" / job.folder / "model.ckpt", weights_only=True)
        shutil.copy(made / "alone/last.ckpt", folder / "last.ckpt")
        DAMAGES[damage](folder / "last.ckpt")
        row = execute(job, tmp_path / "all", [])
        assert row["status"] == "ok", (damage, row)
        after = torch.load(folder / "model.ckpt", weights_only=True)
        for name, value in before["state_dict"].items():
            assert torch.equal(value, after["state_dict"][name])


def test_a_full_disk_is_named_with_the_file(capsys, monkeypatch, made):
    def full(*args, **kwargs):
        raise OSError(28, "No space left on device", "somewhere/report.html")

    monkeypatch.setattr("da_bench.cli.runs.run", full)
    assert main(["runs", "list", str(made / "all")]) == 2
    said = capsys.readouterr().err
    assert said == (
        "da-bench: somewhere/report.html: No space left on device: free some space, or choose a "
        "folder on another disk\n"
    )


def test_what_an_error_says_obeys_no_terminal(capsys):
    name = "a\x1b]0;owned\x07\u202eb"
    assert main(["runs", "list", name]) == 2
    assert not set("\x1b\x07\u202e") & set(capsys.readouterr().err)


def test_paths_are_named_with_what_to_do(tmp_path):
    from da_bench.io.files import Damaged

    error = Damaged(tmp_path / "a", "is empty")
    assert error.path == Path(tmp_path / "a")
    assert str(error).startswith(f"{tmp_path}/a is empty: take the file from a copy")
