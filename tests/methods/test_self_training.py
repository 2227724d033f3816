"""What the self-training methods do beside their loss: views, a teacher, a bank."""

import pytest
import torch
from lightning.pytorch import Callback
from torch.nn.functional import cross_entropy, normalize

from da_bench import methods
from da_bench.data import Batch
from da_bench.functional import neighbour_predictions, pseudo_label_loss, sharpened
from da_bench.methods.encoded import Encoded
from da_bench.networks import MLP, LeNet
from tests.conftest import build, fit, small


def batches(data):
    data.setup()
    return next(iter(data.train_dataloader()))


def encoded(logits):
    n = len(logits)
    whole = torch.arange(n)
    return Encoded(logits, whole, whole < 0, whole * 0, whole, logits, logits, {})


def test_pseudo_labels_teach_the_target_its_own_guess():
    model = build(methods.PseudoLabel, small(), threshold=0.7)
    logits = torch.tensor([[3.0, 0.0], [0.0, 0.5], [0.0, 2.0]])
    loss = model.adaptation_loss(None, encoded(logits), 0.5)
    losses = cross_entropy(logits, torch.tensor([0, 1, 1]), reduction="none")
    torch.testing.assert_close(loss, (losses[0] + losses[2]) / 3)


def plus_one(x):
    return x + 1


def times_two(x, by=2):
    return by * x


def test_fixmatch_labels_by_the_weak_view_and_learns_on_the_strong():
    data = small()
    model = build(methods.FixMatch, data, threshold=0.0, weak=plus_one, strong=times_two,
                  strong_options={"by": 3})  # fmt: skip
    batch = batches(data)
    terms = model.losses(batch, 0.5)
    weak, strong = model(batch["target"].x + 1), model(3 * batch["target"].x)
    torch.testing.assert_close(terms["adaptation_loss"], pseudo_label_loss(strong, weak, 0.0))
    risk = cross_entropy(model(batch["source"].x + 1), batch["source"].y)
    torch.testing.assert_close(terms["source_risk"], risk)
    terms["adaptation_loss"].backward()
    own = model.encoder.layers[0].weight.grad.clone()
    model.zero_grad()
    with torch.no_grad():
        labels = model(batch["target"].x + 1)
    pseudo_label_loss(model(3 * batch["target"].x), labels, 0.0).backward()
    torch.testing.assert_close(own, model.encoder.layers[0].weight.grad)


def test_an_option_that_a_view_does_not_take_is_named():
    with pytest.raises(ValueError, match="nois"):
        build(methods.FixMatch, small(), strong_options={"nois": 1})


@pytest.mark.parametrize("cls", [methods.FixMatch, methods.MeanTeacher])
def test_images_have_views_too(cls):
    data = small()
    model = build(cls, data, encoder=lambda: LeNet(1, 16), threshold=0.0)
    x, n = torch.rand(6, 1, 16, 16), torch.arange(6)
    batch = Batch(x, n % 2, n >= 0, n * 0, n)
    losses = model.losses({"source": batch, "target": batch}, 0.5)
    assert all(torch.isfinite(v) for v in losses.values())


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


class Bank(Callback):
    """The bank's rows of the last batch, and what the network made of it in evaluation."""

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        self.index = batch["target"].index
        self.before = module.bank_z.clone(), module.bank_p.clone()
        module.eval()
        with torch.no_grad():
            z = module.encoder(batch["target"].x)
            # Of mean 1 / k, however many: the bank's start, of all, weighs like a batch.
            p = sharpened(module.head(z))
            self.expected = normalize(z), p / p.mean() / module.task.outputs
        module.train()

    def on_train_batch_end(self, trainer, module, *args):
        others = torch.ones(len(module.bank_z), dtype=torch.bool)
        others[self.index] = False
        torch.testing.assert_close(module.bank_p.mean(), torch.tensor(1 / module.task.outputs))
        pairs = zip((module.bank_z, module.bank_p), self.before, self.expected, strict=True)
        for bank, before, expected in pairs:
            torch.testing.assert_close(bank[self.index], expected)
            assert torch.equal(bank[others], before[others])


def test_the_bank_remembers_each_batch_as_evaluation_sees_it():
    model, _, _ = fit(
        methods.ATDOC, small(), callbacks=[Bank()], encoder=lambda: MLP(2, [16, 8], dropout=0.5)
    )
    assert model.bank_z.shape == (192, 8)  # the target's validation split joins its training set
    assert model.bank_p.shape == (192, 2)
    torch.testing.assert_close(model.bank_z.norm(dim=1), torch.ones(192))


def test_neighbours_in_the_bank_label_the_target():
    model, _, data = fit(methods.ATDOC, small(), neighbours=3)
    batch = batches(data)
    source, target = model.encode(batch)
    votes = neighbour_predictions(target.z, target.index, model.bank_z, model.bank_p, 3)
    weight, label = votes.max(1)
    losses = cross_entropy(target.logits, label, reduction="none")
    expected = (weight * losses).sum() / weight.sum()
    torch.testing.assert_close(model.adaptation_loss(source, target, 0.5), expected)


def test_more_neighbours_than_samples_are_refused():
    with pytest.raises(ValueError, match="neighbours=500"):
        fit(methods.ATDOC, small(), neighbours=500)
