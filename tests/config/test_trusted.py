"""What a stored file names is on a closed list, or is not imported at all."""

import ast
import inspect
import json
import lzma
import sys
from argparse import ArgumentError
from contextlib import suppress
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from lightning.pytorch import Callback, Trainer
from torch import nn
from torch.optim import SGD, Optimizer

import da_bench
from da_bench import methods
from da_bench.callbacks import KeepBest
from da_bench.cli.main import main
from da_bench.config import layers
from da_bench.config.descriptions import check_description
from da_bench.config.objects import bind_options, describe, path_of
from da_bench.config.trusted import OTHERS, Untrusted, find, import_name, reading, trusting
from da_bench.config.type_hints import Unresolved, argument_hints
from da_bench.data import DomainPair
from da_bench.data.benchmarks.toy import Moons
from da_bench.data.formats.images import ImageTransform
from da_bench.data.formats.read import read_file
from da_bench.io.files import Damaged
from da_bench.methods import DANN, DomainAdapter, SourceOnly, stored_run
from da_bench.methods.checkpoint import read_checkpoint, read_config
from da_bench.networks import MLP
from da_bench.networks.torchvision import local_state
from da_bench.runs.train import Command, save_config
from da_bench.selection import outputs
from tests import planted
from tests.conftest import fit

PACKAGE = Path(da_bench.__file__).parent
PLANTED = ("stranger", "da_bench_stranger", "sklearn_stranger")


@pytest.fixture
def canary(tmp_path, monkeypatch):
    """Exists once anything planted ran; modules of several names would leave it."""
    for name in PLANTED:
        path = planted.module(tmp_path / "modules", name)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    yield path
    for name in PLANTED:
        sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    """A run's checkpoint as it is written."""
    folder = tmp_path_factory.mktemp("run")
    fit(DANN)[1].save_checkpoint(folder / "model.ckpt", weights_only=True)
    return torch.load(folder / "model.ckpt", weights_only=True)


def written(folder, checkpoint):
    folder.mkdir(exist_ok=True)
    torch.save(checkpoint, folder / "model.ckpt")
    return folder


PLACES = {
    "model": lambda c, it: c.update(model=it),
    "encoder": lambda c, it: c["model"]["init_args"].update(encoder=it),
    "target_encoder": lambda c, it: c["model"]["init_args"].update(target_encoder=it),
    "task": lambda c, it: c["model"]["init_args"].update(task=it),
    "optimizer": lambda c, it: c["model"]["init_args"].update(optimizer=it),
    "penalty": lambda c, it: c["model"]["init_args"].update(penalties={"one": it}),
    "options": lambda c, it: c["model"]["init_args"]["optimizer"]["init_args"].update(
        options={"momentum": it}),
    "nested": lambda c, it: c["model"]["init_args"]["optimizer"]["init_args"].update(
        options={"momentum": [({"deep": (0, [it])},)]}),
    "schedule": lambda c, it: c["model"]["init_args"].update(weight_schedule=it),
    "algorithm": lambda c, it: c["model"]["init_args"]["optimizer"]["init_args"].update(
        algorithm=it),
    "width": lambda c, it: c["model"]["init_args"].update(hidden=(it,)),
    "unknown": lambda c, it: c["model"]["init_args"].update(unknown=it),
    "init_args": lambda c, it: c["model"].update(init_args=it),
    "transform": lambda c, it: c.update(transform=it),
}  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
def test_no_checkpoint_runs_anything(place, stored, canary, tmp_path):
    """Each planted object in each place; `nested` of them is let in nowhere either."""
    for name, it in planted.objects(canary).items():
        checkpoint = deepcopy(stored)
        PLACES[place](checkpoint, it)
        folder = written(tmp_path / name, checkpoint)
        read = stored_run.load_transform if place == "transform" else da_bench.load
        try:
            read(folder)
            assert (place, type(it)) == ("nested", str), name  # a plain text, and stays one
        except (ValueError, ArgumentError) as error:
            told = f"{error} {getattr(error, '__notes__', '')}"
        else:
            told = str(folder)
        assert str(folder) in told, (name, told)
        assert not canary.exists(), name
        assert not set(PLANTED) & set(sys.modules), name


