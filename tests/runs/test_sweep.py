import json
from dataclasses import replace

import pytest
import yaml

from da_bench.cli.main import main
from da_bench.config import layers
from da_bench.runs import sweep_file as sweeps
from da_bench.runs.search import Budget, Space, Study
from da_bench.selection.catalogue import VALIDATORS

SMALL = {
    "benchmarks": {"moons": ["0:20"]},
    "seeds": 2,
    "set": {"trainer.max_epochs": 1},
    "methods": {"dann": {"grid": {"weight": [0.1, 1.0], "optimizer.lr": [0.01, 0.1]}}},
}
SEARCH = SMALL | {
    "methods": {"dann": {"search": {"optimizer.lr": {"low": 0.001, "high": 0.1, "log": True}}}},
    "search": {"trials": 3, "batch": 2},
}


def written(folder, given):
    path = folder / "sweep.yaml"
    path.write_text(yaml.safe_dump(given, sort_keys=False))
    return str(path)


def test_every_combination_once_and_the_twin(tmp_path):
    found = sweeps.read(written(tmp_path, SMALL)).plans()
    assert len(found) == len(set(found)) == 2 + 2 * 2 * 2
    settings = {tuple(plan.varied.items()) for plan in found if plan.method == "dann"}
    lr, weight = "model.init_args.optimizer.lr", "model.init_args.weight"
    assert settings == {((weight, w), (lr, r)) for w in (0.1, 1.0) for r in (0.01, 0.1)}
    assert {plan.method for plan in found} == {"source_only", "dann"}


def test_each_setting_reaches_the_configuration_and_the_identity(tmp_path):
    from da_bench.runs.plan import jobs

    asked = sweeps.read(written(tmp_path, SMALL))
    made = jobs(asked.plans(), dict(asked.overrides))
    assert len({job.identity for job in made}) == len(made) == 10
    for job in made:
        own, model = job.plan.varied, job.config["model"]["init_args"]
        assert job.config["trainer"]["max_epochs"] == 1
        if own:
            assert model["weight"] == own["model.init_args.weight"]
            assert model["optimizer"]["lr"] == own["model.init_args.optimizer.lr"]


