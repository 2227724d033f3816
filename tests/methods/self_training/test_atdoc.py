"""ATDOC: the step of the YAML, and the bank that it remembers samples in."""

import pytest
import torch
from lightning.pytorch import Callback
from torch.nn.functional import cross_entropy, normalize

from da_bench import methods
from da_bench.functional import neighbour_predictions, sharpened
from da_bench.networks import MLP
from tests.conftest import fit, small
from tests.methods.recipes import CLASSES, begun, encoded, recipe, same_gradients, stepped
from tests.methods.self_training.parts import batches, log_chance, pair


def unit(z):
    return z / z.norm(dim=1, keepdim=True)


def squared(logits):
    p = logits.softmax(1) ** 2
    return p / p.sum(0)


def test_atdoc_is_the_papers_bank_vote_and_loss():
    """Liang et al.: 5 neighbours other than itself; the weight grows to 0.2 in a straight line."""
    model, given = recipe("atdoc"), pair()
    whole = encoded(20, 2)
    begun(model, collect=lambda self, domain: whole)
    torch.testing.assert_close(model.bank_z, unit(whole.z))
    torch.testing.assert_close(model.bank_p, squared(whole.logits) * 20 / CLASSES)
    place = torch.arange(18, 0, -2)
    target = given["target"]._replace(index=place)
    z = model.encoder(target.x)
    with torch.no_grad():  # its own row is the nearest, and must not count
        model.bank_z[place] = unit(z + 0.01 * torch.randn_like(z))
    bank_z, bank_p = model.bank_z.clone(), model.bank_p.clone()
    weights, labels = [], []
    for row, own in zip(unit(z.detach()), place, strict=True):
        cosine = bank_z @ row
        near = [j for j in cosine.argsort(descending=True).tolist() if j != own][:5]
        vote = bank_p[near].mean(0)
        weights.append(vote.max())
        labels.append(vote.argmax())
    w, label = torch.stack(weights), torch.stack(labels)
    logits = model.head(z)
    told = -(w * log_chance(logits, label)).sum() / w.sum()
    source = model.head(model.encoder(given["source"].x))
    expected = -log_chance(source, given["source"].y).mean() + 0.2 * 0.3 * told
    found = stepped(model, given | {"target": target})
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))
    bank_z[place], bank_p[place] = unit(z), squared(logits) * 9 / CLASSES
    torch.testing.assert_close(model.bank_z, bank_z)
    torch.testing.assert_close(model.bank_p, bank_p)


class Bank(Callback):
    """The bank's rows of the last batch, and what the network made of it in evaluation."""

    def on_train_batch_start(self, trainer, module, batch, batch_idx):
        self.index = batch["target"].index
        self.before = module.bank_z.clone(), module.bank_p.clone()
        module.eval()
        with torch.no_grad():
            z = module.encoder(batch["target"].x)
            # Of mean 1 / k, however many: the bank's start, of all, weighs like a batch.
            p = sharpened(module.head(z))
            self.expected = normalize(z), p / p.mean() / module.task.outputs
        module.train()

    def on_train_batch_end(self, trainer, module, *args):
        others = torch.ones(len(module.bank_z), dtype=torch.bool)
        others[self.index] = False
        torch.testing.assert_close(module.bank_p.mean(), torch.tensor(1 / module.task.outputs))
        pairs = zip((module.bank_z, module.bank_p), self.before, self.expected, strict=True)
        for bank, before, expected in pairs:
            torch.testing.assert_close(bank[self.index], expected)
            assert torch.equal(bank[others], before[others])


def test_the_bank_remembers_each_batch_as_evaluation_sees_it():
    model, _, _ = fit(
        methods.ATDOC, small(), callbacks=[Bank()], encoder=lambda: MLP(2, [16, 8], dropout=0.5)
    )
    assert model.bank_z.shape == (192, 8)  # the target's validation split joins its training set
    assert model.bank_p.shape == (192, 2)
    torch.testing.assert_close(model.bank_z.norm(dim=1), torch.ones(192))


def test_neighbours_in_the_bank_label_the_target():
    model, _, data = fit(methods.ATDOC, small(), neighbours=3)
    batch = batches(data)
    source, target = model.encode(batch)
    votes = neighbour_predictions(target.z, target.index, model.bank_z, model.bank_p, 3)
    weight, label = votes.max(1)
    losses = cross_entropy(target.logits, label, reduction="none")
    expected = (weight * losses).sum() / weight.sum()
    torch.testing.assert_close(model.adaptation_loss(source, target, 0.5), expected)


def test_more_neighbours_than_samples_are_refused():
    with pytest.raises(ValueError, match="neighbours=500"):
        fit(methods.ATDOC, small(), neighbours=500)
