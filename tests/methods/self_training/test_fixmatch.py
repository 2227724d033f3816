"""FixMatch: the step of the YAML, from the weak view's labels to the strong view's gradient."""

import pytest
import torch
from torch.nn.functional import cross_entropy

from da_bench import methods
from da_bench.data import Batch
from da_bench.functional import pseudo_label_loss
from da_bench.networks import LeNet
from tests.conftest import build, small
from tests.methods.recipes import recipe, same_gradients, stepped
from tests.methods.self_training.parts import batches, log_chance, pair, sharper


def test_fixmatch_is_the_papers_two_equations():
    model, given = sharper(recipe("fixmatch")), pair()
    model.weight *= 0.7
    model._weak, model._strong = lambda x: x + 0.1, lambda x: 1.5 * x - 0.2

    def network(x):
        return model.head(model.encoder(x))

    with torch.no_grad():
        q = network(given["target"].x + 0.1).softmax(1)
    sure, label = q.max(1)
    assert 1 < (sure >= 0.95).sum() < (sure > 0.5).sum()
    told = log_chance(network(1.5 * given["target"].x - 0.2), label)
    expected = -log_chance(network(given["source"].x + 0.1), given["source"].y).mean()
    expected = expected - 0.7 * (told * (sure >= 0.95)).sum() / 9
    found = stepped(model, given)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))


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
