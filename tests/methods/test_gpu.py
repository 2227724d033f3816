"""Methods and runs on a GPU: the ResNet-50 step, in bf16 as in float32, and whole runs."""

import pytest
import torch
from lightning.pytorch import Callback

from da_bench.callbacks import outputs
from da_bench.config import layers
from da_bench.runs.engines.process import carry
from da_bench.runs.plan import jobs, plans
from da_bench.runs.train import Command
from tests.data.benchmarks.test_photos import made  # noqa: F401 - a fixture

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")

PROTOCOL = list(layers.read("data", "office31")["methods"])


class Seen(Callback):
    """Losses, and what the backbone gave while it learned."""

    def __init__(self):
        self.losses, self.types = [], set()

    def on_train_start(self, trainer, model):
        backbone = model.encoder.backbone
        self.first = backbone.conv1.weight.detach().clone()
        backbone.layer4.register_forward_hook(lambda _, __, out: self.types.add(out.dtype))

    def on_train_batch_end(self, trainer, model, outputs, batch, index):
        self.losses.append(outputs["loss"].detach())


@pytest.mark.parametrize("precision", ["bf16-mixed", "32-true"])
@pytest.mark.parametrize("method", PROTOCOL)
def test_the_resnet50_protocol_takes_its_steps(method, precision, made, tmp_path):  # noqa: F811
    made("office31")
    wanted = plans(["office31"], [method], ["amazon:webcam"], 1)
    short = {
        "trainer": {"precision": precision, "max_epochs": 2, "default_root_dir": str(tmp_path)}
        | dict.fromkeys(["enable_progress_bar", "enable_checkpointing", "logger"], False),
        "data": {"init_args": {"epoch_length": 3, "num_workers": 0}},
        "model": {"init_args": {"encoder": {"init_args": {"weights": None}}}},
    }
    config = layers.merge(jobs(wanted, short)[-1].config, {})
    command, seen = Command(config), Seen()
    model, trainer = command.model, command.trainer
    trainer.callbacks.append(seen)
    trainer.fit(model, command.datamodule)
    weight = model.encoder.backbone.conv1.weight
    assert weight.device.type == "cpu"  # Lightning brings it back
    assert trainer.strategy.root_device.type == "cuda"
    assert seen.types == {torch.bfloat16 if precision == "bf16-mixed" else torch.float32}
    assert seen.first.device.type == "cuda"
    assert weight.dtype == torch.float32
    assert not torch.equal(seen.first.cpu(), weight)
    assert len(seen.losses) == 6
    assert all(loss.isfinite() for loss in seen.losses)


@pytest.mark.parametrize("method", ["dann", "coral", "subspace_alignment"])
def test_a_whole_run_is_there_and_its_row_says_so(method, tmp_path, monkeypatch):
    seen, collected = [], outputs.collect

    def watched(model):
        seen.append(model.device.type)
        return collected(model)

    monkeypatch.setattr(outputs, "collect", watched)
    short = {"trainer": {"max_epochs": 1}, "data": {"init_args": {"size": 96}}}
    for job in jobs(plans(["moons"], [method], ["0:20"], 1), short):
        row = carry(job, tmp_path)
        assert row["status"] == "ok", row
        assert row["device"] == torch.cuda.get_device_name()
        assert row["gpu_s"] == row["wall_s"]
        assert row["peak_gpu_memory_mb"] > 0
    assert set(seen) == {"cuda"}