@pytest.mark.slow
@pytest.mark.parametrize("name", layers.names("sweeps"))
def test_the_sweeps_at_hand_pass_their_own_check(name, tmp_path, capsys):
    assert main(["sweep", name, "--dry-run", "--out", str(tmp_path / "out")]) == 0
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"methods": {"dann": {"grid": {"wieght": [1.0]}}}}, "'wieght'; did you mean 'weight'?"),
        ({"methods": {"dann": {"grid": {"weight": ["heavy"]}}}}, "heavy"),
        ({"methods": {"dann": {"grid": {"weight": 3}}}}, "expected a list of values, found 3"),
        ({"methods": {"dan": {"gird": {}}}}, "did you mean 'grid'?"),
        ({"methods": {"dannn": None}}, "did you mean 'dann'?"),
        ({"benchmarks": ["moon"]}, "did you mean 'moons'?"),
        ({"benchmarks": {"digits": ["original:invertd"]}}, "unknown domain 'invertd'"),
        ({"seeds": 0}, "seeds"),
        ({"set": {"trainer.max_epoch": 2}}, "max_epochs"),
        ({"speed": 3}, "unknown key 'speed'"),
        ({"methods": {"dann": {"search": {"weight": {"low": 1, "high": 2}}}}}, "trials: 20"),
        (SEARCH | {"search": {"select": "oracle/target"}}, "for reporting"),
        (
            SEARCH | {"search": {"select": "mixval"}},
            "ranks runs.*da-bench select FOLDER --by mixval",
        ),
        (
            SEARCH | {"search": {"select": "reverse_validation"}},
            "trains each run a second time.*Search by a validator of stored outputs.*dev",
        ),
        (SEARCH | {"search": {"select": "devv"}}, "unknown 'devv'; did you mean 'dev'"),
        (SEARCH | {"search": {"sampler": "grid"}}, "expected tpe or random"),
        (
            SEARCH | {"methods": {"dann": {"search": {"wieght": {"low": 1, "high": 2}}}}},
            "did you mean 'weight'",
        ),
        (
            SEARCH | {"methods": {"dann": {"search": {"weight": {"low": 2, "high": 1}}}}},
            "low below high",
        ),
        ({"benchmarks": "moons"}, "benchmarks: expected a list of names, found 'moons'"),
        ({"benchmarks": {"moons": []}}, "tasks of moons: expected a list"),
        ({"benchmarks": {"moons": [80]}}, "80: write it in quotes"),  # YAML's reading of 1:20
        ({"methods": ["dann", "dann"]}, "'dann' stands there twice"),
        ({"methods": {"dann": 3}}, "method dann: expected keys and values, found 3"),
        ({"methods": {"dann": {"grid": {"weight": [1.0, 1.0]}}}}, "1.0 stands there twice"),
        ({"methods": {"dann": {"set": ["weight"]}}}, "set: expected keys and values"),
        (
            {"methods": {"dann": {"set": {"weight": 2.0}, "grid": {"weight": [1.0]}}}},
            "weight is set to one value and varied",
        ),
        (
            {"methods": {"dann": {"grid": {"optimizer.lrr": [0.1]}}}},
            r"optimizer takes no argument 'lrr'.*'lr'.*\(dann on moons: optimizer.lrr=0.1\)",
        ),
        ({"seeds": True}, "found True"),
        ({"seeds": [1, 1]}, "1 stands there twice"),
        ({"seeds": [-1]}, "-1: a seed is"),
        ({"labels": 5}, "numbers of labels, found 5"),
        (SEARCH | {"search": None}, "search: expected keys"),
        (SEARCH | {"search": {"trials": 2.5}}, "trials: expected a whole number"),
        (SEARCH | {"search": {"batch": "two"}}, "batch: expected a whole number"),
        (SEARCH | {"search": {"select": 3}}, "select: expected a name"),
        (SEARCH | {"search": {"select": "val/sorce"}}, "did you mean 'val/source'"),
    ],
)
def test_what_is_wrong_is_said_before_anything_runs(change, says, tmp_path, capsys, monkeypatch):
    import re

    from da_bench.runs import sweep

    monkeypatch.setattr(sweep, "finish", lambda *a, **k: pytest.fail("something ran"))
    path = written(tmp_path, SMALL | change)
    assert main(["sweep", path, "--out", str(tmp_path / "out")]) == 2
    assert re.search(says, capsys.readouterr().err)


def test_a_sweep_runs_once_and_a_changed_value_runs_alone(tmp_path, capsys):
    out = tmp_path / "out"
    one = SMALL | {"methods": {"dann": {"grid": {"weight": [0.1]}}}}
    assert main(["sweep", written(tmp_path, one), "--out", str(out)]) == 0
    assert "4 runs, 0 finished already" in capsys.readouterr().out
    two = SMALL | {"methods": {"dann": {"grid": {"weight": [0.1, 0.5]}}}}
    assert main(["sweep", written(tmp_path, two), "--out", str(out)]) == 0
    said = capsys.readouterr().out
    assert "6 runs, 4 finished already" in said
    assert "dann[weight=0.5]" in (out / "table.md").read_text()
    rows = [json.loads(p.read_text()) for p in out.glob("runs/*/dann/*/result.json")]
    assert {row["variant"] for row in rows} == {"weight=0.1", "weight=0.5"}
    assert {row["settings"]["model.init_args.weight"] for row in rows} == {0.1, 0.5}
    for row in rows:
        assert row["wall_s"] > 0
        assert row["cpu_s"] > 0
        assert row["gpu_s"] == 0
        assert 50 < row["peak_memory_mb"] < 5000


