"""SymNet: the paper's two objectives, parameter by parameter."""

import torch
import torch.nn.functional as F

from da_bench import methods
from tests.methods.first_step import LR, first_step, half, same


def test_symnet_equals_the_papers_two_objectives():
    parts, model, x, y, x_target = first_step(methods.SymNet, schedule=half)
    encoder, own, other = parts["encoder"], parts["head"], parts["other"]
    k = own.out_features

    def joint(x):
        z = encoder(x)
        return torch.cat((own(z), other(z)), 1).softmax(1)

    p, q, rows = joint(x), joint(x_target), torch.arange(len(y))
    domain = -q[:, k:].sum(1).log().mean() - p[:, :k].sum(1).log().mean()
    tasks = F.cross_entropy(own(encoder(x)), y) + F.cross_entropy(other(encoder(x)), y)
    category = -0.5 * (p[rows, y].log() + p[rows, y + k].log()).mean()
    confusion = -0.5 * (q[:, :k].sum(1).log() + q[:, k:].sum(1).log()).mean()
    summed = q[:, :k] + q[:, k:]
    unsure = -(summed * summed.log()).sum(1).mean()
    heads = [*own.parameters(), *other.parameters()]
    encoders = list(encoder.parameters())
    grads = torch.autograd.grad(tasks + 0.7 * domain, heads, retain_graph=True)
    grads += torch.autograd.grad(category + 0.7 * 0.5 * (confusion + unsure), encoders)
    with torch.no_grad():
        for parameter, g in zip(heads + encoders, grads, strict=True):
            parameter -= LR * g
    same(parts, model)
    torch.testing.assert_close(model(x), model.other(model.encoder(x)))
    torch.testing.assert_close(model(x, "source"), model.head(model.encoder(x)))
