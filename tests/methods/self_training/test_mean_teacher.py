"""Mean teacher: the step of the YAML, and a teacher that is the pupil's running average."""

from itertools import count

import pytest
import torch
from lightning.pytorch import Callback

from da_bench import methods
from da_bench.networks import MLP
from tests.conftest import build, fit, small
from tests.methods.recipes import CLASSES, recipe, same_gradients, stepped
from tests.methods.self_training.parts import batches, log_chance, pair, sharper


def through(network, x):
    """An encoder with batch norm and a head, each batch by its own moments."""
    encoder, head = network
    linear, norm, relu = encoder.layers
    h = linear(x)
    h = (h - h.mean(0)) / (h.var(0, correction=0) + norm.eps).sqrt()
    return head(relu(h * norm.weight + norm.bias))


def test_mean_teacher_is_the_papers_formula_and_running_average():
    """French et al.: two views of the target, domains normalised apart, a teacher that follows."""
    model = sharper(recipe("mean_teacher", encoder={"init_args": {"batch_norm": True}}))
    with torch.no_grad():
        for slow, quick in zip(model.teacher.parameters(), model.pupil.parameters(), strict=True):
            slow.copy_(quick + 0.1 * torch.randn_like(quick))
    views, given = count(1), pair()
    model._view = lambda x: x + 0.1 * next(views)  # of the source, of the target, the teacher's
    x = given["target"].x
    p = through(model.pupil, x + 0.2).softmax(1)
    q = through(model.teacher, x + 0.3).softmax(1).detach()
    sure = (q.amax(1) > 0.968).double()
    assert 1 < sure.sum() < (q.amax(1) > 0.5).sum()
    mean, even = p.mean(0), 1 / CLASSES
    balance = -(even * mean.log() + (1 - even) * (1 - mean).log()).sum()
    agreed = (sure * ((p - q) ** 2).sum(1) / CLASSES).mean() + 0.005 * sure.mean() * balance
    source = through(model.pupil, given["source"].x + 0.1)
    expected = -log_chance(source, given["source"].y).mean() + 3.0 * agreed
    found = stepped(model, given)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.pupil.parameters()))
    before = [slow.clone() for slow in model.teacher.parameters()]
    model.optimizer_step(0, 0, torch.optim.SGD(model.pupil.parameters(), lr=0.1), lambda: None)
    pairs = zip(model.teacher.parameters(), before, model.pupil.parameters(), strict=True)
    for slow, was, quick in pairs:
        torch.testing.assert_close(slow, 0.99 * was + 0.01 * quick)


class Weights(Callback):
    """The pupil after each optimizer step."""

    def __init__(self):
        self.seen = []

    def on_train_batch_end(self, trainer, module, *args):
        if trainer.global_step > len(self.seen):
            self.seen.append(module.head.weight.detach().clone())


@pytest.mark.parametrize("accumulate", [1, 2])
def test_the_teacher_is_the_running_average_of_the_pupil(accumulate):
    data, watch = small(), Weights()
    average = build(methods.MeanTeacher, data).head.weight.detach().clone()
    model, _, _ = fit(
        methods.MeanTeacher,
        data,
        callbacks=[watch],
        decay=0.8,
        trainer_options={"accumulate_grad_batches": accumulate},
    )
    assert len(watch.seen) == 12 // accumulate
    for weight in watch.seen:
        average = 0.8 * average + 0.2 * weight
    torch.testing.assert_close(model.teacher[1].weight, average)
    assert all(p.grad is None for p in model.teacher.parameters())


def test_the_teacher_predicts_and_sees_another_view_than_the_pupil():
    data = small()
    model, _, _ = fit(methods.MeanTeacher, data, threshold=0.0)
    x = batches(data)["target"].x
    torch.testing.assert_close(model(x), model.teacher(x))
    assert not torch.equal(model(x), model.pupil(x))
    fresh = build(methods.MeanTeacher, data, threshold=0.0, balance=0.0)
    assert fresh.losses(batches(data), 0.5)["adaptation_loss"] > 0  # teacher = pupil: only views
    still = build(methods.MeanTeacher, data, threshold=0.0, balance=0.0, options={"noise": 0.0})
    assert still.losses(batches(data), 0.5)["adaptation_loss"] == 0


def test_a_frozen_batch_norm_is_frozen_in_the_teacher_too():
    model = build(
        methods.MeanTeacher,
        small(),
        encoder=lambda: MLP(2, [4, 4], batch_norm=True),
        batch_norm="frozen",
    )
    kinds = {m.training for m in model.modules() if isinstance(m, torch.nn.BatchNorm1d)}
    assert kinds == {False}


def test_a_decay_out_of_range_is_named():
    with pytest.raises(ValueError, match="decay"):
        build(methods.MeanTeacher, small(), decay=1.0)
