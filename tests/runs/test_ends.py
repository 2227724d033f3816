"""A training's very end, over execute, train and KeepBest: the best weights stay the best."""

import os

import pytest
import torch

from da_bench.callbacks import KeepBest, KeepLast, Selections
from da_bench.cli.main import main
from da_bench.methods import SourceOnly
from da_bench.runs import execute as execution
from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from tests.conftest import build, equal, small, trainer
from tests.runs.test_execute import comparable

WORST = {"monitor": "val/source_risk", "mode": "max"}
"""The highest risk, that of the first epoch: what the last weights are not."""


def fitted(folder, *more, epochs=3):
    keep = ["--trainer.callbacks+=da_bench.callbacks.KeepBest"]
    keep += [f"--trainer.callbacks.{k}={v}" for k, v in WORST.items()]
    args = ["--benchmark", "moons", "--method", "source_only", f"--trainer.max_epochs={epochs}"]
    few = ["--data.init_args.size=64", "--data.init_args.batch_size=16"]
    assert main(["fit", *args, *few, *keep, "--out", str(folder), *more]) == 0
    return (folder / "model.ckpt").read_bytes()


def state(path):
    return torch.load(path, weights_only=True)["state_dict"]


def same(one, other):
    return one.keys() == other.keys() and all(torch.equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("every", [(), ("--save-every", "2"), ("--save-every", "3")])
def test_a_resume_of_a_finished_run_changes_nothing(every, tmp_path, capsys):
    before = fitted(tmp_path, *every)
    assert not same(state(tmp_path / "model.ckpt"), state(tmp_path / "last.ckpt"))
    curves = (tmp_path / "curves.csv").read_bytes()
    said = capsys.readouterr().out.partition("score")[2]
    for _ in range(2):
        assert main(["fit", "--resume", str(tmp_path), *every]) == 0
        assert (tmp_path / "model.ckpt").read_bytes() == before
        assert (tmp_path / "curves.csv").read_bytes() == curves
        assert capsys.readouterr().out.partition("score")[2] == said


def test_a_kill_before_the_chosen_weights_are_written(tmp_path):
    before = fitted(tmp_path)
    (tmp_path / "model.ckpt").unlink()
    assert main(["fit", "--resume", str(tmp_path)]) == 0
    assert (tmp_path / "model.ckpt").read_bytes() == before


def test_a_finished_run_can_be_given_more_epochs(tmp_path):
    fitted(tmp_path / "long", epochs=5)
    fitted(tmp_path / "short")
    assert main(["fit", "--resume", str(tmp_path / "short"), "--trainer.max_epochs=5"]) == 0
    assert (tmp_path / "short/model.ckpt").read_bytes() == (
        tmp_path / "long/model.ckpt"
    ).read_bytes()


def test_a_trainer_of_one_s_own_ends_with_the_best_weights_too(tmp_path):
    def trained(resume):
        model, chosen = build(SourceOnly, data := small()), Selections()
        callbacks = [chosen, KeepBest(**WORST), KeepLast(tmp_path)]
        path = str(tmp_path / "last.ckpt") if resume else None
        own = trainer(3, callbacks, enable_checkpointing=True)
        own.fit(model, data, ckpt_path=path, weights_only=True)
        return model, chosen.weights

    (first, chosen), (second, again) = trained(False), trained(True)
    assert equal(first, second)
    assert same(chosen["last"], again["last"])
    assert not same(first.state_dict(), chosen["last"])


def job():
    """Three epochs of three steps, chosen and scored in all ways."""
    callbacks = [
        {"class_path": "da_bench.callbacks.Selections"},
        {"class_path": "da_bench.callbacks.KeepBest", "init_args": WORST},
    ]
    overrides = {
        "trainer": {"max_epochs": 3, "callbacks": callbacks},
        "data": {"init_args": {"size": 64, "batch_size": 16}},
    }
    return jobs(plans(["moons"], ["reweighted_kmm"], ["0:20"], 1), overrides)[-1]


def dies_at(number, after, out):
    """Carries the job out in a process that ends, with no last word, at its n-th write."""
    child = os.fork()
    if not child:
        count, replace = 0, os.replace

        def counting(source, place):
            nonlocal count
            count += 1
            if count == number:
                if after:
                    replace(source, place)
                os._exit(9)
            replace(source, place)

        os.replace = counting
        execute(job(), out, [])
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole")
    row = execute(made := job(), out, [])
    assert row["status"] == "ok", row
    return comparable(row, out), out / made.folder


@pytest.mark.parametrize(
    ("after", "step"),
    [(True, 6), *(pytest.param(after, 1, marks=pytest.mark.slow) for after in (False, True))],
)
def test_a_kill_between_any_two_writes(after, step, whole, tmp_path, monkeypatch):
    monkeypatch.setattr(execution, "SECONDS_BETWEEN_CHECKPOINTS", 0.0)
    row, folder = whole
    number, status = 0, 9
    while status:
        number += step
        out = tmp_path / str(number)
        status = dies_at(number, after, out)
        again = execute(made := job(), out, [])
        assert comparable(again, out) == row, number
        assert same(state(out / made.folder / "model.ckpt"), state(folder / "model.ckpt")), number
        outputs = [(place / "outputs.npz").read_bytes() for place in (out / made.folder, folder)]
        assert outputs[0] == outputs[1], number
    assert number > 10  # configuration, a checkpoint a step, outputs, weights, row


def test_what_is_due_at_an_epoch_s_last_step_waits_for_its_validation(tmp_path):
    """A training that goes on from that step would pass over the validation."""
    model, data = build(SourceOnly, small()), small()
    keep = KeepLast(tmp_path, steps=1)
    seen = []
    keep.write = lambda trainer: seen.append("val/source" in trainer.callback_metrics)
    trainer(1, [keep], enable_checkpointing=True).fit(model, data)
    assert seen.count(True) == 1
    assert seen[-1]


@pytest.mark.parametrize("mode", ["min", "max"])
def test_the_mode_says_which_is_best(mode):
    model, data, values = build(SourceOnly, small()), small(), iter([0.5, 0.2, 0.9, 0.4])
    keep, kept = KeepBest("score", mode), {}

    class Says(KeepBest):
        def on_validation_end(self, trainer, module):
            value = next(values)
            trainer.callback_metrics["score"] = torch.tensor(value)
            kept[value] = {k: v.clone() for k, v in module.state_dict().items()}

    t = trainer(4, [Says(), keep])
    t.fit(model, data)
    best = kept[min(kept) if mode == "min" else max(kept)]
    assert same(model.state_dict(), best)


def test_an_unknown_mode_is_refused():
    with pytest.raises(ValueError, match="mode='MAX': expected max, or min"):
        KeepBest(mode="MAX")


def test_a_config_is_written_whole(tmp_path, monkeypatch):
    from da_bench.runs.train import save_config

    save_config({"a": 1}, tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_config({"b": list(range(9))}, tmp_path)
    assert (tmp_path / "config.yaml").read_text() == "a: 1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]


def full(descriptor):
    raise OSError(28, "No space left on device")
