"""WDGRL: the paper's steps, parameter by parameter, and its distance in half precision."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from da_bench import methods
from tests.conftest import build, small
from tests.methods.first_step import down, first_step, same


def test_wdgrl_takes_the_papers_steps():
    parts, model, x, y, x_target = first_step(methods.WDGRL, critic_steps=2, penalty=3.0)
    encoder, head, critic = parts["encoder"], parts["head"], parts["critic"]
    for _ in range(2):
        z, z_target = encoder(x).detach(), encoder(x_target).detach()
        u = torch.rand(len(z), 1)
        points = torch.cat((z, z_target, u * z + (1 - u) * z_target)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(points).sum(), points, create_graph=True)
        penalty = ((slope.square().sum(1).sqrt() - 1) ** 2).mean()
        down(-(critic(z).mean() - critic(z_target).mean()) + 3 * penalty, critic)
    distance = critic(encoder(x)).mean() - critic(encoder(x_target)).mean()
    down(F.cross_entropy(head(encoder(x)), y) + 0.7 * distance, encoder, head)
    same(parts, model)


class Far(nn.Module):
    """A critic in bf16 of which means of 10.00 and 10.02 are to be told apart."""

    def forward(self, z):
        return (10 + 0.02 * z[:, :1]).bfloat16()


def test_wdgrls_distance_is_taken_in_single():
    model = build(methods.WDGRL, small())
    model.critic = Far()
    x, y = torch.rand(400, 3) * 8 + 1, torch.rand(400, 3) * 8
    expected = 0.02 * (x[:, 0].mean() - y[:, 0].mean())
    found = model.distance(x, y)
    assert found.dtype == torch.float32
    assert float(found) == pytest.approx(float(expected), abs=6e-3)
    assert found != 0
