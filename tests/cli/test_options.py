"""Options by their full names alone; what is given twice adds up or is refused."""

import re
from argparse import ArgumentError

import pytest

from da_bench.cli import main as cli
from da_bench.cli.fit_options import layer_parser
from da_bench.cli.main import main
from da_bench.cli.options import Layers
from da_bench.config.settings import parse_assignments, tree


def parsers():
    own = {name: cli.command(name).parser() for name in cli.COMMANDS}
    return own | {"da-bench": cli.build(), "fit": layer_parser()}


PARSERS = parsers()
OPTIONS = [
    pytest.param(name, action, option, id=f"{name}{option}")
    for name, parser in PARSERS.items()
    for action in parser._actions
    for option in action.option_strings
    if option.startswith("--")
]
NEEDED = {"table": ["out"], "report": ["out"], "dashboard": ["out"], "select": ["out"],
          "runs": ["list"], "show": ["out"], "wandb": ["push"], "sweep": ["name"],
          "data": ["list"], "divergence": ["a"], "diagnose": ["a"]}  # fmt: skip
"""Places without which a command says something else first."""


def fails(name, words, capsys):
    """What is said where a parser refuses."""
    with pytest.raises((SystemExit, ArgumentError)) as stopped:
        PARSERS[name].parse_args([*NEEDED.get(name, []), *words])
    return str(stopped.value) + capsys.readouterr().err


def value(action):
    if action.choices:
        return str(next(iter(action.choices)))
    return "3"


@pytest.mark.parametrize(("name", "action", "option"), OPTIONS)
def test_no_option_is_known_by_a_part_of_its_name(name, action, option, capsys):
    whole = PARSERS[name].options
    for end in range(3, len(option)):
        part = option[:end]
        if part in whole or name == "fit":
            continue
        given = [part] if action.nargs == 0 else [part, value(action)]
        for words in (given, ["=".join(given)]):
            said = fails(name, words, capsys)
            assert f"there is no option {part}" in said
            assert any(other in said for other in whole if other.startswith(part))


@pytest.mark.parametrize(("name", "action", "option"), OPTIONS)
def test_what_is_given_twice_adds_up_or_is_refused(name, action, option, capsys):
    if action.nargs == 0:  # a switch: nothing is dropped
        return
    parser, one = PARSERS[name], value(action)
    other = str(list(action.choices)[-1]) if action.choices else "4"
    if action.nargs in ("+", "*"):
        made = [int(v) if name == "compare" and option == "--labels" else v
                for v in (one, other, one)]  # fmt: skip
        for words in (
            [option, one, option, other, one],
            [f"{option}={one}", option, other, one],
            [option, one, other, f"{option}={one}"],
        ):
            found = parser.parse_args([*NEEDED.get(name, []), *words])
            assert getattr(found, action.dest) == made
        once = parser.parse_args([*NEEDED.get(name, []), option, other])
        # Neither a default nor an earlier call is in it.
        assert getattr(once, action.dest) == made[1:2]
        return
    for words in ([option, one, option, other], [f"{option}={one}", option, one]):
        said = fails(name, words, capsys)
        assert f"{option} is given twice, as '{one}' and" in said


def test_values_by_their_path_stand_once_and_layers_go_on():
    once = ["--trainer.max_epochs", "3", "--method", "dann"]
    _, rest = layer_parser().parse_known_args(once)
    assert rest == once[:2]
    said = r"--trainer\.max_epochs is given twice, as '3' and '5'"
    with pytest.raises(ArgumentError, match=said):
        layer_parser().parse_known_args([*once, "--trainer.max_epochs=5"])
    more = ["--config", "a.yaml", "-c", "b.yaml", "--config=c.yaml",
            "--trainer.callbacks+=A", "--trainer.callbacks.patience=1",
            "--trainer.callbacks+=B", "--trainer.callbacks.patience=2"]  # fmt: skip
    _, rest = layer_parser().parse_known_args(more)
    assert rest == more
    assert isinstance(layer_parser(), Layers)


