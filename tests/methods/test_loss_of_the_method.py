"""Critics and classes: what each YAML's step descends and how it pulls, from the formula."""

import math
from types import SimpleNamespace

import pytest
import torch

from tests.methods.recipes import (
    CLASSES,
    batch,
    begun,
    encoded,
    recipe,
    risk,
    same_gradients,
    stepped,
)
from tests.methods.test_loss_by_function import RAMP, confusion, five, median

SCALE = 2 / (1 + math.exp(-10 * 0.1)) - 1  # of the reversed gradient at progress 0.1


def weights(logits, sure):
    p = logits.detach().softmax(1)
    w = 1 + torch.exp((p * p.log()).sum(1)) if sure else torch.ones(len(p)).double()
    return w / w.sum()


def outer(e):
    return torch.einsum("nd,nk->ndk", e.z, e.logits.detach().softmax(1)).flatten(1)


def features(e):
    return e.z


def drawn(model):
    """The randomised map of features and predictions, of 8 directions."""
    z, p = model.draw_z, model.draw_p
    return lambda e: (e.z @ z) * (e.logits.detach().softmax(1) @ p) / 8**0.5


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
    ("name", "seen", "added", "options"),
    [
        ("dann", features, None, {}),
        ("cdan", outer, None, {}),
        ("cdan", None, None, {"max_width": 8}),
        ("cdan_e", outer, None, {}),
        ("bsp", features, (2e-4, spectral), {}),
        ("cdan_bsp", outer, (2e-4, spectral), {}),
        ("dann_mcc", features, (1.0, confusion), {}),
    ],
)
def test_a_critics_step_and_its_reversed_gradient(name, seen, added, options):
    model = recipe(name, weight=0.7, **options)
    seen = seen or drawn(model)
    source, target = encoded(7, 0), encoded(9, 1)
    found = stepped(model, {}, 0.1, (source, target))
    rest = risk(source)
    if added:
        rest = rest + added[0] * added[1](source, target)
    told = 0.7 * game(model, source, target, seen, sure=name == "cdan_e")
    torch.testing.assert_close(found, rest + told)
    pulled = [source.z, target.z, source.logits, target.logits]
    same_gradients(found, rest - SCALE * told, pulled)
    same_gradients(found, told, list(model.critic.parameters()))


@pytest.mark.parametrize("name", ["dann", "cdan"])
def test_a_critic_counts_in_full_by_default(name):
    model = recipe(name)
    source, target = encoded(7, 0), encoded(9, 1)
    told = game(model, source, target, outer if name == "cdan" else features)
    torch.testing.assert_close(stepped(model, {}, 0.1, (source, target)), risk(source) + told)


@pytest.mark.parametrize(
    ("options", "margin", "reversal", "weight"),
    [({}, 4, 0.1, 1), ({"margin": 2.0, "reversal": 0.3, "weight": 0.7}, 2, 0.3, 0.7)],
)
def test_mdd_plays_its_game_against_the_heads_own_labels(options, margin, reversal, weight):
    """Zhang et al.; the encoder feels the paper's tenth of the growing gradient, reversed."""
    model = recipe("mdd", **options)
    source, target = encoded(7, 0), encoded(9, 1)
    named, named_target = (e.logits.argmax(1, keepdim=True) for e in (source, target))
    agree = model.adverse(source.z).softmax(1).gather(1, named).log().mean()
    differ = (1 - model.adverse(target.z).softmax(1).gather(1, named_target)).log().mean()
    found, told = stepped(model, {}, 0.1, (source, target)), -weight * (margin * agree + differ)
    torch.testing.assert_close(found, risk(source) + told)
    pulled = [source.z, target.z, source.logits, target.logits]
    same_gradients(found, risk(source) - reversal * SCALE * told, pulled)
    same_gradients(found, told, list(model.adverse.parameters()))


def test_dsbn_normalises_each_domain_by_its_own_before_the_game():
    """Chang et al.: moments, scale and shift of the domain; the rest is DANN."""
    model = recipe("dsbn", encoder={"init_args": {"batch_norm": True}})
    linear, norms, relu = model.encoder.layers
    given = {"source": batch(7, 0), "target": batch(9, 1)}
    seen = []
    for i, norm in enumerate((norms.source, norms.target)):
        torch.nn.init.constant_(norm.weight, 1.0 + i)
        torch.nn.init.constant_(norm.bias, 0.2 - i)
    assert norms.source.weight is not norms.target.weight
    for norm, one in zip((norms.source, norms.target), given.values(), strict=True):
        h = linear(one.x)
        h = (h - h.mean(0)) / (h.var(0, correction=0) + norm.eps).sqrt()
        z = relu(h * norm.weight + norm.bias)
        seen.append(SimpleNamespace(z=z, y=one.y, logits=model.head(z)))
    told = game(model, *seen, features)
    found = stepped(model, given, 0.1)
    torch.testing.assert_close(found, risk(seen[0]) + told)
    same_gradients(found, risk(seen[0]) - SCALE * told, list(model.encoder.parameters()))


