"""DANN, CDAN and DSAN as methods: loss and gradient at the features, from the formula."""

import pytest
import torch
from torch import nn

from da_bench import methods
from da_bench.data import Classification
from da_bench.functional import lmmd2
from da_bench.methods.base import Encoded


def encoded(n, seed):
    draw = torch.Generator().manual_seed(seed)
    z, logits = (torch.randn(n, d, generator=draw).requires_grad_() for d in (5, 3))
    y = torch.arange(n) % 3
    return Encoded(None, y, y >= 0, y * 0, torch.arange(n), z, logits, {})


def weights(logits, sure):
    p = logits.detach().softmax(1)
    w = 1 + torch.exp((p * p.log()).sum(1)) if sure else torch.ones(len(p))
    return w / w.sum()


def outer(e):
    return torch.einsum("nd,nk->ndk", e.z, e.logits.detach().softmax(1)).flatten(1)


@pytest.mark.parametrize(
    ("cls", "options", "seen"),
    [
        (methods.DANN, {}, lambda e: e.z),
        (methods.CDAN, {}, outer),
        (methods.CDAN, {"entropy": True}, outer),
    ],
)
def test_a_critics_loss_and_its_reversed_gradient(cls, options, seen):
    model = cls(nn.Linear(4, 5), Classification(3), hidden=(6,), **options)
    source, target = encoded(7, 0), encoded(9, 1)
    loss = model.adaptation_loss(source, target, 0.1)
    sure = options.get("entropy", False)
    own, other = (model.critic(seen(e))[:, 0].sigmoid() for e in (source, target))
    expected = -0.5 * (
        (weights(source.logits, sure) * own.log()).sum()
        + (weights(target.logits, sure) * (1 - other).log()).sum()
    )
    torch.testing.assert_close(loss, expected)
    scale = 2 / (1 + torch.exp(torch.tensor(-1.0))) - 1  # the schedule at p = 0.1
    for e in (source, target):
        (found,) = torch.autograd.grad(loss, e.z, retain_graph=True)
        (plain,) = torch.autograd.grad(expected, e.z, retain_graph=True)
        torch.testing.assert_close(found, -scale * plain)


def test_dsan_weighs_the_target_by_its_probabilities():
    model = methods.DSAN(nn.Linear(4, 5), Classification(3))
    source, target = encoded(7, 0), encoded(9, 1)
    known, guessed = torch.eye(3)[source.y], target.logits.softmax(1)
    loss = model.adaptation_loss(source, target, 1.0)
    torch.testing.assert_close(loss, lmmd2(source.z, target.z, known, guessed))
    assert torch.autograd.grad(loss, target.logits, allow_unused=True) == (None,)
