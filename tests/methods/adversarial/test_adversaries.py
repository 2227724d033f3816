"""Adversaries with steps of their own: predictions, schedules and errors that they share."""

import math

import pytest
import torch
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from da_bench import methods
from da_bench.functional import inverse_decay
from da_bench.methods.scoring import NonFiniteLoss
from tests.conftest import build, fit, small, trainer
from tests.methods.first_step import (
    same,
)


@pytest.mark.parametrize("cls", [methods.MCD, methods.SymNet, methods.ADDA])
def test_what_is_stored_of_a_sample_is_what_is_predicted_for_it(cls):
    model, _, data = fit(cls, small())
    model.eval()
    batch = next(iter(data.train_dataloader()))
    for domain, encoded in zip(("source", "target"), model.encode(batch), strict=True):
        predicted = model(batch[domain].x, domain)
        torch.testing.assert_close(encoded.logits, predicted)
        torch.testing.assert_close(model.encode_one(batch[domain], domain).logits, predicted)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.IWAN])
def test_what_came_from_the_source_run_stays(cls):
    start = build(cls, small())
    model, _, _ = fit(cls, small(), epochs=2)
    same({"head": start.head, "source_encoder": start.source_encoder}, model)
    assert not model.source_encoder.training
    assert model.encoder.training


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_every_optimizer_follows_its_schedule_by_the_batch(cls):
    rates = []

    class Spy(cls):
        def on_train_batch_start(self, batch, batch_idx):
            rates.append([o.param_groups[0]["lr"] for o in self.trainer.optimizers])

    factory = methods.OptimizerFactory(lr=1e-3, schedule=inverse_decay)
    fit(Spy, small(epoch_length=4), epochs=2, optimizer=factory)
    for step, pair in enumerate(rates):
        assert pair == pytest.approx([1e-3 * inverse_decay(step / 8)] * 2)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_several_optimizers_name_a_loss_that_is_not_finite(cls):
    data = small(epoch_length=4)
    model = build(cls, data)
    model.weight = math.nan  # which the constructor refuses
    with pytest.raises(NonFiniteLoss, match=r"became nan in training step [12]\b"):
        trainer(log_every_n_steps=4).fit(model, data)


@pytest.mark.parametrize("cls", [methods.ADDA, methods.MCD, methods.WDGRL])
def test_several_optimizers_refuse_clipping_that_would_not_happen(cls):
    with pytest.raises(MisconfigurationException, match="clipping is not supported"):
        fit(cls, trainer_options={"gradient_clip_val": 1.0})


@pytest.mark.parametrize("cls", [methods.MDD, methods.IWAN, methods.SymNet])
def test_the_game_begins_at_nothing_and_grows(cls):
    """A schedule that is one from the first step on was seen in a public benchmark."""
    data = small()
    data.setup()
    batch = next(iter(data.train_dataloader()))
    model = build(cls, data, **({"entropy_weight": 0.0} if cls is methods.IWAN else {}))
    norms = []
    for progress in (0.0, 0.1, 1.0):
        model.zero_grad()
        model.losses(batch, progress)["adaptation_loss"].backward()
        norms.append(model.encoder.layers[0].weight.grad.norm().item())
    assert norms[0] == 0
    assert 0 < norms[1] < norms[2]
    assert norms[1] == pytest.approx(norms[2] * math.tanh(0.5), rel=1e-3)  # ramp(0.1)


@pytest.mark.parametrize(
    ("cls", "options", "match"),
    [
        (methods.MCD, {"encoder_steps": 0}, "without step C"),
        (methods.WDGRL, {"critic_steps": 0}, "never learns"),
        (methods.MDD, {"margin": 0.0}, "above 0"),
        (methods.DIRTT, {"decay": 1.0}, "decay in"),
    ],
)
def test_settings_that_make_no_sense_are_refused(cls, options, match):
    with pytest.raises(ValueError, match=match):
        build(cls, small(), **options)