def gaps(source, target, v, w):
    """Squared MMD of each class of the source to each of the target, points weighing as given."""
    b = median(source, target)
    own, other, cross = (
        five(x, y, b) for x, y in ((source, source), (target, target), (source, target))
    )
    within = [torch.einsum("ic,ij,jc->c", a, k, a) for a, k in ((v, own), (w, other))]
    return within[0][:, None] + within[1] - 2 * torch.einsum("ic,ij,jd->cd", v, cross, w)


def test_dsan_weighs_the_target_by_its_probabilities():
    """Zhu et al.: the mean over classes, each point by its share of the class's mass.

    Of the classes that the source's labels and the target's likeliest ones share.
    """
    source, target = encoded(7, 0), encoded(9, 1)
    with torch.no_grad():
        target.logits[:, 2] -= 10
    assert target.logits.argmax(1).unique().tolist() == [0, 1]
    v, w = torch.eye(CLASSES).double()[source.y], target.logits.detach().softmax(1)
    local = gaps(source.z, target.z, v / v.sum(0), w / w.sum(0)).diagonal()[:2].mean()
    found = stepped(recipe("dsan", weight=0.7), {}, 0.3, (source, target))
    expected = risk(source) + 0.7 * RAMP * local
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])


def contrast(source, target, v, w):
    """Kang et al., of three classes that both sides hold."""
    d = gaps(source, target, v / v.sum(0), w / w.sum(0))
    return d.diagonal().sum() / 3 - (d.sum() - d.diagonal().sum()) / 6


def around(classes, seed, spread=0.1):
    """Features about one axis a class, ``(n, 5)``, with lengths of their own."""
    draw = torch.Generator().manual_seed(seed)
    z = torch.eye(5)[classes] + spread * torch.randn(len(classes), 5, generator=draw)
    return z * (0.5 + 4 * torch.rand(len(classes), 1, generator=draw))


def labelled(source, y, target):
    """Kang et al.: k-means on the sphere from the source's centres, then two filters."""
    z, w = (v / v.norm(dim=1, keepdim=True) for v in (source, target))
    centres = torch.stack([z[y == c].sum(0) for c in range(CLASSES)])
    for _ in range(50):
        cosine, labels = (w @ (centres / centres.norm(dim=1, keepdim=True)).T).max(1)
        centres = torch.stack([w[labels == c].sum(0) for c in range(CLASSES)])
    labels[(1 - cosine) / 2 > 0.05] = -1
    for c in range(CLASSES):
        if (labels == c).sum() < 3:
            labels[labels == c] = -1
    return labels


def test_can_contrasts_the_classes_by_clusters_of_the_target():
    """Features and probabilities; anew each epoch; what no cluster is sure of takes no part."""
    model, y = recipe("can"), torch.arange(12) % CLASSES
    z = around(y, 0, 0.6)
    z[0] = torch.tensor([0.0, 100.0, 0.0, 0.0, 0.0])  # long and astray: only its direction counts
    whole = {"source": (z, y)}
    far, rare = [0] * 5 + [1] * 4 + [2] * 5, [0] * 5 + [1] * 2 + [2] * 5
    for epoch, classes in enumerate((far, rare)):
        target = around(torch.tensor(classes), epoch + 1)
        target[5] = torch.tensor([1.0, 1.2, 0.0, 0.0, 1.0])
        whole["target"] = target, None

        def collect(self, domain, whole=whole):
            return SimpleNamespace(z=whole[domain][0], y=whole[domain][1])

        stubs = {"collect": collect, "log": lambda self, *args: None, "current_epoch": epoch}
        begun(model, **stubs)
        expected = labelled(whole["source"][0], y, target)
        assert (expected == -1).sum() == (1, 2)[epoch]  # one is far, then its class is rare
        assert torch.equal(model.pseudo_labels, expected)
    labels = torch.tensor([2, 2, 1, 0, -1, 1, 0, -1, 2])
    model.pseudo_labels = torch.cat((torch.full((4,), -1), labels))
    source, target = encoded(7, 0), encoded(9, 1)._replace(index=torch.arange(4, 13))
    v, w = torch.eye(CLASSES).double()[source.y], torch.eye(4).double()[labels][:, :3]
    of_z = contrast(source.z, target.z, v, w)
    of_p = contrast(source.logits.softmax(1), target.logits.softmax(1), v, w)
    found = stepped(model, {}, 0.3, (source, target))
    expected = risk(source) + 0.3 * (of_z + of_p)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
