"""Every fault that is planted is found, and a sound folder has none."""

import json
import os
import pickle

import pytest
import torch

from da_bench.results.index import Index
from da_bench.results.verify import verify
from tests.results.stored import failed, files, row, store


@pytest.fixture
def out(tmp_path):
    for folder in store(tmp_path, [row(), row("source_only")]):
        files(folder)
    store(tmp_path, [failed("dan")])  # needs no checkpoint
    (tmp_path / "runs/bench/dan/a-b-s7-0123456789").mkdir()  # on its way
    return tmp_path


def checked(out):
    with Index(out) as index:
        return verify(out, index.rows(), index.faults())


def first(out):
    return next(out.glob("runs/bench/dann/*"))


def test_a_sound_folder_has_no_fault(out):
    assert checked(out) == ([], 1)


class Malicious:
    """Runs a command when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def cut(path, size):
    os.truncate(path, path.stat().st_size - size)


MODEL = "model: {class_path: a.B}\n"
FAULTS = {
    "not whole": lambda f: (f / "result.json").write_text('{"schema": 1, "iden'),
    "config.yaml is missing": lambda f: (f / "config.yaml").unlink(),
    "config.yaml can't be read": lambda f: (f / "config.yaml").write_text("a: [1"),
    "could not determine a constructor": lambda f: (f / "config.yaml").write_text(
        "a: !!python/object/apply:os.mkdir [planted]"
    ),
    "config.yaml holds no settings": lambda f: (f / "config.yaml").write_text("[]"),
    "config.yaml lacks data.class_path": lambda f: (f / "config.yaml").write_text(MODEL),
    "config.yaml is not whole": lambda f: cut(f / "config.yaml", 1),
    "checkpoint is missing": lambda f: (f / "model.ckpt").unlink(),
    "can't be read as tensors alone": lambda f: (f / "model.ckpt").write_bytes(b"nonsense"),
    "is not whole": lambda f: os.truncate(f / "model.ckpt", 300),
    "model.ckpt is empty": lambda f: os.truncate(f / "model.ckpt", 0),
    "holds no weights": lambda f: torch.save({"a": 1}, f / "model.ckpt"),
    "is not that in the folder": lambda f: f.rename(f.with_name("a-b-s0-0123456789")),
}


@pytest.mark.parametrize("said", FAULTS)
def test_each_fault_is_found(out, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    FAULTS[said](first(out))
    faults, _ = checked(out)
    assert len(faults) == 1, faults
    assert said in faults[0][1]
    assert faults[0][0].startswith("runs/bench/dann/")
    assert not (tmp_path / "planted").exists()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("oracle/target", "result.json is ok and holds no oracle/target"),
        ("seed", "result.json has seed: None; a run writes int"),
        ("identity", "identity missing is not that in the folder's name"),
    ],
)
def test_a_row_that_lacks_a_column_or_its_figure(out, key, told):
    path = first(out) / "result.json"
    path.write_text(json.dumps({k: v for k, v in json.loads(path.read_text()).items() if k != key}))
    assert [fault for _, fault in checked(out)[0]] == [told]


def test_a_copy_under_another_name_is_found(out):
    import shutil

    shutil.copytree(first(out), first(out).with_name("copy-" + first(out).name))
    assert any("has the identity of" in fault for _, fault in checked(out)[0])


@pytest.mark.parametrize("how", ["torch", "pickle"])
def test_a_malicious_checkpoint_is_a_fault_and_does_not_run(out, tmp_path, how):
    planted = tmp_path / "planted"
    if how == "torch":
        torch.save({"state_dict": Malicious(str(planted))}, first(out) / "model.ckpt")
    else:
        (first(out) / "model.ckpt").write_bytes(pickle.dumps(Malicious(str(planted))))
    assert "can't be read as tensors alone" in checked(out)[0][0][1]
    assert not planted.exists()
