"""Hostile runs, over all commands: nothing runs, and nothing is written outside the folder."""

import shutil
import sys
from copy import deepcopy

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

import da_bench
from da_bench.cli.main import main
from da_bench.config import layers
from da_bench.methods.stored_run import checked_config, load_data
from da_bench.runs.execute import execute
from da_bench.runs.plan import Plan, jobs
from da_bench.runs.train import reopen
from tests import planted


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A finished run, and a checkpoint to go on from."""
    out = tmp_path_factory.mktemp("sound")
    (job,) = jobs([Plan("moons", "dann", "0", "40", 0)], {"trainer": {"max_epochs": 1}})
    assert execute(job, out, [])["status"] == "ok"
    begun = tmp_path_factory.mktemp("begun")
    fit = ["fit", "--benchmark", "moons", "--method", "dann", "--trainer.max_epochs=1"]
    assert main([*fit, "--out", str(begun)]) == 0
    shutil.copy(begun / "last.ckpt", out / job.folder)
    return out, job.folder


@pytest.fixture
def run(sound, tmp_path, monkeypatch):
    """A copy of it, some samples, a folder outside, and modules that leave a canary."""
    out, folder = sound
    shutil.copytree(out, tmp_path / "out")
    planted.module(tmp_path / "modules")
    monkeypatch.syspath_prepend(tmp_path / "modules")
    (tmp_path / "outside").mkdir()
    monkeypatch.chdir(tmp_path / "outside")
    for name in "ab":
        np.save(tmp_path / f"{name}.npy", np.random.default_rng(0).normal(size=(60, 2)))
        Image.new("RGB", (8, 8)).save(tmp_path / f"{name}.png")
    yield tmp_path / "out" / folder
    sys.modules.pop("stranger", None)


def canary(run):
    return top(run) / "modules" / "canary"


def top(run):
    return next(p for p in run.parents if (p / "modules").is_dir())


CONFIG = {
    "test": lambda r: ["test", "--out", r],
    "validate": lambda r: ["validate", "--out", r],
    "predict": lambda r: ["predict", "--out", r],
    "resume": lambda r: ["fit", "--resume", r],
    "show": lambda r: ["show", r],
    "beside": lambda r: ["show", r, "--beside", r],
    "divergence": lambda r: ["divergence", r, "--measures", "mmd"],
    "mixval": lambda r: ["select", top(r) / "out", "--by", "mixval"],
    "reverse": lambda r: ["select", top(r) / "out", "--by", "reverse_validation"],
}
"""Commands that make objects of a run's config.yaml."""
CHECKPOINT = {
    "show": lambda r: ["show", r],
    "predict": lambda r: ["predict", "--run", r, "--input", top(r) / "a.npy"],
    "divergence": lambda r: ["divergence", r],
    "through": lambda r: ["divergence", top(r) / "a.npy", top(r) / "b.npy", "--run", r],
    "diagnose": lambda r: ["diagnose", top(r) / "a.npy", top(r) / "b.npy", "--run", r],
    "pictures": lambda r: ["divergence", top(r) / "a.png", top(r) / "b.png", "--run", r],
    "mixval": lambda r: ["select", top(r) / "out", "--by", "mixval"],
    "reverse": lambda r: ["select", top(r) / "out", "--by", "reverse_validation"],
}
"""Commands that make objects of its checkpoint."""


def called(command, run):
    return main([str(word) for word in command(run)])