def test_a_search_spends_its_budget_chooses_by_validation_and_goes_on(tmp_path, capsys):
    out, path = tmp_path / "out", written(tmp_path, SEARCH)
    assert main(["sweep", path, "--out", str(out)]) == 0
    [told] = json.loads((out / "search.json").read_text())
    assert told["select"] == "val/source"
    scores = [trial["score"] for trial in told["trials"]]
    assert len(scores) == 3
    assert told["chosen"] == told["trials"][scores.index(max(scores))]["settings"]
    rows = [json.loads(p.read_text()) for p in out.glob("runs/*/dann/*/result.json")]
    assert len(rows) == 3 * 2  # each trial on each seed
    for trial in told["trials"]:
        own = [row["val/source"] for row in rows if row["settings"] == trial["settings"]]
        assert sum(own) / 2 == pytest.approx(trial["score"])
    table = (out / "table.md").read_text()
    assert "| task | source_only | dann |" in table
    before = {p: p.stat().st_mtime_ns for p in out.glob("runs/*/*/*/result.json")}
    capsys.readouterr()
    assert main(["sweep", path, "--out", str(out)]) == 0  # repeated from the store
    assert {p: p.stat().st_mtime_ns for p in out.glob("runs/*/*/*/result.json")} == before
    assert json.loads((out / "search.json").read_text()) == [told]


def test_an_oracle_never_chooses(tmp_path):
    """With the oracle's column turned upside down, the search asks and chooses the same."""
    asked = sweeps.read(written(tmp_path, SEARCH))

    def searched(sign):
        rival = next(r for r in asked.rivals if r.space)
        study = Study(asked.of(rival), rival.space, replace(asked.budget, trials=12))
        while plans := study.ask():
            rows = {}
            for plan in plans:
                lr = plan.varied["model.init_args.optimizer.lr"]
                val = -abs(lr - 0.02)
                rows[plan] = {"status": "ok", "val/source": val, "oracle/target": sign * val}
            study.tell(rows)
        return study.trials, study.best()

    trials, best = searched(1)
    assert searched(-1) == (trials, best)
    assert len(trials) == 12


def test_a_failed_trial_is_not_chosen_and_costs_its_part_of_the_budget(tmp_path):
    asked = sweeps.read(written(tmp_path, SEARCH))
    rival = next(r for r in asked.rivals if r.space)
    study = Study(asked.of(rival), rival.space, Budget(trials=2, batch=2))
    plans = study.ask()
    rows = {plan: {"status": "ok", "val/source": 0.5} for plan in plans}
    failed = plans[0].settings
    rows[plans[0]] = {"status": "failed"}
    study.tell(rows)
    assert [score for _, score in study.trials] == [None, 0.5]
    assert study.best()[0].settings != failed
    assert study.ask() == []


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"low": 0.1, "high": 1, "step": 0}, "step=0"),
        ({"low": 0.1, "high": 1, "step": 5}, "at most high - low"),
        ({"low": 0.1, "high": 1, "step": 0.1, "log": True}, "no log"),
        ({"low": 1, "high": 9, "step": 0.5}, "whole"),
        ({"low": 0.1, "high": 1, "log": "yes"}, "true or false"),
        ({"low": 0.1, "high": float("inf")}, "two numbers"),
        ({"low": False, "high": True}, "two numbers"),
        ({"choices": []}, "expected a list"),
        ({"choices": 3}, "expected a list"),
        ({"choices": [1, 1]}, "twice"),
        ({"choices": [1], "low": 0}, "stand alone"),
    ],
)
def test_a_space_that_could_not_be_drawn_from_is_refused(given, says):
    with pytest.raises(ValueError, match=says):
        Space.read("weight", given)


def test_a_method_that_stands_twice_in_a_file_is_not_half_lost(tmp_path, capsys):
    path = tmp_path / "twice.yaml"
    path.write_text("benchmarks: [moons]\nmethods:\n  dann:\n  dan:\n  dann: {set: {weight: 2}}\n")
    assert main(["sweep", str(path), "--out", str(tmp_path / "out")]) == 2
    assert "twice.yaml, line 5: no valid YAML: 'dann' stands twice" in capsys.readouterr().err


def test_spaces_draw_what_they_say():
    import optuna

    trial = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0)).ask()
    assert isinstance(Space.read("k", {"low": 1, "high": 9}).draw("k", trial), int)
    assert 0.1 <= Space.read("w", {"low": 0.1, "high": 1, "log": True}).draw("w", trial) <= 1
    assert Space.read("h", {"choices": [[1], [2, 3]]}).draw("h", trial) in ([1], [2, 3])
    assert Space.read("h", {"choices": [[1], [2, 3]]}).ends() == [[1], [2, 3]]


@pytest.mark.parametrize("name", VALIDATORS)
def test_a_search_takes_any_validator_of_stored_outputs(name):
    assert Budget(select=name).select == name
