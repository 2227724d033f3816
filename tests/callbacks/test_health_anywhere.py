"""The watcher in two processes and in half precision: it sees the same and changes nothing."""

import math
import os
import subprocess
import sys

import pytest
import torch

from da_bench import methods
from da_bench.callbacks import Health, KeepOutputs
from da_bench.callbacks import health as module
from da_bench.networks import MLP
from da_bench.selection.outputs import read
from tests.conftest import build, equal, fit, small
from tests.methods.test_contract import VARIANTS, grants, net, one_a_class, variant

SCRIPT = """
import json, sys, torch
from da_bench.callbacks import Health, KeepOutputs
from da_bench.callbacks import health as module
from da_bench.methods import DANN
from da_bench.networks import MLP
from lightning.pytorch import Trainer
from tests.conftest import build
from tests.conftest import small

assert module.MIN_STEPS_APART
module.MIN_STEPS_APART = 1

def steep(progress):
    return min(1.0, 1e6 * progress)

def trained(watched):
    health = Health()
    data = small(batch_size=8, epoch_length="source")
    trainer = Trainer(
        max_epochs=2, accelerator="cpu", devices=2, strategy="ddp_find_unused_parameters_true",
        logger=False, enable_checkpointing=False, enable_progress_bar=False,
        use_distributed_sampler=False, callbacks=[health] if watched else [])
    encoder = lambda: MLP(2, [16, 8], batch_norm=True, dropout=0.3)
    model = build(DANN, data, encoder=encoder, weight_schedule=steep)
    trainer.fit(model, data)
    return model.state_dict(), health, trainer.global_rank

if __name__ == "__main__":
    bare, _, _ = trained(False)
    weights, health, rank = trained(True)
    same = all(torch.equal(bare[k], weights[k]) for k in bare)
    with open(f"{sys.argv[1]}/{rank}.json", "w") as file:
        json.dump({"same": same, "steps": [r.step for r in health.records], **health.columns}, file)
"""


@pytest.mark.slow
def test_two_processes_are_watched_by_the_first_and_end_as_unwatched_ones(tmp_path):
    import json

    path = tmp_path / "train.py"
    path.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, str(path), str(tmp_path)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.getcwd()},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (json.loads((tmp_path / f"{rank}.json").read_text()) for rank in (0, 1))
    assert first["same"]
    assert second["same"]
    assert first["steps"] == [0, 6, 12]
    assert second["steps"] == []
    assert first["diagnosis"] == "weight_saturated"
    assert second["diagnoses"] == []
    assert done.stderr.count("da-bench: weight_saturated") == 1


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    monkeypatch.setattr(module, "MIN_STEPS_APART", 1)


def trained(name, precision, callbacks, **more):
    cls, options = variant(name)
    options |= {"encoder": net(name, dropout=0.3)} | more
    data = small(epoch_length=4, **grants(name))
    return fit(cls, data, 2, callbacks, trainer_options={"precision": precision}, **options)[0]


@one_a_class(VARIANTS)
@pytest.mark.parametrize(
    "precision", ["bf16-mixed", pytest.param("bf16-true", marks=pytest.mark.slow)]
)
def test_every_method_trains_watched_and_keeps_its_outputs_in_half_precision(
    name, precision, tmp_path
):
    health = Health()
    watched = trained(name, precision, [health, KeepOutputs(tmp_path)])
    assert equal(watched, trained(name, precision, []))
    assert all(part.isfinite().all() for part in read(tmp_path))
    assert [r.step for r in health.records] in ([0, 4, 8], [])


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true"])
@pytest.mark.parametrize(
    "name", ["DANN", "CDAN+E", "MCD", "WDGRL", "Alignment", "MeanTeacher(every)", "DANN(own)"]
)
def test_what_is_seen_in_half_precision_is_finite_and_no_cause_for_alarm(name, precision):
    health = Health()
    trained(name, precision, [health])
    assert [record.step for record in health.records] == [0, 4, 8]
    for record in health.records:
        terms = [*record.terms.values(), record.source_norm, record.target_norm]
        assert all(map(math.isfinite, terms))
    last = health.records[-1]
    assert last.rank > 1
    assert last.terms["source_risk"] > 0
    assert [f for f in health.findings if f.level == "warning"] == []


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true"])
def test_a_planted_fault_is_named_in_half_precision(precision):
    def steep(progress):
        return min(1.0, 1e6 * progress)

    class Dead(methods.DANN):
        """Its critic's gradient never comes to the encoder."""

        def adaptation_loss(self, source, target, progress):
            held = (one._replace(z=one.z.detach()) for one in (source, target))
            return super().adaptation_loss(*held, progress)

    for cls, options, name in (
        (methods.DANN, {"weight_schedule": steep}, "weight_saturated"),
        (Dead, {}, "no_adversarial_gradient"),
    ):
        health = Health()
        fit(cls, small(epoch_length=4), 2, [health], trainer_options={"precision": precision},
            encoder=lambda: MLP(2, [16, 8]), **options)  # fmt: skip
        assert name in [f.name for f in health.findings]


def test_a_loss_beyond_half_precision_is_named():
    """Sixteen bits of bfloat reach as far as 32: what overflows is no number there either."""

    class Huge(methods.DANN):
        def adaptation_loss(self, source, target, progress):
            loss = super().adaptation_loss(source, target, progress)
            return loss * torch.tensor(3e38, dtype=loss.dtype) * (10.0 if progress > 0.4 else 1e-38)

    health, data = Health(), small(epoch_length=4)
    from da_bench.methods.scoring import NonFiniteLoss
    from tests.conftest import trainer

    with pytest.raises(NonFiniteLoss):
        trainer(3, [health], precision="bf16-true", log_every_n_steps=1).fit(
            build(Huge, data), data
        )
    assert [f.name for f in health.findings] == ["loss_not_finite"]
