"""Pseudo-labels: the step of the YAML, and the target's own guess as its label."""

import torch
from torch.nn.functional import cross_entropy

from da_bench import methods
from da_bench.methods.encoded import Encoded
from tests.conftest import build, small
from tests.methods.recipes import encoded, recipe, risk, same_gradients, stepped
from tests.methods.self_training.parts import log_chance


def test_pseudo_labels_are_taken_for_labels_once_training_has_come_halfway():
    """Lee: alpha grows in a straight line from a tenth of the training to six tenths of it."""
    model, source, target = recipe("pseudo_label"), encoded(7, 0), encoded(9, 1)
    guess = target.logits.argmax(1)
    for progress, alpha in ((0.05, 0.0), (0.35, 1.5), (0.8, 3.0)):
        found = stepped(model, {}, progress, (source, target))
        expected = risk(source) - alpha * log_chance(target.logits, guess).mean()
        torch.testing.assert_close(found, expected)
        same_gradients(found, expected, [source.logits, target.logits, target.z])


def of_logits(logits):
    n = len(logits)
    whole = torch.arange(n)
    return Encoded(logits, whole, whole < 0, whole * 0, whole, logits, logits, {})


def test_pseudo_labels_teach_the_target_its_own_guess():
    model = build(methods.PseudoLabel, small(), threshold=0.7)
    logits = torch.tensor([[3.0, 0.0], [0.0, 0.5], [0.0, 2.0]])
    loss = model.adaptation_loss(None, of_logits(logits), 0.5)
    losses = cross_entropy(logits, torch.tensor([0, 1, 1]), reduction="none")
    torch.testing.assert_close(loss, (losses[0] + losses[2]) / 3)
