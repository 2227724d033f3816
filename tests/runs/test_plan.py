"""What a run's identity is made of, part by part, and what it leaves out."""

import json
import os
from pathlib import Path

import pytest

from da_bench.config import layers, used_code
from da_bench.data.benchmarks.toy import Moons
from da_bench.runs.plan import NEUTRAL, Job, Plan, canonical, jobs, plans


def plan(**changes):
    return Plan(**{"benchmark": "moons", "method": "source_only", "source": "0", "target": "20",
                   "seed": 0} | changes)  # fmt: skip


def identity(**changes):
    return jobs([plan(**changes)])[-1].identity


def configuration(**parts):
    return {"trainer": {}, "data": {"init_args": {}}, "model": {}} | parts


CARRIED_OUT = {"accelerator", "logger", "default_root_dir", "enable_progress_bar",
               "enable_model_summary", "enable_checkpointing", "log_every_n_steps", "profiler",
               "plugins"}  # fmt: skip
"""Settings of the trainer that change how a run is carried out and not what comes out."""


def test_how_a_run_is_carried_out_is_no_part_of_it():
    trainer = dict.fromkeys(CARRIED_OUT, 1)
    data = {"init_args": {"num_workers": 1, "eval_batch_size": 1}}
    config = configuration(
        trainer=trainer, data=data, health={"every": 3}, lightning_shortcuts=False
    )
    assert canonical(config) == canonical(configuration())
    assert set(NEUTRAL["trainer"]) == CARRIED_OUT  # another one needs a reason, here


@pytest.mark.parametrize("key", ["max_epochs", "max_steps", "precision", "accumulate_grad_batches",
                                 "gradient_clip_val", "callbacks", "deterministic"])  # fmt: skip
def test_how_long_and_how_exactly_it_trains_is_part_of_it(key):
    assert canonical(configuration(trainer={key: 1})) != canonical(configuration())


def test_the_datas_checksum_is_part_of_it_task_by_task(monkeypatch):
    before = [identity(target=t) for t in ("20", "40")]
    plain = Moons.checksum
    monkeypatch.setattr(
        Moons, "checksum",
        lambda self: plain(self) + ("x" if self.target == "40" else ""),
    )  # fmt: skip
    made = jobs([plan(target=t) for t in ("20", "40")])
    assert made[0].identity == before[0]
    assert made[1].identity != before[1]


def test_the_code_is_part_of_it(monkeypatch):
    before = identity()
    monkeypatch.setattr(used_code, "digest", lambda *_: "other code")
    assert identity() != before


def test_the_run_that_it_starts_from_is_part_of_it(monkeypatch):
    before = [identity(method=m) for m in ("adda", "dann")]
    plain = layers.compose

    def other(benchmark, method, *rest):
        composed = plain(benchmark, method, *rest)
        if method == "source_only":
            composed["trainer"]["max_epochs"] = 3
        return composed

    monkeypatch.setattr(layers, "compose", other)
    after = [identity(method=m) for m in ("adda", "dann")]
    assert after[0] != before[0]
    assert after[1] == before[1]


def test_weights_that_are_written_anew_in_one_place_are_others(tmp_path):
    def found():
        return canonical(configuration(model={"init_from": str(weights)}))

    weights = tmp_path / "w.ckpt"
    weights.write_bytes(b"1")
    before = found()
    weights.write_bytes(b"2")
    os.utime(weights, ns=(1, 1))  # another moment, whatever the clock's grain
    assert found() != before


def test_runs_of_one_call_share_no_configuration():
    made = jobs(plans(["moons"], ["source_only"], ["0:20", "0:40"], 2))
    assert [job.config["seed_everything"] for job in made] == [0, 1, 0, 1]
    data = [job.config["data"]["init_args"] for job in made]
    assert [(d["seed"], d["target"]) for d in data] == [
        (0, "20"), (1, "20"), (0, "40"), (1, "40"),
    ]  # fmt: skip
    assert len({job.identity for job in made}) == 4


def test_labels_that_are_granted_are_part_of_it():
    made = [job for job in jobs([plan(method="fine_tune_full", labels=n) for n in (5, 10)])
            if job.plan.method == "fine_tune_full"]  # fmt: skip
    assert [job.config["data"]["init_args"]["target_labels"] for job in made] == [5, 10]
    assert len({job.identity for job in made}) == 2


def test_labels_are_granted_to_methods_that_use_them_alone():
    asked = plans(["moons"], ["source_only", "fine_tune_full"], ["0:20"], 1, [5, 10])
    assert [(p.method, p.labels) for p in asked] == [
        ("source_only", None), ("fine_tune_full", 5), ("fine_tune_full", 10),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["../../etc", "/etc/passwd", "a/../b", "a b\n", "ä?*", "..", "."])
def test_a_runs_folder_lies_where_it_should_whatever_its_domains_are_called(name):
    job = Job(plan(source=name, target=name), {}, "0" * 64)
    assert len(job.folder.parts) == 4
    assert job.folder.parts[:3] == ("runs", "moons", "source_only")
    assert not {"/", "\n", "*", "?", "\0"} & set(job.folder.name)
    assert (Path("/out") / job.folder).resolve() == Path("/out") / job.folder


def test_what_is_varied_is_read_back_as_it_was():
    varied = (("model.init_args.weight", json.dumps(0.1)), ("data.batch_size", json.dumps(8)))
    made = plan(settings=varied)
    assert made.columns["settings"] == {"model.init_args.weight": 0.1, "data.batch_size": 8}
    assert made.columns["variant"] == "weight=0.1, data.batch_size=8"
