"""The watcher leaves a training as it is, survives an interruption, and speaks once."""

import copy
import random

import numpy as np
import pytest
import torch
from lightning.pytorch import Callback
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger

from da_bench import methods
from da_bench.callbacks import GradualUnfreezing, Health
from da_bench.callbacks import health as module
from da_bench.callbacks.look import look
from da_bench.methods.lightning_shortcuts import STEP_HOOKS
from da_bench.networks import MLP
from tests.conftest import build, equal, fit, small, trainer
from tests.methods.test_contract import VARIANTS, grants, net, one_a_class
from tests.methods.test_resume import Stop


@pytest.fixture(autouse=True)
def _often(monkeypatch):
    """Looks at the end of each epoch, however short."""
    monkeypatch.setattr(module, "MIN_STEPS_APART", 1)


def trained(name, callbacks, epochs=3, **options):
    cls, own = VARIANTS[name]
    data = small(epoch_length=4, **grants(name))
    model = build(cls, data, encoder=net(name, dropout=0.3), **(own | options))
    t = trainer(epochs, callbacks)
    t.fit(model, data)
    return model


def chance():
    return [torch.get_rng_state(), np.random.get_state()[1].copy(), random.getstate()]  # noqa: NPY002


@one_a_class(VARIANTS)
def test_weights_and_chance_are_the_same_watched_or_not(name):
    """Of every method, with dropout: a look that drew a number would move each mask after it."""
    bare, after = trained(name, []), chance()
    health = Health()
    watched = trained(name, [health])
    assert equal(watched, bare)
    for one, other in zip(after, chance(), strict=True):
        assert (one == other) if isinstance(one, tuple) else bool((one == other).all())
    stepped = name.split("(")[0] not in ("Transductive", "SVM")
    assert [r.step for r in health.records] == ([0, 4, 8, 12] if stepped else [])


def test_a_look_leaves_modes_gradients_and_hooks_as_they_were():
    class Watch(Callback):
        def on_train_batch_end(self, t, model, outputs, batch, batch_idx):
            before = [(m.training, len(m._forward_hooks), len(m._forward_pre_hooks))
                      for m in model.modules()]  # fmt: skip
            gradients = [copy.deepcopy(p.grad) for p in model.parameters()]
            state = copy.deepcopy(model.state_dict())
            look(model, batch, 1, 0.5)
            after = [(m.training, len(m._forward_hooks), len(m._forward_pre_hooks))
                     for m in model.modules()]  # fmt: skip
            assert after == before
            assert len({m.training for m in model.modules()}) == 2  # a part is held
            for one, p in zip(gradients, model.parameters(), strict=True):
                assert (one is None) == (p.grad is None)
                assert one is None or torch.equal(one, p.grad)
            assert all(torch.equal(v, state[k]) for k, v in model.state_dict().items())
            seen.append(batch_idx)

    seen = []
    held = GradualUnfreezing({"encoder.layers.0": None})
    encoder = lambda: MLP(2, [16, 8], batch_norm=True, dropout=0.5)  # noqa: E731
    fit(methods.DANN, small(epoch_length=2), callbacks=[held, Watch()], encoder=encoder)
    assert seen == [0, 1]


def test_nothing_is_hooked_to_a_step():
    """Lightning calls a hook of a step each time, whatever it then does: that alone costs."""
    assert not [hook for hook in STEP_HOOKS if hook in vars(Health)]


@pytest.mark.parametrize("stop", [3, 4, 5, 8, 9])
def test_an_interrupted_record_is_that_of_an_uninterrupted_run(stop, tmp_path):
    def run(folder, stops=(), resume=False):
        health, data = Health(), small(epoch_length=4)
        model = build(methods.DANN, data, encoder=lambda: MLP(2, [16, 8], dropout=0.3))
        saver = ModelCheckpoint(folder, "last", every_n_train_steps=1, enable_version_counter=False)
        t = trainer(3, [health, saver, *map(Stop, stops)], enable_checkpointing=True)
        path = str(folder / "last.ckpt") if resume else None
        t.fit(model, data, ckpt_path=path, weights_only=True)
        return health

    whole = run(tmp_path / "whole")
    with pytest.raises(RuntimeError, match="killed"):
        run(tmp_path / "part", [stop])
    again = run(tmp_path / "part", resume=True)
    assert again.records == whole.records
    assert [r.step for r in again.records] == [0, 4, 8, 12]


def test_what_was_found_before_an_interruption_is_not_said_again(tmp_path, capsys):
    def run(resume):
        health, data = Health(), small(epoch_length=4)
        model = build(methods.DANN, data, weight_schedule=steep)
        saver = ModelCheckpoint(tmp_path, "last", every_n_train_steps=1,
                                enable_version_counter=False)  # fmt: skip
        stop = [] if resume else [Stop(6)]
        t = trainer(3, [health, saver, *stop], enable_checkpointing=True)
        path = str(tmp_path / "last.ckpt") if resume else None
        t.fit(model, data, ckpt_path=path, weights_only=True)
        return health

    with pytest.raises(RuntimeError, match="killed"):
        run(resume=False)
    assert "weight_saturated" in capsys.readouterr().err
    health = run(resume=True)
    assert health.columns["diagnosis"] == "weight_saturated"
    assert [f["step"] for f in health.columns["diagnoses"]] == [0]
    assert "weight_saturated" not in capsys.readouterr().err


def steep(progress):
    return min(1.0, 1e6 * progress)


def test_the_logger_gets_the_name_at_its_step(tmp_path):
    logger = CSVLogger(tmp_path, name="", version="")
    options = {"logger": logger}
    fit(methods.DANN, small(epoch_length=2), callbacks=[Health()], trainer_options=options,
        weight_schedule=steep)  # fmt: skip
    logger.save()
    text = (tmp_path / "metrics.csv").read_text()
    assert "health/weight_saturated" in text.splitlines()[0]


def test_looks_are_few_however_long_the_training(monkeypatch):
    monkeypatch.setattr(module, "MIN_STEPS_APART", 2)
    monkeypatch.setattr(module, "MAX_LOOKS", 5)
    health = Health()
    fit(methods.DANN, small(epoch_length=2), epochs=30, callbacks=[health])
    assert [r.step for r in health.records] == [0, 2, 14, 26, 38, 50, 60]


def test_an_early_stop_is_an_end():
    class End(Callback):
        def on_train_epoch_end(self, t, model):
            t.should_stop = t.current_epoch == 1

    for stop_first in (True, False):
        health = Health()
        order = [End(), health] if stop_first else [health, End()]
        fit(methods.DANN, small(epoch_length=2), epochs=9, callbacks=order)
        assert health.records[-1].done == 1.0
        assert health.records[-1].step == 4


def test_target_labels_that_are_hidden_do_not_reach_it():
    class Poisoned(type(small())):
        def dataset(self, name, split):
            data = super().dataset(name, split)
            if name == self.target:
                data.y = (data.y + 1) % 2
            return data

    records = []
    for cls in (type(small()), Poisoned):
        health = Health()
        fit(methods.DANN, cls(size=96, batch_size=16, epoch_length=4), callbacks=[health])
        records.append(health.records)
    assert records[0] == records[1]


def test_a_held_encoder_has_no_gradient_to_look_for():
    health = Health()
    held = GradualUnfreezing({"encoder": None})
    fit(methods.DANN, small(epoch_length=4), epochs=2, callbacks=[held, health])
    assert [r.gradient for r in health.records] == [None] * 3
    assert health.findings == []
