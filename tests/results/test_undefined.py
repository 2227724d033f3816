"""Runs without features, from methods to every reader: what can't be known is said by name."""

import re

import numpy as np
import pytest
import torch

import da_bench
from da_bench import callbacks
from da_bench.callbacks import outputs as callback
from da_bench.callbacks.outputs import half
from da_bench.cli.main import main
from da_bench.dashboard.run_pictures import boundary
from da_bench.methods import SVM, Transductive
from da_bench.methods.finished import FinishedRun
from da_bench.runs.compare import compare
from da_bench.selection.catalogue import VALIDATORS
from da_bench.selection.outputs import Undefined, read
from da_bench.shallow import JDOT, SubspaceAlignment
from tests.conftest import fit

MEASURES = ("BoundLedger", "Divergences")
CALLBACKS = [{"class_path": f"da_bench.callbacks.{name}"} for name in MEASURES]
FEW = {"trainer": {"max_epochs": 1, "callbacks": CALLBACKS},
       "data": {"init_args": {"size": 128, "oracle_validation": True}}}  # fmt: skip
WORDS = "undefined for this run"
FEATURES = {"iwv", "dev", "nearest_source", "mmd", "class_ami", "class_ss"}
"""Validators that read features; the others read predictions and labels."""


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    """Runs on moons of closed forms with a common space, and without."""
    out = tmp_path_factory.mktemp("closed")
    asked = ["sa_one_nn", "one_nn", "svm", "jdot", "easy_tl", "coral"]
    assert not compare(["moons"], asked, ["0:40"], 1, 1, out, overrides=FEW)
    return out


@pytest.fixture(scope="module")
def runs(out):
    return {path.parent.name: path for path in out.glob("runs/moons/*/*")}


def inputs(run, domain):
    view = FinishedRun(run).data.view(domain, "train")
    return view.__getitems__(list(range(len(view)))).x


@pytest.mark.parametrize("name", ["sa_one_nn", "one_nn", "svm", "coral"])
def test_outputs_hold_the_space_in_which_the_method_classifies(name, runs):
    model, held = da_bench.load(runs[name]), read(runs[name])
    for domain, z, logits in (("source", held.source_z, held.source_logits),
                              ("target", held.target_z, held.target_logits)):  # fmt: skip
        x = inputs(runs[name], domain)
        if name in ("one_nn", "svm"):
            expected = x
        elif name == "coral":
            layer = model.map if domain == "target" else model.source_map
            expected = layer(model.encoder(x))
            torch.testing.assert_close(model.head(z.float()), logits.float(), atol=0.05, rtol=0.05)
        else:
            expected = torch.from_numpy(model.model.transform(x.double().numpy(), domain)).float()
        assert np.array_equal(z.numpy(), half(expected.detach()).astype(float))


def test_two_alignments_keep_two_spaces(tmp_path):
    """They kept one, bit for bit: that of an untrained network."""
    found = []
    for count in (1, 2):
        folder = tmp_path / str(count)
        keep = callback.KeepOutputs(folder)
        fit(Transductive, estimator=SubspaceAlignment(count), callbacks=[keep])
        found.append(read(folder))
    assert [(one.source_z.shape[1], one.target_z.shape[1]) for one in found] == [(1, 1), (2, 2)]
    assert VALIDATORS["mmd"](found[0]) != VALIDATORS["mmd"](found[1])


@pytest.mark.parametrize("name", ["jdot", "easy_tl"])
def test_validators_say_that_features_are_undefined(name, runs):
    held = read(runs[name])
    assert held.source_z.shape[1] == held.target_z.shape[1] == held.held_z.shape[1] == 0
    for validator, one in VALIDATORS.items():
        if validator in FEATURES:
            with pytest.raises(Undefined, match=WORDS):
                one(held)
        else:
            assert np.isfinite(one(held))


@pytest.mark.parametrize("arguments", [
    ["divergence", "RUN"], ["diagnose", "RUN"], ["divergence", "RUN", "--layer", "layers.0"],
    ["show", "RUN", "--figure", "features"], ["show", "RUN", "--figure", "kernel"],
    ["show", "RUN", "--figure", "bound"],
    ["show", "OTHER", "--figure", "features", "--beside", "RUN"],
])  # fmt: skip
def test_commands_refuse_by_name(arguments, runs, tmp_path, capsys):
    """Nor is a layer of an encoder read that the run never used."""
    places = {"RUN": str(runs["jdot"]), "OTHER": str(runs["sa_one_nn"])}
    given = [places.get(word, word) for word in arguments]
    given += ["--output", str(tmp_path / "x.html")] if given[0] == "show" else []
    assert main(given) != 0
    said = capsys.readouterr().err
    assert re.search(f"{WORDS}|has no layer", " ".join(said.split()))


def test_the_ledger_keeps_what_is_defined(runs):
    from da_bench.results.curves import read as curves

    names = {name: set(curves(run).columns) for name, run in runs.items()}
    for name, held in names.items():
        defined = name not in ("jdot", "easy_tl")
        assert "bound/source_error" in held
        for term in ("bound/half_divergence", "oracle/joint_error", "divergence/mmd2"):
            assert (term in held) == defined, (name, term)


@pytest.mark.parametrize("name", MEASURES)
def test_measuring_callbacks_warn_by_name(name):
    with pytest.warns(UserWarning, match=f"{name} of Transductive: .*{WORDS}"):
        fit(Transductive, estimator=JDOT(), callbacks=[getattr(callbacks, name)()])


def test_selection_and_the_report_name_such_runs(out, tmp_path, capsys):
    assert main(["select", str(out), "--by", "mmd"]) == 0
    assert main(["report", str(out), "--output", str(tmp_path / "report.html")]) == 0
    capsys.readouterr()


def test_no_neuron_is_drawn_of_an_encoder_that_is_not_used(runs):
    for name, drawn in (("sa_one_nn", False), ("jdot", False), ("coral", True)):
        options = boundary(FinishedRun(runs[name])).keywords
        assert (options["neurons"] is not None) == drawn
        assert (options["features"] is not None) == (name != "jdot")


def test_features_too_wide_to_store_are_left_out(tmp_path, monkeypatch):
    monkeypatch.setattr(callback, "MAX_FEATURE_WIDTH", 1)
    fit(SVM, callbacks=[callback.KeepOutputs(tmp_path)])
    held = read(tmp_path)
    assert held.source_z.shape[1] == 0
    with pytest.raises(Undefined, match="too wide to store"):
        VALIDATORS["mmd"](held)
