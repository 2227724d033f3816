"""IWAN: the source weighed by a first critic, as in the paper."""

from copy import deepcopy

import torch

from da_bench import methods
from tests.methods.first_step import (
    LR,
    down,
    first_step,
    half,
    log_chance,
    log_not,
    same,
    uncertainty,
)


@torch.no_grad()
def sharpen(model):
    """A first critic that has learnt: a fresh one gives nearly equal weights."""
    for layer in (model.teller[0], model.teller[-1]):
        layer.weight *= 20


def test_iwan_weighs_the_source_as_the_paper_does():
    parts, model, x, _, x_target = first_step(
        methods.IWAN,
        sharpen,
        schedule=half,
        reversal=0.6,
        entropy_weight=0.4,
        hidden=[8],
    )
    own, encoder, head = parts["source_encoder"], parts["encoder"], parts["head"]
    teller, critic = parts["teller"], parts["critic"]
    z, z_target = own(x), encoder(x_target)
    w = 1 - 1 / (1 + torch.exp(-teller(z).detach()))
    assert w.max() > 1.5 * w.min()
    told = -0.5 * log_chance(teller, z).mean() - 0.5 * log_not(teller, z_target.detach()).mean()
    game = (w / w.mean() * log_chance(critic, z)).mean() + log_not(critic, z_target).mean()
    unsure = uncertainty(head(z_target))
    fresh = deepcopy(critic)
    grads = torch.autograd.grad(-0.7 * 0.5 * game, critic.parameters(), retain_graph=True)
    with torch.no_grad():
        for p, g in zip(fresh.parameters(), grads, strict=True):
            p -= LR * g
    down(told, teller)
    down(0.7 * (0.4 * unsure + 0.3 * 0.5 * game), encoder)
    same(parts | {"critic": fresh}, model)
