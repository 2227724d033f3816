import json
import random
from pathlib import Path

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.plugins.io import TorchCheckpointIO

from da_bench.callbacks import KeepBest
from da_bench.config import layers
from da_bench.runs import execute as execution
from da_bench.runs.execute import execute
from da_bench.runs.plan import Plan, jobs, plans
from da_bench.runs.train import WholeFiles

SPENT = {"wall_s", "cpu_s", "gpu_s", "peak_memory_mb", "peak_gpu_memory_mb"}


class Killed(BaseException):
    """As sudden as a signal: nothing catches it."""


class Kill(Callback):
    def __init__(self, at):
        self.at, self.steps = at, 0

    def on_train_batch_end(self, trainer, *args):
        self.steps += 1
        if self.steps == self.at:
            raise Killed


def asked_for(method):
    """A run, after those that it starts from."""
    overrides = {"trainer": {"max_epochs": 3}}
    return jobs(plans(["moons"], [method], ["0:20"], 1), overrides)


def job(method):
    return asked_for(method)[-1]


QUICK = ("source_only", "dann", "mcd", "reweighted_kmm")
EVERY = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
    for name in layers.names("methods")
]


@pytest.mark.parametrize("method", EVERY)
def test_a_run_that_was_killed_goes_on_from_its_checkpoint(method, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    *before, asked = asked_for(method)
    for first in before:
        for place in ("whole", "killed"):
            assert execute(first, tmp_path / place, [])["status"] == "ok"
    whole = execute(asked, tmp_path / "whole", [counted := Kill(None)])
    assert whole["status"] == "ok", whole
    whole = comparable(whole, tmp_path / "whole")  # now: the job and its row share a configuration
    total = counted.steps
    at = random.Random(method).randint(min(2, total), total)
    with pytest.raises(Killed):
        execute(asked, tmp_path / "killed", [Kill(at)])
    folder = tmp_path / "killed" / asked.folder
    assert (folder / "last.ckpt").is_file() == (at > 1)  # a fit in one step has none to go on from
    assert not (folder / "result.json").exists()
    again = execute(asked, tmp_path / "killed", [rest := Kill(None)])
    assert again["status"] == "ok", again
    assert rest.steps == total - at + 1
    assert not (folder / "last.ckpt").exists()
    assert comparable(again, tmp_path / "killed") == whole
    first, second = (
        torch.load(tmp_path / place / asked.folder / "model.ckpt", weights_only=True)["state_dict"]
        for place in ("whole", "killed")
    )
    assert first.keys() == second.keys()
    assert all(torch.equal(first[k], second[k]) for k in first)


def comparable(row, out):
    """What must be the same: all but what was spent, wherever the folder lies."""
    kept = {k: v for k, v in row.items() if k not in SPENT}
    return json.loads(json.dumps(kept).replace(str(out), "OUT"))


def test_a_kill_while_a_checkpoint_is_written_leaves_the_last_one(tmp_path, monkeypatch):
    path, files = tmp_path / "last.ckpt", WholeFiles()
    files.save_checkpoint({"step": 1}, path)

    def half(self, checkpoint, path, storage_options=None):
        Path(path).write_bytes(b"PK half of it")
        raise Killed

    monkeypatch.setattr(TorchCheckpointIO, "save_checkpoint", half)
    with pytest.raises(Killed):
        files.save_checkpoint({"step": 2}, path)
    assert torch.load(path, weights_only=True) == {"step": 1}


def test_a_full_disk_leaves_no_part_of_a_checkpoint(tmp_path, monkeypatch):
    def half(self, checkpoint, path, storage_options=None):
        Path(path).write_bytes(b"PK half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(TorchCheckpointIO, "save_checkpoint", half)
    with pytest.raises(OSError, match="No space"):
        WholeFiles().save_checkpoint({"step": 2}, tmp_path / "last.ckpt")
    assert not list(tmp_path.iterdir())


def test_a_run_writes_its_checkpoints_whole():
    from da_bench.runs.train import Command

    config = job("source_only").config
    config["trainer"]["enable_progress_bar"] = False
    trainer = Command(config).trainer
    assert isinstance(trainer, Trainer)
    assert isinstance(trainer.strategy.checkpoint_io, WholeFiles)


@pytest.mark.parametrize(
    ("method", "labels"), [("source_only", None), ("target_only", 20), ("coral_svm", None)]
)
def test_labels_are_those_that_the_method_trains_on(method, labels, tmp_path):
    """Data may grant them to a method that reads none: no table says then that it had some."""
    granted = {"data": {"init_args": {"target_labels": 20}}, "trainer": {"max_epochs": 1}}
    asked = jobs(plans(["moons"], [method], ["0:20"], 1), granted)[-1]
    row = execute(asked, tmp_path, [])
    assert row["status"] == "ok", row
    assert row["labels"] == labels


def test_a_run_whose_second_encoder_nobody_trains_fails_by_name(tmp_path):
    second = {"class_path": "da_bench.networks.MLP",
              "init_args": {"in_features": 2, "hidden": [4]}}  # fmt: skip
    asked = jobs(plans(["moons"], ["source_only"], ["0:20"], 1),
                 {"model": {"init_args": {"target_encoder": second}}})[-1]  # fmt: skip
    row = execute(asked, tmp_path, [])
    assert row["status"] != "ok"
    assert "SourceOnly does not train the target encoder" in row["error"]
    assert "oracle/target" not in row


class StopsAfter(Callback):
    """Ends a training early, as EarlyStopping does."""

    def __init__(self, epochs):
        self.epochs = epochs

    def on_train_epoch_end(self, trainer, pl_module):
        trainer.should_stop = trainer.current_epoch + 1 >= self.epochs


def test_a_row_says_how_long_it_trained_and_how_its_weights_were_chosen(tmp_path):
    job, same = (jobs([Plan("moons", "source_only", "0", "20", seed)],
                      {"trainer": {"max_epochs": 4, "limit_train_batches": 1}})[0]
                 for seed in (0, 1))  # fmt: skip
    row = execute(job, tmp_path, [StopsAfter(2), KeepBest("val/source")])
    assert (row["epochs"], row["max_epochs"], row["selection"]) == (2, 4, "val/source")
    row = execute(same, tmp_path, [])
    assert (row["epochs"], row["max_epochs"], row["selection"]) == (4, 4, "last")