PLACES = {
    "model": lambda c, it: c.update(model=it),
    "encoder": lambda c, it: c["model"]["init_args"].update(encoder=it),
    "options": lambda c, it: c["model"]["init_args"]["optimizer"].update(options={"momentum": it}),
    "data": lambda c, it: c.update(data=it),
    "untyped": lambda c, it: c.update(data={
        "class_path": "da_bench.data.Arrays", "init_args": {"source_x": it, "target_x": [it]}}),
    "logger": lambda c, it: c["trainer"].update(logger=it),
    "loggers": lambda c, it: c["trainer"].update(logger=[it]),
    "callback": lambda c, it: c["trainer"].update(callbacks=it),
    "callbacks": lambda c, it: c["trainer"].update(callbacks=[it]),
    "plugin": lambda c, it: c["trainer"].update(plugins=[it]),
    "strategy": lambda c, it: c["trainer"].update(strategy=it),
    "profiler": lambda c, it: c["trainer"].update(profiler=it),
    "precision": lambda c, it: c["trainer"].update(precision=it),
    "root": lambda c, it: c["trainer"].update(default_root_dir=it),
    "time": lambda c, it: c["trainer"].update(max_time={"minutes": it}),
    "trainer": lambda c, it: c.update(trainer=it),
    "unknown": lambda c, it: c["trainer"].update(unknown=it),
    "section": lambda c, it: c.update(optimizer=it),
    "seed": lambda c, it: c.update(seed_everything=it),
    "dotted": lambda c, it: c.update({"model.init_args.encoder": it}),
    "dotted_inside": lambda c, it: c["model"]["init_args"].update({"encoder.class_path": it}),
}  # fmt: skip


def slow(*places):
    """Places that the test of all of them has tried; each command once more is a slow test."""
    return [pytest.param(place, marks=pytest.mark.slow) for place in places]


@pytest.mark.parametrize("place", PLACES)
def test_no_configuration_runs_anything(place, run):
    """Every planted object in every place, through the one function that reads configurations."""
    sound = yaml.safe_load((run / "config.yaml").read_text())
    for name, it in planted.objects(canary(run)).items():
        config = deepcopy(sound)
        PLACES[place](config, it)
        (run / "config.yaml").write_text(yaml.safe_dump(config))
        try:
            checked_config(run)
        except ValueError as error:
            told = str(error)
        else:  # a plain text where one may stand; what it is for is not known here
            told = str(run)
            assert type(it) is str, (place, name)
        assert str(run) in told, (place, name, told)
        assert not canary(run).exists(), (place, name)
        assert "stranger" not in sys.modules, (place, name)


@pytest.mark.parametrize("place", ["encoder", "callbacks", *slow("options", "data", "strategy",
                                                                  "text")])  # fmt: skip
@pytest.mark.parametrize("command", CONFIG)
def test_no_command_builds_a_planted_configuration(command, place, run, capsys):
    config = yaml.safe_load((run / "config.yaml").read_text())
    it = planted.objects(canary(run))["module"]
    if place == "text":
        config["model"]["init_args"]["weight_schedule"] = "stranger.schedule"
    else:
        PLACES[place](config, it)
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    data_alone = command in ("show", "beside", "divergence", "mixval") and place != "data"
    status = called(CONFIG[command], run)
    said = capsys.readouterr()
    assert data_alone or "stranger." in said.err
    assert data_alone or status != 0 or "—" in said.out or "undefined" in said.err
    assert not canary(run).exists()
    assert "stranger" not in sys.modules


@pytest.mark.parametrize("command", CONFIG)
def test_no_command_runs_a_tag_of_yaml(command, run, capsys):
    text = (run / "config.yaml").read_text()
    touch = f"touch {canary(run)}"
    for tag in (f"!!python/object/apply:os.system ['{touch}']", "!!python/name:stranger.Net ''",
                "!!python/object/new:stranger.Net {}", "!!python/module:stranger ''"):  # fmt: skip
        (run / "config.yaml").write_text(text.replace("health: true", f"health: {tag}"))
        status = called(CONFIG[command], run)
        assert status == 2 or command in ("mixval", "reverse")
        assert "constructor" in capsys.readouterr().err
        assert not canary(run).exists()
        assert "stranger" not in sys.modules