def test_a_class_off_the_list_is_named_and_not_its_listed_arguments(stored, canary, tmp_path):
    checkpoint = deepcopy(stored)
    checkpoint["model"]["class_path"] = "da_bench_stranger.Thing"
    with pytest.raises(Untrusted, match=r"--trust da_bench_stranger\.Thing"):
        da_bench.load(written(tmp_path / "run", checkpoint))
    assert not canary.exists()


WRONG = {
    "a value of another kind": lambda c: c["encoder"]["init_args"].update(activation="loud"),
    "an argument less": lambda c: c.update(encoder=None),
    "no number of units": lambda c: c["encoder"]["init_args"].update(in_features=-1),
    "units that no memory holds": lambda c: c["encoder"]["init_args"].update(hidden=[10**15]),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_an_object_that_cannot_be_made_names_its_run(wrong, stored, tmp_path, capsys):
    checkpoint = deepcopy(stored)
    WRONG[wrong](checkpoint["model"]["init_args"])
    folder = written(tmp_path / "run", checkpoint)
    np.save(tmp_path / "x.npy", np.zeros((2, 2), np.float32))
    assert main(["predict", "--run", str(folder), "--input", str(tmp_path / "x.npy")]) == 2
    assert str(folder) in capsys.readouterr().err


@pytest.mark.parametrize("place", ["schedule", "algorithm", "penalty", "optimizer"])
def test_no_function_of_a_stranger_is_imported(place, stored, canary, tmp_path):
    for number, path in enumerate(planted.FUNCTIONS):
        if (place, path) == ("algorithm", "torch.optim.SGD"):
            continue
        it = {"function": path} if place == "penalty" else path
        it = {"schedule": path} if place == "optimizer" else it
        checkpoint = deepcopy(stored)
        PLACES[place](checkpoint, it)
        with pytest.raises(ValueError, match=r"is no|names code|not what|expected|takes no"):
            da_bench.load(written(tmp_path / str(number), checkpoint))
        assert not canary.exists(), path
        assert "stranger" not in sys.modules, path


OPTIONS = [
    "os.system", ("antigravity.fly", "os.system"), ["stranger.schedule"], [["stranger.schedule"]],
    ("stranger.Net",), "da_bench.config.objects.import_names", "da_bench.methods.DANN",
]  # fmt: skip


@pytest.mark.parametrize("value", OPTIONS, ids=str)
def test_an_option_is_imported_by_the_same_list(value, stored, canary, tmp_path):
    """Where the option is bound: the one that checks and the one that imports are the same."""
    with reading(), pytest.raises(ValueError, match=r"stranger|os\.system|antigrav|da_bench"):
        bind_options(lambda kernel: None, {"kernel": value})
    checkpoint = deepcopy(stored)
    alignment = {**checkpoint["model"]["init_args"], "options": {"kernel": value}}
    del alignment["hidden"], alignment["schedule"]
    checkpoint["model"] = {"class_path": "da_bench.methods.Alignment", "init_args": alignment}
    with pytest.raises(Exception, match=r"stranger|os\.system|antigrav|imported|DANN"):
        da_bench.load(written(tmp_path / "run", checkpoint))
    assert not canary.exists()
    assert not {"stranger", "antigravity"} & set(sys.modules)


def test_an_option_may_name_a_function_of_ours_and_a_trusted_one(canary):
    bound = bind_options(lambda kernel: kernel, {"kernel": "da_bench.functional.linear_kernel"})
    with reading():
        again = bind_options(lambda kernel: kernel, {"kernel": "da_bench.functional.linear_kernel"})
        assert again() is bound()
        with trusting(["stranger.schedule"]):
            own = bind_options(lambda kernel: kernel, {"kernel": ("stranger.schedule",)})
    assert own()[0](0.5) == 0.5
    assert bind_options(lambda kernel: kernel, {"kernel": "stranger.schedule"})()(0.25) == 0.25


# What may be named by name.


def test_a_trusted_name_is_exact(stored, canary, tmp_path):
    checkpoint = deepcopy(stored)
    checkpoint["model"]["init_args"]["encoder"] = {"class_path": "stranger.Net", "init_args": {}}
    checkpoint["model"]["init_args"]["weight_schedule"] = "stranger.schedule"
    folder = written(tmp_path / "run", checkpoint)
    others = ("stranger.Ne", "stranger.Other", "stranger.Net.act", "strange.r", "stranger.nn")
    for word in ("stranger", "torch", "*", "", "stranger.", "a.*", "./stranger.Net", "a b.c"):
        with pytest.raises(ValueError, match="expected the import path of one class"):
            da_bench.load(folder, trusted=(word,))
    for trusted in (), others:
        with pytest.raises(Untrusted) as told:
            da_bench.load(folder, trusted=trusted)
        assert told.value.names == ("stranger.Net", "stranger.schedule")
        for word in ("model.encoder", "model.weight_schedule", "trusted=('stranger.Net', ",
                     "--trust stranger.Net stranger.schedule", str(folder)):  # fmt: skip
            assert word in str(told.value)
        assert not canary.exists()
    with pytest.raises(Untrusted) as told:
        da_bench.load(folder, trusted=("stranger.Net",))
    assert told.value.names == ("stranger.schedule",)
    with pytest.raises(TypeError, match="give several names"):
        da_bench.load(folder, trusted="stranger.Net")


def test_a_trusted_name_is_still_of_the_kind_that_its_place_needs(canary):
    with trusting(["stranger.Net", "stranger.schedule", "stranger.make", "os.system"]):
        one = {"class_path": "stranger.Net", "init_args": {"width": 3}}
        assert check_description(one, nn.Module, "f") == one
        made = {"class_path": "stranger.make", "init_args": {"width": 3}}
        assert (
            check_description(made, nn.Module, "f") == made
        )  # a function, and it says what it returns
        for wrong, kind in ((one, Callback), ({"class_path": "stranger.schedule"}, nn.Module),
                            ({"class_path": "os.system"}, nn.Module)):  # fmt: skip
            with pytest.raises(ValueError, match="is not what this place takes"):
                check_description(wrong, kind, "f")
        with pytest.raises(ValueError, match="takes no argument 'widht'; did you mean 'width'"):
            check_description(
                {"class_path": "stranger.Net", "init_args": {"widht": 3}}, nn.Module, "f"
            )
        inner = {"width": 3, "act": {"class_path": "stranger.Other"}}
        with pytest.raises(Untrusted, match=r"stranger\.Other"):
            check_description({"class_path": "stranger.Net", "init_args": inner}, nn.Module, "f")


def test_trust_ends_with_its_block(canary):
    with trusting(["stranger.Net"]):
        assert find("stranger.Net").__name__ == "Net"
    assert find("stranger.Net") is None


def test_a_file_of_the_working_folder_is_not_read_in_place_of_a_name(tmp_path, monkeypatch):
    """The parser takes a text for a file where there is one, and would build what stands in it."""
    monkeypatch.chdir(tmp_path)
    path = "da_bench.functional.ramp"
    assert check_description(path, argument_hints(DANN)["schedule"], "f") == path
    assert check_description("auto", argument_hints(Trainer)["strategy"], "f") == "auto"
    for name in (path, "auto"):
        (tmp_path / name).write_text("{class_path: stranger.Net}")
    for name, hint in (
        (path, argument_hints(DANN)["schedule"]),
        ("auto", argument_hints(Trainer)["strategy"]),
    ):
        with pytest.raises(ValueError, match="also a file"):
            check_description(name, hint, "f")
    for text in ("file.yaml", "/etc/passwd", "memory://x", "x y", "{a: 1}"):
        with pytest.raises(ValueError, match=r"no description|also a file"):
            check_description(text, argument_hints(Trainer)["strategy"], "f")


@pytest.mark.parametrize("value", [{1, 2}, b"x", object(), torch.zeros(1), print, 1j])
def test_only_plain_values_are_let_through(value):
    with pytest.raises(ValueError, match=r"f: .*expected plain values"):
        check_description({"a": [value]}, dict, "f", "x")


def test_a_description_is_bounded():
    deep, wide = [], []
    for _ in range(100):
        deep, wide = [deep], [wide, wide]
    for value in (deep, wide):
        with pytest.raises(ValueError, match="nested too deep"):
            check_description(value, list, "f", "x")


def test_an_error_shows_no_control_characters():
    path = "evil.\x1b[31m"
    for spec in ({"class_path": path}, {"\x1b[2J": {"class_path": "a.b", "x\n": 1}}):
        with pytest.raises(ValueError, match="f: x") as told:
            check_description(spec, dict, "f", "x")
        assert not set("\x1b\n") & set(str(told.value))


def test_an_error_message_imports_nothing(canary):
    from da_bench.cli.parser_errors import explain_parser_error

    path = "class_path 'stranger.Net'"
    for text in ("Option 'x' is not accepted", "Group 'x' does not accept option 'y'"):
        assert explain_parser_error(f"{text} {path}") == f"{text} {path}"
        assert not canary.exists()


# What is on the list.


def test_every_shipped_class_and_function_is_on_the_list():
    for kind in ("methods", "data", "sweeps"):
        for name in layers.names(kind):
            for path in named(layers.read(kind, name)):
                assert find(path) is import_name(path), path
    for file in (layers.folder() / "papers").glob("*.yaml"):
        for path in named(yaml.safe_load(file.read_text())):
            assert find(path) is import_name(path), path


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", ["moons", "digits"])
def test_every_shipped_run_is_let_in(benchmark, tmp_path):
    """Its whole configuration, and its model as a checkpoint describes it, trusting nothing."""
    for method in layers.names("methods") if benchmark == "moons" else ("dann", "coral_svm"):
        command = Command(layers.compose(benchmark, method))
        save_config(command.resolved(), tmp_path)
        checked = stored_run.checked_config(tmp_path)
        for part in ("model", "data", "seed_everything", "health"):
            assert checked[part] == read_config(tmp_path)[part], method
        spec = json.loads(json.dumps(describe(command.model)))
        assert check_description(spec, DomainAdapter, "f", "model") == spec, method
        transform = describe(command.datamodule.transform)
        assert check_description(transform, ImageTransform, "f", "transform") == transform


def named(value):
    """Paths of a layer of YAML, those of files and prose left out."""
    from da_bench.config.objects import paths

    tops = ("da_bench", "torch", "sklearn", "lightning")
    return [p for p in paths(value) if p.split(".")[0] in tops]


def test_the_list_knows_what_runs_write():
    from da_bench import callbacks, data, functional, networks, shallow

    bases = (DomainAdapter, nn.Module, DomainPair, Callback, shallow.Shallow)
    tasks = (data.Classification, data.Regression)
    for room in (methods, networks, data, callbacks, shallow, functional):
        for name in room.__all__:
            thing = getattr(room, name)
            cls = inspect.isclass(thing) and (issubclass(thing, bases) or thing in tasks)
            if cls or (room is functional and inspect.isfunction(thing)):
                for path in (f"{room.__name__}.{name}", path_of(thing)):
                    assert find(path) is thing, path
    for name in ("SGD", "Adam", "AdamW"):
        thing = getattr(torch.optim, name)
        assert find(f"torch.optim.{name}") is find(path_of(thing)) is thing
    for path in OTHERS:
        assert find(path) is import_name(path)


# Where classes stood when the first runs were stored -> what they are called today.
MOVED = {
    "da_bench.data.digits.Digits": "da_bench.data.Digits",
    "da_bench.data.toy.ShiftedGaussians": "da_bench.data.ShiftedGaussians",
    "da_bench.data.own.Arrays": "da_bench.data.Arrays",
    "da_bench.methods.dann.DANN": "da_bench.methods.DANN",
    "da_bench.methods.svm.SVM": "da_bench.methods.SVM",
    "da_bench.bench.tracking.logger.RunLogger": "da_bench.runs.tracking.logger.RunLogger",
}


@pytest.mark.parametrize("path", MOVED)
def test_names_of_moved_files_are_read_as_todays(path):
    assert find(path) is import_name(MOVED[path])
    hint = find(path)
    checked = check_description({"class_path": path, "init_args": {}}, hint, "config.yaml", "x")
    assert checked["class_path"] == MOVED[path]


def test_a_name_that_never_was_is_not_found():
    for path in ("da_bench.data.digits.Stranger", "da_bench.bench.tracking.logger.Stranger",
                 "da_bench.bench.x.Trainer", "stranger.data.digits.Digits"):  # fmt: skip
        assert find(path) is None


OFF = ("da_bench", "da_bench.", ".", "", "x", "da_bench.methods", "da_bench.methods.base.nn.Module",
       "da_bench.methods.base.Encoded", "da_bench.methods.scoring.Evaluated", "da_bench.load",
       "da_bench.published.download.fetch", "da_bench.data.formats.images.Images",
       "da_bench.methods.stored_run.load",
       "da_bench.runs.reverse_validation.Reversed", "da_bench.runs.train.Command", "os.system",
       "da_bench.functional._check.check", "da_bench.functional.kernels.Tensor",
       "da_bench.functional.torch", "torch.optim.lr_scheduler.LambdaLR", "torch.nn.Module",
       "torch.optim.swa_utils.AveragedModel", "torch.optim.sgd.torch.load",
       "sklearn.pipeline.Pipeline", "sklearn.base.clone", "sklearn.svm.svc", "joblib.Memory",
       "lightning.pytorch.callbacks.LambdaCallback", "lightning.pytorch.loggers.MLFlowLogger",
       "lightning.pytorch.loggers.WandbLogger", "da_bench.callbacks.streams.random.seed",
       "da_bench.networks.torchvision.torchvision.models.get_model")  # fmt: skip


@pytest.mark.parametrize("path", OFF)
def test_what_is_off_the_list(path):
    assert find(path) is None


def test_every_type_on_the_list_is_resolved():
    """Or its places could not be checked by type."""
    for cls in [getattr(methods, n) for n in methods.__all__] + [import_name(p) for p in OTHERS]:
        if inspect.isclass(cls):
            assert Unresolved not in argument_hints(cls).values(), cls
    from da_bench import callbacks, data, networks, shallow

    for room in (callbacks, data, networks, shallow):
        for name in room.__all__:
            cls = getattr(room, name)
            if inspect.isclass(cls) and not issubclass(cls, tuple):
                assert Unresolved not in argument_hints(cls).values(), cls


@pytest.mark.parametrize("cls", [ImageTransform, KeepBest, DANN, Moons, MLP, SGD])
def test_places_take_what_they_need(cls):
    spec = {"class_path": path_of(cls)}
    kinds = (ImageTransform, Callback, DomainAdapter, DomainPair, Optimizer, nn.Module)
    fitting = []
    for kind in kinds:
        try:
            check_description(spec, kind, "f")
            fitting.append(kind)
        except ValueError:
            pass
    assert fitting == [kind for kind in kinds if issubclass(cls, kind)]


# Lightning's own way in.


def test_lightnings_class_method_goes_by_the_same_door(stored, canary, tmp_path):
    folder = written(tmp_path / "run", stored)
    model = DANN.load_from_checkpoint(folder / "model.ckpt")
    assert type(model) is DANN
    assert not model.training
    assert type(DomainAdapter.load_from_checkpoint(folder / "model.ckpt")) is DANN
    with pytest.raises(ValueError, match="DANN is not what this place takes, a SourceOnly"):
        SourceOnly.load_from_checkpoint(folder / "model.ckpt")
    bad = deepcopy(stored)
    bad["model"]["init_args"]["encoder"] = {"class_path": "stranger.Net"}
    bad["hyper_parameters"] = {"_instantiator": "stranger.make"}
    bad["hparams_name"] = "kwargs"
    file = written(tmp_path / "bad", bad) / "model.ckpt"
    for cls in (DANN, DomainAdapter):
        with pytest.raises(Untrusted):
            cls.load_from_checkpoint(file)
    bad["datamodule_hyper_parameters"] = {"_instantiator": "stranger.make"}
    torch.save(bad, file)
    with pytest.raises(TypeError, match="load_data"):
        DomainPair.load_from_checkpoint(file)
    (tmp_path / "bad.ckpt").write_bytes(planted.pickled(canary))
    for cls in (DANN, DomainPair):
        with pytest.raises((Damaged, TypeError)):
            cls.load_from_checkpoint(tmp_path / "bad.ckpt")
    assert not canary.exists()


# Nothing is unpickled.


def poisoned(path, canary):
    """A file of each kind that a pickle hides in: bare, in torch's zip, an array of objects."""
    path.write_bytes(planted.pickled(canary))
    yield
    torch.save({"state_dict": planted.Malicious(canary), "x": planted.Malicious(canary)}, path)
    yield
    torch.save({"x": planted.Malicious(canary)}, path, _use_new_zipfile_serialization=False)
    yield


def test_the_payload_runs_where_it_is_unpickled(canary, tmp_path):
    for _ in poisoned(tmp_path / "x.pt", canary):
        with suppress(RuntimeError):  # a bare pickle is no checkpoint, which is seen too late
            torch.load(tmp_path / "x.pt", weights_only=False)
        assert canary.exists()
        canary.unlink()


@pytest.mark.parametrize("name", ["model.ckpt", "last.ckpt"])
def test_no_checkpoint_is_unpickled(name, canary, tmp_path):
    for _ in poisoned(tmp_path / name, canary):
        for read in (read_checkpoint, da_bench.load, stored_run.load_transform):
            with pytest.raises(Damaged, match=rf"{name} .*tensors alone"):
                read(tmp_path)
        with pytest.raises(Damaged, match="tensors alone"):
            fit(SourceOnly, init_from=str(tmp_path))
        assert not canary.exists()


def test_no_data_file_is_unpickled(canary, tmp_path):
    for _ in poisoned(tmp_path / "x.pt", canary):
        with pytest.raises(ValueError, match=r"x\.pt can't be read"):
            read_file(tmp_path / "x.pt")
        assert not canary.exists()
    objects = np.array([planted.Malicious(canary)], dtype=object)
    np.save(tmp_path / "x.npy", objects, allow_pickle=True)
    np.savez(tmp_path / "x.npz", x=objects)
    for name in ("x.npy", "x.npz", "y.npy", "y.npz"):
        if name[0] == "y":
            (tmp_path / name).write_bytes(planted.pickled(canary))
        with pytest.raises(ValueError, match=name.replace(".", r"\.")):
            read_file(tmp_path / name)
        assert not canary.exists(), name


@pytest.mark.parametrize("packed", [False, True])
def test_no_weights_are_unpickled(packed, canary, tmp_path):
    path = tmp_path / "weights.pth"
    for _ in poisoned(path, canary):
        if packed:
            (tmp_path / "weights.pth.xz").write_bytes(lzma.compress(path.read_bytes()))
        with pytest.raises(Damaged, match="tensors alone"):
            local_state(f"{path}.xz" if packed else str(path))
        assert not canary.exists()
    torch.save([torch.zeros(1)], path)
    with pytest.raises(Damaged, match="holds no weights"):
        local_state(str(path))
    (tmp_path / "torn.pth.xz").write_bytes(lzma.compress(path.read_bytes())[:50])
    with pytest.raises(Damaged, match="can't be unpacked"):
        local_state(str(tmp_path / "torn.pth.xz"))


@pytest.mark.parametrize("field", outputs.Outputs._fields)
def test_no_outputs_are_unpickled(field, canary, tmp_path):
    path = tmp_path / outputs.OUTPUTS_FILE
    for name in (field, "further"):
        arrays = {k: np.zeros((2, 2)) for k in outputs.Outputs._fields}
        arrays[name] = np.array([planted.Malicious(canary)], dtype=object)
        np.savez(path, **arrays)
        if name == field:
            with pytest.raises(Damaged, match=rf"holds {name} as pickled objects"):
                outputs.read(tmp_path)
        else:  # which nothing asks for
            outputs.read(tmp_path)
        assert not canary.exists(), name
    path.write_bytes(planted.pickled(canary))
    with pytest.raises(Damaged, match="no archive"):
        outputs.read(tmp_path)
    assert not canary.exists()


# There is no other door.

SITES = {
    ("io/archives.py", "torch.load"): "the door; weights only",
    ("methods/checkpoint.py", "parser.instantiate_classes"): "the door",
    ("config/descriptions.py", "yaml.load"): "texts alone, to refuse what is more",
    ("config/trusted.py", "import_module"): "our rooms, the list, and what the caller names",
    ("data/benchmarks/denoised.py", "np.load"): "our own cache; no pickle",
    ("data/benchmarks/mnist_m.py", "np.load"): "our own cache; no pickle",
    ("data/benchmarks/office31.py", "np.load"): "no pickle",
    ("data/benchmarks/ucihar.py", "np.load"): "no pickle",
    ("runs/train.py", "yaml.safe_load"): "what the parser has just dumped",
    ("io/files.py", "yaml.load"): "plain values",
    ("config/settings.py", "yaml.load"): "the caller's own options",
    ("runs/tracking/workspace.py", "yaml.safe_load"): "our own file",
    ("config/catalogue.py", "yaml.safe_load"): "our own files",
    ("config/layers.py", "yaml.load"): "plain values of the caller's own files",
    ("cli/fit.py", "yaml.safe_load"): "the caller's own options",
    ("cli/fit.py", "importlib.import_module"): "help of what the caller names",
    ("cli/main.py", "importlib.import_module"): "a subcommand of ours",
    ("runs/engines/server.py", "importlib.import_module"): "what the driver itself imports",
    ("config/extras.py", "importlib.import_module"): "a package that our figures name",
    ("selection/catalogue.py", "import_module"): "a file of ours, by a table of ours",
    ("runs/engines/__init__.py", "import_module"): "a file of ours, by a table of ours",
}  # fmt: skip
"""Every call in the package that reads a file into objects or imports by name, and why it may."""

CALLS = ("import_module", "__import__", "import_object", "instantiate_classes", "run_path",
         "run_module", "spec_from_file_location", "read_pickle", "Unpickler", "unsafe_load",
         "full_load", "safe_load", "from_pretrained", "add_safe_globals")  # fmt: skip
WHOLE = ("torch.load", "np.load", "numpy.load", "yaml.load", "eval", "exec", "compile",
         "pickle.load", "pickle.loads", "joblib.load", "torch.hub.load", "pd.read_pickle",
         "torch.jit.load", "torch.export.load", "Command", "safe_globals")  # fmt: skip
MODULES = {"pickle", "joblib", "dill", "cloudpickle", "marshal", "shelve", "runpy", "imp", "code"}


def dotted(node):
    """A call's name as it is written."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"


def calls():
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Call):
                yield str(file.relative_to(PACKAGE)), dotted(node.func), node


def test_there_is_no_other_door():
    found = {
        (file, name)
        for file, name, _ in calls()
        if name in WHOLE or name.rpartition(".")[2] in CALLS
    } - COMMANDS
    assert found - set(SITES) == set(), (
        "a new way from a file to objects: take da_bench.methods.checkpoint"
    )
    assert set(SITES) - found == set()


COMMANDS = {
    ("runs/train.py", "Command"),  # reopen(): of a checked configuration
    ("runs/execute.py", "Command"), ("runs/plan.py", "Command"),  # of the caller's own layers
    ("runs/domain_distance.py", "Command"), ("papers/a_distance.py", "Command"),
    ("cli/fit.py", "Command"), ("runs/files_at_hand.py", "Command"),
}  # fmt: skip
"""Where a command is built of what the caller itself says, the first apart."""


def test_commands_are_built_in_known_places():
    assert {(f, n) for f, n, _ in calls() if n.rpartition(".")[2] == "Command"} == COMMANDS


def test_every_reader_says_that_it_does_not_unpickle():
    for file, name, node in calls():
        said = {k.arg: ast.unparse(k.value) for k in node.keywords}
        assert said.get("allow_pickle", "False") == "False" or name == "np.save", (file, name)
        if name == "torch.load" or "ckpt_path" in said:
            assert said.get("weights_only") == "True", (file, name)


def test_nothing_imports_a_module_of_pickles():
    """Another name for what it gives would pass by the list of calls."""
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                taken = name.split(".")[0] in MODULES and name != "pickle.UnpicklingError"
                assert not taken, (file, name)
                assert name not in WHOLE, (file, name)


def test_configurations_keep_their_types(tmp_path):
    """JSON between the check and the parser loses nothing that a run writes."""
    spec = {"a": [1, 1.5, None, True, "x"], "b": {"c": [], "d": {}}}
    assert check_description(json.loads(json.dumps(spec)), dict, "f", "x") == spec
