"""MDD: its game in one step, by parameters and by the loss of its YAML."""

from copy import deepcopy

import pytest
import torch
import torch.nn.functional as F

from da_bench import methods
from tests.methods.adversarial.test_loss_of_critics import SCALE
from tests.methods.first_step import LR, first_step, half, same
from tests.methods.recipes import encoded, recipe, risk, same_gradients, stepped


def test_mdd_trains_all_in_one_step_with_the_game_reversed_at_the_features():
    parts, model, x, y, x_target = first_step(methods.MDD, schedule=half, reversal=0.6, margin=2.0)
    encoder, head, adverse = parts["encoder"], parts["head"], parts["adverse"]
    z, z_target = encoder(x), encoder(x_target)
    named, named_target = head(z).argmax(1), head(z_target).argmax(1)
    agree = torch.stack([p[k].log() for p, k in zip(adverse(z).softmax(1), named, strict=True)])
    differ = torch.stack(
        [(1 - p[k]).log() for p, k in zip(adverse(z_target).softmax(1), named_target, strict=True)]
    )
    disparity = 2 * agree.mean() + differ.mean()
    risk = F.cross_entropy(head(z), y)
    grown = deepcopy(encoder), deepcopy(head), deepcopy(adverse)
    for fresh, old, loss in (
        (grown[0], encoder, risk + 0.7 * 0.3 * disparity),
        (grown[1], head, risk),
        (grown[2], adverse, -0.7 * disparity),
    ):
        grads = torch.autograd.grad(loss, old.parameters(), retain_graph=True)
        with torch.no_grad():
            for p, g in zip(fresh.parameters(), grads, strict=True):
                p -= LR * g
    same(dict(zip(("encoder", "head", "adverse"), grown, strict=True)), model)


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
