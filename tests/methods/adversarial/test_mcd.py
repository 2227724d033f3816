"""MCD: the paper's three steps, parameter by parameter."""

import torch
import torch.nn.functional as F

from da_bench import methods
from tests.methods.first_step import down, first_step, same


def test_mcd_takes_the_papers_three_steps():
    parts, model, x, y, x_target = first_step(methods.MCD, encoder_steps=2)
    encoder, one, other = parts["encoder"], parts["head"], parts["other"]

    def risk():
        return F.cross_entropy(one(encoder(x)), y) + F.cross_entropy(other(encoder(x)), y)

    def gap():
        z = encoder(x_target)
        return (one(z).softmax(1) - other(z).softmax(1)).abs().mean()

    down(risk(), encoder, one, other)
    down(risk() - 0.7 * gap(), one, other)
    for _ in range(2):
        down(0.7 * gap(), encoder)
    same(parts, model)
    z = model.encoder(x)
    torch.testing.assert_close(model(x), (model.head(z) + model.other(z)) / 2)
