"""Critics and classes: what each YAML's step descends and how it pulls, from the formula."""

import math

import pytest
import torch

from tests.methods.recipes import CLASSES, encoded, recipe, risk, same_gradients, stepped
from tests.methods.test_loss_by_function import RAMP, confusion, five, median

SCALE = 2 / (1 + math.exp(-10 * 0.1)) - 1  # of the reversed gradient at progress 0.1


def weights(logits, sure):
    p = logits.detach().softmax(1)
    w = 1 + torch.exp((p * p.log()).sum(1)) if sure else torch.ones(len(p)).double()
    return w / w.sum()


def outer(e):
    return torch.einsum("nd,nk->ndk", e.z, e.logits.detach().softmax(1)).flatten(1)


def spectral(source, target):
    return sum(torch.linalg.eigvalsh(e.z.T @ e.z)[-1] for e in (source, target))


def game(model, source, target, seen, sure=False):
    """Binary cross-entropy of the domains, each of which weighs half."""
    own, other = (model.critic(seen(e))[:, 0].sigmoid() for e in (source, target))
    return -0.5 * (
        (weights(source.logits, sure) * own.log()).sum()
        + (weights(target.logits, sure) * (1 - other).log()).sum()
    )


@pytest.mark.parametrize(
    ("name", "seen", "added"),
    [
        ("dann", lambda e: e.z, None),
        ("cdan", outer, None),
        ("cdan_e", outer, None),
        ("bsp", lambda e: e.z, (2e-4, spectral)),
        ("cdan_bsp", outer, (2e-4, spectral)),
        ("dann_mcc", lambda e: e.z, (1.0, confusion)),
    ],
)
def test_a_critics_step_and_its_reversed_gradient(name, seen, added):
    model = recipe(name, weight=0.7)
    source, target = encoded(7, 0), encoded(9, 1)
    found = stepped(model, {}, 0.1, (source, target))
    rest = risk(source)
    if added:
        rest = rest + added[0] * added[1](source, target)
    told = 0.7 * game(model, source, target, seen, sure=name == "cdan_e")
    torch.testing.assert_close(found, rest + told)
    features = [source.z, target.z, source.logits, target.logits]
    same_gradients(found, rest - SCALE * told, features)
    same_gradients(found, told, list(model.critic.parameters()))


@pytest.mark.parametrize("name", ["dann", "cdan"])
def test_a_critic_counts_in_full_by_default(name):
    model = recipe(name)
    source, target = encoded(7, 0), encoded(9, 1)
    told = game(model, source, target, outer if name == "cdan" else lambda e: e.z)
    torch.testing.assert_close(stepped(model, {}, 0.1, (source, target)), risk(source) + told)


def gaps(source, target, v, w):
    """Squared MMD of each class of the source to each of the target, points weighing as given."""
    b = median(source, target)
    own, other, cross = (
        five(x, y, b) for x, y in ((source, source), (target, target), (source, target))
    )
    within = [torch.einsum("ic,ij,jc->c", a, k, a) for a, k in ((v, own), (w, other))]
    return within[0][:, None] + within[1] - 2 * torch.einsum("ic,ij,jd->cd", v, cross, w)


def test_dsan_weighs_the_target_by_its_probabilities():
    """Zhu et al.: the mean over classes, each point by its share of the class's mass."""
    source, target = encoded(7, 0), encoded(9, 1)
    v, w = torch.eye(CLASSES).double()[source.y], target.logits.detach().softmax(1)
    local = gaps(source.z, target.z, v / v.sum(0), w / w.sum(0)).diagonal().mean()
    found, expected = stepped(recipe("dsan"), {}, 0.3, (source, target)), risk(source)
    expected = expected + RAMP * local
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])


def contrast(source, target, v, w):
    """Kang et al., of three classes that both sides hold."""
    d = gaps(source, target, v / v.sum(0), w / w.sum(0))
    return d.diagonal().sum() / 3 - (d.sum() - d.diagonal().sum()) / 6


def test_can_contrasts_the_classes_by_its_own_labels():
    """Features and probabilities; a target sample that no cluster is sure of takes no part."""
    model = recipe("can")
    source, target = encoded(7, 0), encoded(9, 1)
    labels = torch.tensor([2, 2, 1, 0, -1, 1, 0, -1, 2])
    model.pseudo_labels = torch.cat((torch.full((4,), -1), labels))
    target = target._replace(index=torch.arange(4, 13))
    v, w = torch.eye(CLASSES).double()[source.y], torch.eye(4).double()[labels][:, :3]
    features = contrast(source.z, target.z, v, w)
    shares = contrast(source.logits.softmax(1), target.logits.softmax(1), v, w)
    found = stepped(model, {}, 0.3, (source, target))
    expected = risk(source) + 0.3 * (features + shares)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
