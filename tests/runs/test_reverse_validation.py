"""Reverse validation from the folder of a real run."""

import json
import shutil

import pytest
import torch
import yaml

from da_bench.runs.execute import execute
from da_bench.runs.plan import jobs, plans
from da_bench.runs.reverse_validation import Reversed, reverse_validation
from da_bench.selection.outputs import OUTPUTS_FILE, Outputs, read
from tests.conftest import small


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    plan = plans(["moons"], ["source_only"], ["0:20"], 1)
    (job,) = jobs(plan, {"trainer": {"max_epochs": 8, "accelerator": "cpu"}})
    row = execute(job, out, [])
    assert row["status"] == "ok", row
    return out / job.folder


def test_a_run_keeps_its_outputs(folder):
    found = read(folder)
    # The target's validation split joins its unlabelled training set.
    assert len(found.source_y) == len(found.source_z) == len(found.target_z) // 2 == 512
    result = json.loads((folder / "result.json").read_text())
    accuracy = (found.held_logits.argmax(1) == found.held_y).double().mean().item()
    assert accuracy == pytest.approx(result["val/source"], abs=1e-6)
    assert Outputs._fields[-2:] == ("target_z", "target_logits")
    assert (folder / OUTPUTS_FILE).stat().st_size < 200_000


def test_there_and_back(folder, tmp_path):
    good = reverse_validation(folder)
    assert good == reverse_validation(folder)
    assert good > 0.7
    # A head turned round labels the target wrongly, and the way back finds the wrong classes.
    wrong = tmp_path / "wrong"
    shutil.copytree(folder, wrong)
    checkpoint = torch.load(wrong / "model.ckpt", weights_only=True)
    for name in ("head.weight", "head.bias"):
        checkpoint["state_dict"][name] *= -1
    torch.save(checkpoint, wrong / "model.ckpt")
    assert reverse_validation(wrong) == pytest.approx(1 - good, abs=0.15)


def test_a_start_that_knows_the_source_is_refused(folder, tmp_path):
    config = yaml.safe_load((folder / "config.yaml").read_text())
    config["model"]["init_args"]["init_from"] = "another"
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config))
    with pytest.raises(ValueError, match="saw the source's labels"):
        reverse_validation(tmp_path)


def test_the_pair_turned_round_holds_no_label_of_either_domain():
    pair = small()
    predicted = torch.arange(len(pair.view("target", "train"))) % 2
    back = Reversed(pair, predicted)
    source, target = back.view("source", "train"), back.view("target", "train")
    assert torch.equal(source.data.y, predicted)
    assert torch.equal(source.data.x, pair.view("target", "train").data.x)
    assert not target.visible.any()
    assert torch.equal(back.view("target", "test").data.y, pair.view("source", "val").data.y)
