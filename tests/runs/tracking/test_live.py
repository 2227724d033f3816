"""Runs logged to W&B while they train: read back whole, and never the worse for W&B's faults."""

import json
import os
import signal

import pytest
import yaml

from da_bench.config.layers import merge
from da_bench.methods import DANN
from da_bench.results import curves
from da_bench.results.store import read_results
from da_bench.runs.engines.process import carry
from da_bench.runs.plan import Plan, jobs
from da_bench.runs.tracking import ledger, live
from da_bench.runs.tracking.address import summary_figures
from da_bench.runs.tracking.logger import RunLogger
from da_bench.runs.tracking.session import destination
from tests.conftest import fit, small
from tests.runs.tracking import offline

SMALL = {"trainer": {"max_epochs": 3}, "data": {"init_args": {"size": 64, "batch_size": 16}}}
PLANS = [Plan("moons", m, "0", "20", s) for m in ("source_only", "dann") for s in (0, 1)]


def small_job(plan, choice="wandb"):
    """Few steps, with that logger."""
    return jobs([plan], merge(SMALL, live.layer(choice)))[0]


def four(out):
    """Runs in one process, one after the other."""
    rows = [carry(small_job(plan), out) for plan in PLANS]
    assert [one["status"] for one in rows] == ["ok"] * 4
    assert len(offline.processes(os.getpid())) == 1


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    out = tmp_path_factory.mktemp("sweep")
    assert offline.forked(four, out) == 0
    return out


def test_every_run_is_read_back_whole(sweep):
    rows, found = read_results(sweep), offline.runs(sweep)
    assert len(rows) == len(found) == 4
    held = {one["id"]: one for one in found}
    for row in rows:
        one = held[row["identity"][:16]]
        assert one["exit"] == [0]
        for name in ("method", "seed", "identity", "selection"):
            assert one["config"][name] == row[name]
        assert one["config"]["task"] == "0:20"
        stored = yaml.safe_load((sweep / row["folder"] / "config.yaml").read_text())
        for part in ("model", "data", "seed_everything"):
            assert offline.held(one["config"][part]) == offline.held(stored[part])
        for name, value in summary_figures(row).items():
            assert one["summary"][name] == (pytest.approx(value) if value else value), name
        kept = curves.read(sweep / row["folder"])
        assert [v for _, v in offline.curve(one, "val/source")][:3] == pytest.approx(
            kept["val/source"].tolist()
        )
        assert [v for _, v in offline.curve(one, "train/source_risk")] == pytest.approx(
            kept["train/source_risk"].tolist()
        )
        assert one["group"] == f"moons 0:20 {row['method']}"
        assert not [word for word in (str(sweep), os.uname().nodename) if word in json.dumps(one)]


def test_what_was_logged_whole_is_sent(sweep):
    to = destination(None, None, False)
    for row in read_results(sweep):
        folder = sweep / row["folder"]
        assert ledger.holds(folder, to, ledger.content(row, folder))
        entry = ledger.read(folder)[to.label]
        assert list((folder / entry["files"]).glob("*.wandb"))
        assert not ledger.holds(folder, to, ledger.content(row | {"val/source": 0.1}, folder))


def test_a_logger_changes_no_identity_and_no_figure(sweep, tmp_path):
    plan = PLANS[-1]
    bare, watched = small_job(plan, None), small_job(plan)
    assert bare.identity == watched.identity == small_job(plan, "wandb-online").identity
    row = carry(bare, tmp_path)
    logged = next(r for r in read_results(sweep) if r["identity"] == row["identity"])
    for name in ("oracle/target", "val/source_risk", "test/source"):
        assert row[name] == logged[name]
    assert not (tmp_path / "wandb").exists()


def test_a_resumed_run_goes_on_under_its_id(tmp_path):
    job = small_job(PLANS[0])
    ids = []
    for _ in range(2):
        live.configure_logger(job, tmp_path)
        made = RunLogger(**job.config["trainer"]["logger"]["init_args"])
        ids.append(made.version)
    assert ids == [job.identity[:16]] * 2
    config = {"data": {"init_args": {"source": "a", "target": "b"}}}
    asked = {"benchmark": "moons", "method": "dann", "seed": 0}
    own = live.single_run_layer("wandb", asked, config, tmp_path)["trainer"]["logger"]["init_args"]
    assert RunLogger(**own).version == RunLogger(**own).version == own["id"]
    with pytest.raises(ValueError, match="did you mean 'wandb'"):
        live.single_run_layer("wandbb", asked, config, tmp_path)


def test_a_run_outlives_wandb(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("WANDB_MODE", "offline")
    about = {"benchmark": "b", "method": "m", "source": "s", "target": "t", "seed": 0}
    made = RunLogger(save_dir=str(tmp_path), about=about, id="one")
    assert made.experiment.id == "one"
    offline.kill()
    _, trainer, _ = fit(DANN, small(size=48), epochs=2, trainer_options={"logger": made})
    assert trainer.state.finished
    assert made.stopped
    assert capsys.readouterr().err.count("goes on without it") == 1
    again = RunLogger(save_dir=str(tmp_path), id="two")  # the next run of this process
    again.log_metrics({"train/x": 1.0}, 0)
    assert not again.stopped
    again.experiment.finish()
    assert offline.curve(offline.runs(tmp_path)[-1], "train/x") == [(0, 1.0)]


def test_online_without_a_key_is_offline_for_a_run(tmp_path, capsys, monkeypatch):
    for name in ("WANDB_API_KEY", "WANDB_MODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))  # no netrc
    made = RunLogger(save_dir=str(tmp_path), online=True, id="three")
    made.log_metrics({"train/x": 2.0}, 5)
    made.experiment.finish()
    assert "logged offline" in capsys.readouterr().err
    assert offline.curve(offline.runs(tmp_path)[0], "train/x") == [(5, 2.0)]


def killed(out):
    """A run that ends well, and one that is killed, and W&B's process with it, as it first logs."""
    carry(small_job(PLANS[0]), out)
    RunLogger.log_metrics = lambda *args, **kwargs: offline.kill(os.getpid())
    carry(small_job(PLANS[1]), out)


def test_a_run_killed_in_its_first_seconds_loses_no_result(tmp_path):
    assert offline.forked(killed, tmp_path) == -signal.SIGKILL
    rows = read_results(tmp_path)
    assert [row["identity"] for row in rows] == [small_job(PLANS[0]).identity]
    assert offline.forked(carry, small_job(PLANS[1]), tmp_path) == 0  # as a rerun does
    rows = {row["identity"]: row for row in read_results(tmp_path)}
    assert [row["status"] for row in rows.values()] == ["ok"] * 2
    held = {one["id"]: one["summary"] for one in offline.runs(tmp_path)}
    for identity, row in rows.items():
        assert held[identity[:16]]["oracle/target"] == pytest.approx(row["oracle/target"])