@pytest.mark.parametrize("place", ["encoder", "pickle", *slow("schedule", "transform")])
@pytest.mark.parametrize("command", CHECKPOINT)
def test_no_command_builds_a_planted_checkpoint(command, place, run, capsys):
    stored = torch.load(run / "model.ckpt", weights_only=True)
    it = planted.objects(canary(run))["elastic"]
    if place == "encoder":
        stored["model"]["init_args"]["encoder"] = it
    elif place == "schedule":
        stored["model"]["init_args"]["schedule"] = "stranger.schedule"
    elif place == "transform":
        stored["transform"] = it
    else:
        stored["x"] = planted.Malicious(canary(run))
    torch.save(stored, run / "model.ckpt")
    status = called(CHECKPOINT[command], run)
    said = capsys.readouterr().err
    through = command in ("predict", "pictures")  # which ask for the transform
    if place in ("encoder", "schedule") or (place == "transform" and through):
        assert "SubprocessHandler" in said or "stranger.schedule" in said
        assert "--trust" in said
        assert status != 0 or command in ("mixval", "reverse")
    assert not canary(run).exists()
    assert "stranger" not in sys.modules


# Writing.

LOGGERS = "lightning.pytorch.loggers."
CALLBACKS = "lightning.pytorch.callbacks."


def one(path, **arguments):
    return {"class_path": path, "init_args": arguments}


def tree(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*"))


@pytest.mark.parametrize("command", ["test", "validate", "resume", "reverse", "show"])
def test_nothing_is_written_outside_the_folder(command, run, capsys):
    outside = top(run) / "outside"
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["trainer"] |= {
        "default_root_dir": str(outside),
        "max_epochs": 2,
        "logger": [one(f"{LOGGERS}CSVLogger", save_dir=str(outside), name="x"),
                   one(f"{LOGGERS}TensorBoardLogger", save_dir="../outside")],
        "callbacks": [one(f"{CALLBACKS}EarlyStopping", monitor="val/source"),
                      one("da_bench.callbacks.SaveOutputs", folder=str(outside)),
                      one("da_bench.callbacks.KeepOutputs", folder=str(outside))],
        "model_registry": "a-stranger/uploads",
        "profiler": "pytorch" if command == "validate" else "advanced",
    }  # fmt: skip
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    before = tree(top(run) / "modules")
    of_run = tree(run)
    assert checked_config(run)["trainer"]["model_registry"] is None
    called(CONFIG[command], run)
    assert tree(outside) == []
    assert tree(top(run) / "modules") == before
    said = capsys.readouterr().err
    if command == "reverse":  # the way back is no part of the run
        assert tree(run) == of_run
    elif command != "show":
        assert "trainer.logger[0].save_dir" in said
        assert "trainer.callbacks[1].folder" in said


@pytest.mark.parametrize("name", ["name", "version", "sub_dir"])
@pytest.mark.parametrize("value", ["../../x", "/x", "a/../../../b", "~/x", "s3://x/y", "..\\x"])
def test_no_name_leads_out_of_the_folder(name, value, run):
    config = yaml.safe_load((run / "config.yaml").read_text())
    arguments = {"save_dir": "logs", name: value}
    config["trainer"]["logger"] = one(f"{LOGGERS}TensorBoardLogger", **arguments)
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match="leads out of the folder"):
        checked_config(run)


def test_a_link_in_the_folder_leads_nowhere(run):
    (run / "logs").symlink_to(top(run) / "outside")
    config = yaml.safe_load((run / "config.yaml").read_text())
    logger = one(f"{LOGGERS}CSVLogger", save_dir=str(run / "logs"), name="x")
    config["trainer"]["logger"] = logger
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    moved = checked_config(run)["trainer"]["logger"]["init_args"]["save_dir"]
    assert moved == str(run)


def test_a_place_inside_is_kept_and_a_missing_one_given(run):
    config = yaml.safe_load((run / "config.yaml").read_text())
    path = "da_bench.runs.tracking.logger.RunLogger"
    config["trainer"]["logger"] = [one(f"{LOGGERS}CSVLogger", save_dir=str(run / "logs")),
                                   one(path, online=True, about={"benchmark": "../x"})]  # fmt: skip
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    first, second = checked_config(run)["trainer"]["logger"]
    assert first["init_args"]["save_dir"] == str(run / "logs")
    assert second["init_args"] == {
        "online": False, "about": {"benchmark": "../x"}, "save_dir": str(run)
    }  # fmt: skip


