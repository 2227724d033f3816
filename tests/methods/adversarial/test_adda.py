"""ADDA: the critic's step, then the encoder's, parameter by parameter."""

from copy import deepcopy

import torch

from da_bench import methods
from tests.methods.first_step import down, first_step, log_chance, log_not, same


def test_adda_steps_critic_then_encoder_as_the_paper_writes_it():
    parts, model, x, _, x_target = first_step(methods.ADDA)
    own, encoder, critic = parts["source_encoder"], parts["encoder"], parts["critic"]
    untouched = deepcopy(own)
    told = (
        -0.5 * log_chance(critic, own(x)).mean() - 0.5 * log_not(critic, encoder(x_target)).mean()
    )
    down(told, critic)
    down(-0.7 * log_chance(critic, encoder(x_target)).mean(), encoder)
    same(parts, model)
    same({"source_encoder": untouched}, model)
    assert not torch.equal(model.encoder.layers[0].weight, own[0].layers[0].weight)
