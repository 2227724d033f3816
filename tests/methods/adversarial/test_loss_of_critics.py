"""Methods with a critic (DANN, CDAN, BSP, DSBN): what each YAML's step descends, by formula."""

import math
from types import SimpleNamespace

import pytest
import torch

from tests.methods.recipes import batch, encoded, recipe, risk, same_gradients, stepped
from tests.methods.test_loss_by_function import confusion

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
