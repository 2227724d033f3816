"""A method that rests on another is that one and what its file adds, on every benchmark."""

from pydoc import locate

import pytest

from da_bench.config import layers
from da_bench.config.objects import bind_options
from da_bench.runs.plan import Plan, starting_plan

RESTS = {
    name: layer["based_on"]
    for name in layers.names("methods")
    if "based_on" in (layer := layers.read("methods", name))
}


def test_the_kin_of_the_critics_rest_on_them():
    assert RESTS == {
        "bsp": "dann",
        "cdan_bsp": "cdan",
        "cdan_e": "cdan",
        "dann_mcc": "dann",
        "dsbn": "dann",
    }


@pytest.mark.parametrize("benchmark", layers.names("data"))
@pytest.mark.parametrize("name", RESTS)
def test_nothing_else_differs(benchmark, name):
    """DANN+MCC beside DANN compares the penalty, never two critics."""
    task = layers.tasks(benchmark)[0]
    found, base = (layers.compose(benchmark, m, task, 0) for m in (name, RESTS[name]))
    assert "based_on" not in found
    for config in (found, base):
        for added in ("penalties", "entropy", "batch_norm"):
            config["model"]["init_args"].pop(added, None)
        # dsbn: small networks have batch norm only where a method needs it
        config["model"]["init_args"].get("encoder", {}).get("init_args", {}).pop("batch_norm", None)
    assert found == base


STARTS = {
    name: layer["start_from"]
    for name in layers.names("methods")
    if "start_from" in (layer := layers.read("methods", name))
}


@pytest.mark.parametrize("benchmark", layers.names("data"))
@pytest.mark.parametrize("name", STARTS)
def test_a_method_has_the_encoder_of_the_run_that_it_starts_from(benchmark, name):
    task = layers.tasks(benchmark)[0]
    own, first = (layers.compose(benchmark, m, task) for m in (name, STARTS[name]))
    assert own["model"]["init_args"]["encoder"] == first["model"]["init_args"]["encoder"]


@pytest.mark.parametrize("benchmark", layers.names("data"))
def test_every_methods_schedule_takes_its_options(benchmark):
    """Fine-tuning's linear decay was given the alpha of the benchmark's, and never ran."""
    task = layers.tasks(benchmark)[0]
    for name in layers.names("methods"):
        given = layers.compose(benchmark, name, task)["model"]["init_args"].get("optimizer", {})
        schedule = locate(given.get("schedule", "da_bench.functional.constant"))
        bind_options(schedule, given.get("schedule_options"))


def test_another_schedule_drops_the_options_of_the_one_before():
    base = {"schedule": "a", "schedule_options": {"alpha": 1}, "lr": 1}
    assert layers.merge(base, {"schedule": "b"}) == {"schedule": "b", "lr": 1}
    assert layers.merge(base, {"schedule": "a", "lr": 2}) == base | {"lr": 2}
    other = {"schedule": "b", "schedule_options": {"beta": 2}}
    assert layers.merge(base, other) == other | {"lr": 1}


def test_a_file_of_ones_own_rests_on_a_method(tmp_path):
    mine, more = tmp_path / "mine.yaml", tmp_path / "more.yaml"
    mine.write_text("based_on: dann\nabout: {title: Mine}\nmodel: {init_args: {weight: 0.5}}")
    more.write_text(f"based_on: {mine}\nmodel: {{init_args: {{clip: 1}}}}")
    layer = layers.read("methods", str(mine))
    assert layer["about"] == {"title": "Mine"}
    assert layer["model"]["class_path"] == "da_bench.methods.DANN"
    arguments = layers.compose("ucihar", str(more), ("2", "11"))["model"]["init_args"]
    assert (arguments["hidden"], arguments["weight"], arguments["clip"]) == ([64, 64], 0.5, 1)


def test_the_benchmarks_word_on_the_method_itself_is_the_last(tmp_path, monkeypatch):
    data = {"data": {}, "methods": {"dann": {"x": 1, "y": 1}, "bsp": {"y": 2}}}
    monkeypatch.setattr(
        layers,
        "_read_file",
        lambda kind, name: {"data": data, "methods": {}}[kind] or METHODS[name],
    )
    assert layers.compose("b", "bsp") == layers.compose("b", "dann") | {"y": 2, "z": 3}


METHODS = {"dann": {"x": 0}, "bsp": {"based_on": "dann", "z": 3}}


@pytest.mark.parametrize(
    ("says", "error", "told"),
    [
        ("based_on: dan_n", layers.UnknownName, "did you mean 'dann'"),
        ("based_on: SELF", layers.BadYaml, "rests on it"),
        ("based_on: [dann]", layers.BadYaml, "no name of a method"),
    ],
)
def test_what_no_method_can_rest_on_is_told(tmp_path, says, error, told):
    mine = tmp_path / "mine.yaml"
    mine.write_text(says.replace("SELF", str(mine)))
    with pytest.raises(error, match=told):
        layers.compose("moons", str(mine))


def test_a_run_starts_from_one_of_the_encoder_that_a_sweep_gives_it():
    encoder = ("encoder.init_args.hidden", "[8]")
    plan = Plan("moons", "adda", "0", "20", 1, settings=(encoder, ("weight", "0.5")))
    assert starting_plan(plan, "source_only") == Plan(
        "moons", "source_only", "0", "20", 1, settings=(encoder,)
    )


def test_an_installation_without_yaml_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(layers, "__file__", str(tmp_path / "da_bench" / "config" / "layers.py"))
    (tmp_path / "experiments").mkdir()  # another package's folder beside it is not ours
    with pytest.raises(FileNotFoundError, match="install da_bench again"):
        layers.folder()
    (tmp_path / "experiments" / "defaults.yaml").touch()
    assert layers.folder() == tmp_path / "experiments"
    installed = tmp_path / "da_bench" / "experiments_yaml"
    installed.mkdir(parents=True)
    (installed / "defaults.yaml").touch()
    assert layers.folder() == installed


@pytest.mark.parametrize("tasks", ["[[a, b]]", "['a:b']"])
def test_tasks_are_pairs(tmp_path, tasks):
    (tmp_path / "mine.yaml").write_text(f"about: {{tasks: {tasks}}}\n")
    assert layers.tasks(str(tmp_path / "mine.yaml")) == [("a", "b")]


@pytest.mark.parametrize("tasks", ["[a]", "[[a]]", "[[a, b, c]]", "[[a, {b: c}]]", "[3]", "['a:']"])
def test_tasks_that_are_no_pairs(tmp_path, tasks):
    (tmp_path / "mine.yaml").write_text(f"about: {{tasks: {tasks}}}\n")
    with pytest.raises(layers.BadYaml, match=r"which is no pair: write \[source, target\]"):
        layers.tasks(str(tmp_path / "mine.yaml"))