# What is a user's own.


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A method of one's own: its network, its schedule, and a run of it."""
    (tmp_path / "mine.py").write_text(
        planted.CODE.replace(".touch()", ".touch(exist_ok=True)").replace(
            "super().__init__()",
            "super().__init__()\n        self.width, self.act = width, act\n"
            "        self.layer = nn.Linear(2, 4)\n\n"
            "    def forward(self, x):\n        return self.layer(x)",
        )
    )
    monkeypatch.syspath_prepend(tmp_path)
    layer = layers.read("methods", "dann")
    layer["model"]["init_args"] |= {
        "encoder": one("mine.Net", width=4), "weight_schedule": "mine.schedule"
    }  # fmt: skip
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(layer))
    fit = ["fit", "--benchmark", "moons", "--trainer.max_epochs=1", "--out", str(tmp_path / "run")]
    assert main([*fit, "--method", str(tmp_path / "mine.yaml")]) == 0
    yield tmp_path
    sys.modules.pop("mine", None)


NAMES = ["mine.Net", "mine.schedule"]


def test_a_network_of_ones_own_is_trusted_where_the_command_names_it(mine, capsys):
    run, yours = str(mine / "run"), str(mine / "mine.yaml")
    capsys.readouterr()
    for words in (["test", "--out", run], ["fit", "--resume", run, "--trainer.max_epochs=2"],
                  ["predict", "--out", run], ["show", run]):  # fmt: skip
        sys.modules.pop("mine")
        assert main(words) == 2
        said = capsys.readouterr().err
        assert "--trust mine.Net mine.schedule" in said
        assert "mine" not in sys.modules
        assert main([*words, "--trust", *NAMES]) == 0, capsys.readouterr().err
    for words in (["test", "--out", run], ["fit", "--resume", run, "--trainer.max_epochs=3"]):
        assert main([*words, "--method", yours]) == 0, capsys.readouterr().err
        assert main([*words, "--config", yours.replace("mine.yaml", "layer.yaml")]) != 0
    layer = {"model": {"init_args": {"encoder": one("mine.Net"), "weight_schedule": NAMES[1]}}}
    (mine / "layer.yaml").write_text(yaml.safe_dump(layer))
    assert main(["test", "--out", run, "--config", str(mine / "layer.yaml")]) == 0
    options = ["--model.init_args.weight_schedule=mine.schedule"]
    assert main(["test", "--out", run, *options]) == 2
    assert "'mine.Net'" in capsys.readouterr().err
    assert main(["test", "--out", run, *options, "--trust", "mine.Net"]) == 0


def test_a_network_of_ones_own_from_python(mine):
    with pytest.raises(ValueError, match=r"mine\.Net"):
        da_bench.load(mine / "run")
    assert type(da_bench.load(mine / "run", trusted=NAMES).encoder).__name__ == "Net"
    assert type(load_data(mine / "run")).__name__ == "Moons"
    with pytest.raises(ValueError, match=r"mine\.schedule"):
        reopen(mine / "run")


def test_parts_that_contradict_each_other_are_named(run, capsys):
    config = yaml.safe_load((run / "config.yaml").read_text())
    config["trainer"]["callbacks"] = [one("da_bench.callbacks.KeepLast", folder="x")]
    (run / "config.yaml").write_text(yaml.safe_dump(config))
    assert called(CONFIG["test"], run) == 2
    assert f"{run / 'config.yaml'}: Trainer was configured" in capsys.readouterr().err


def test_a_sound_run_opens_by_every_command(run, capsys):
    (run / "last.ckpt").unlink()
    known = [CONFIG[name] for name in ("test", "validate", "predict", "mixval", "beside")]
    for command in [*known, *(CHECKPOINT[name] for name in CHECKPOINT if name != "pictures")]:
        assert called(command, run) == 0, capsys.readouterr().err
    assert called(CHECKPOINT["pictures"], run) == 2  # of points on the moons, not of pictures
    assert "stores no image transform" in capsys.readouterr().err
    assert (run / "predictions.csv").is_file()