FIT = ["fit", "--benchmark", "moons", "--method", "dann"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--trainer.max_epoch", "1"], "did you mean '--trainer.max_epochs'"),
        (["--trainer.max_e=1"], "did you mean '--trainer.max_epochs'"),
        (["--seeds", "3"], "did you mean '--seed'"),
        (["--seed_every", "3"], "did you mean '--seed_everything'"),
        (["--meth", "dan"], "did you mean '--method'"),
        (["--task", "0:20", "--task", "0:40"], "--task is given twice"),
        (["--seed", "x"], "invalid int value: 'x'"),
    ],
)
def test_a_run_takes_full_names_too(words, says, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([*FIT, *words]) == 2
    assert says in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_what_is_set_twice_is_refused_and_neighbours_stay():
    assert parse_assignments(["trainer.max_epochs=5", "model.init_args.weight=1"]) == {
        "trainer": {"max_epochs": 5}, "model": {"init_args": {"weight": 1}}
    }  # fmt: skip
    # Options of one function: the second once dropped the first.
    options = ["model.init_args.options.a=1", "model.init_args.options.b=2"]
    assert parse_assignments(options)["model"]["init_args"]["options"] == {"a": 1, "b": 2}
    for pairs in (["a=1", "a=2"], ["a={b: 1}", "a.b=2"], ["a.b=2", "a={b: 1}"], ["a.b=1", "a=2"],
                  ["a=1", "a.b=2"]):  # fmt: skip
        with pytest.raises(ValueError, match="is set twice"):
            parse_assignments(pairs)
    for wrong in ("a", "=1"):
        with pytest.raises(ValueError, match="KEY=VALUE"):
            parse_assignments([wrong])
    for wrong in ("a={b", "a={b: 1, b: 2}"):
        with pytest.raises(ValueError, match="no YAML"):
            parse_assignments([wrong])


def test_settings_are_layers():
    found = tree({"a.b": 1, "a.c.d": [2], "e": {"f": 3}}.items())
    assert found == {"a": {"b": 1, "c": {"d": [2]}}, "e": {"f": 3}}


def test_settings_do_not_depend_on_their_order():
    settings = [("m.schedule", "ramp"), ("m.schedule_options", {"g": 1}), ("m.on.class_path", "A")]
    assert tree(settings) == tree(settings[::-1])


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stored") / "run"
    words = ["--data.init_args.size=64", "--trainer.max_epochs=1", "--trainer.max_steps=2"]
    assert main(["fit", "--method", "source_only", "--benchmark", "moons", "--task", "0:20",
                 "--seed", "1", "--out", str(folder), *words]) == 0  # fmt: skip
    return str(folder)


@pytest.mark.parametrize(("words", "said"), [
    (["--seed", "3"], "--seed 3: the run in .* has 1"),
    (["--task", "0:40"], "--task 0:40: the run in .* has 0:20"),
    (["--method", "mcd", "--benchmark", "moons"], "--method mcd: the run in .*SourceOnly"),
    (["--benchmark", "digits"], "--benchmark digits: the run in .*Moons"),
    (["--logger", "wandb"], "--logger wandb: the run in .* has none"),
    (["--out", "other"], "leave out --out"),
])  # fmt: skip
def test_what_a_stored_run_would_not_follow_is_refused(stored, words, said, capsys):
    assert main(["fit", "--resume", stored, *words]) == 2
    assert re.search(said, capsys.readouterr().err)
    if words[0] not in ("--out",):
        assert main(["test", "--out", stored, *words]) == 2
        assert re.search(said, capsys.readouterr().err)


def test_the_same_words_again_go_on(stored, capsys):
    again = ["--method", "source_only", "--benchmark", "moons", "--task", "0:20", "--seed", "1",
             "--out", stored]  # fmt: skip
    assert main(["fit", "--resume", stored, *again]) == 0
    assert main(["validate", "--out", stored, "--save-every", "3"]) == 2
    assert "trains nothing" in capsys.readouterr().err


@pytest.mark.parametrize(("words", "said"), [
    (["--seed", "1", "--seed_everything", "3"], "--seed 1: another option or file says 3"),
    (["--task", "0:20", "--data.init_args.target", "40"], "--task 0:20: another .* says 0:40"),
    (["--model.weight", "3", "--model.init_args.weight", "4"], r"--model.weight is the same"),
    (["--data.size=3", "--data.init_args.size", "4"], r"--data.size is the same"),
])  # fmt: skip
def test_one_value_by_two_options_is_refused(words, said, tmp_path, capsys):
    call = ["fit", "--method", "dann", "--benchmark", "moons", "--out", str(tmp_path / "run")]
    assert main([*call, *words]) == 2
    assert re.search(said, capsys.readouterr().err)
    assert not (tmp_path / "run" / "config.yaml").exists()


@pytest.mark.parametrize(("words", "meant"), [
    (["fit", "--meth", "dann"], "--method"), (["test", "--ou", "x"], "--out"),
    (["predict", "--ru", "a", "--input", "b"], "--run"), (["fit", "-m", "dann"], "--method"),
])  # fmt: skip
def test_a_part_of_a_name_is_not_answered_by_asking_for_a_method(words, meant, capsys):
    assert main(words) == 2
    said = capsys.readouterr().err
    assert f"there is no option {words[1]}" in said
    assert meant in said


@pytest.mark.parametrize("setting", [
    "seed_everything=3", "data.init_args.seed=3", "data.init_args.target=40",
    "data={init_args: {source: 10}}", "model.class_path=da_bench.methods.MCD",
])  # fmt: skip
def test_what_a_comparison_sets_for_each_run_is_no_setting_of_all(setting, tmp_path, capsys):
    call = ["compare", "--benchmark", "moons", "--tasks", "0:20", "--methods", "source_only"]
    assert main([*call, "--out", str(tmp_path), "--set", setting]) == 2
    assert "each run has its own by the" in capsys.readouterr().err


def test_labels_of_a_comparison_are_no_setting_of_all(tmp_path, capsys):
    call = ["compare", "--benchmark", "moons", "--tasks", "0:20", "--methods", "target_few",
            "--labels", "10", "--set", "data.init_args.target_labels=5"]  # fmt: skip
    assert main([*call, "--out", str(tmp_path)]) == 2
    assert "each run has its own by the labels" in capsys.readouterr().err
