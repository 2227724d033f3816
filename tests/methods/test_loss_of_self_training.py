"""Self-training: the step of each YAML from inputs to the last gradient, and what it remembers."""

from itertools import count

import torch

from tests.methods.recipes import (
    CLASSES,
    batch,
    begun,
    encoded,
    recipe,
    risk,
    same_gradients,
    stepped,
)


def log_chance(logits, label):
    return logits.log_softmax(1)[torch.arange(len(label)), label]


def pair():
    return {"source": batch(7, 0), "target": batch(9, 1)}


def sharper(model):
    """Logits so far apart that some samples are surer than the thresholds of the papers."""
    with torch.no_grad():
        model.head.weight *= 5
    return model


def test_pseudo_labels_are_taken_for_labels_once_training_has_come_halfway():
    """Lee: alpha grows in a straight line from a tenth of the training to six tenths of it."""
    model, source, target = recipe("pseudo_label"), encoded(7, 0), encoded(9, 1)
    guess = target.logits.argmax(1)
    for progress, alpha in ((0.05, 0.0), (0.35, 1.5), (0.8, 3.0)):
        found = stepped(model, {}, progress, (source, target))
        expected = risk(source) - alpha * log_chance(target.logits, guess).mean()
        torch.testing.assert_close(found, expected)
        same_gradients(found, expected, [source.logits, target.logits, target.z])


def test_fixmatch_is_the_papers_two_equations():
    model, given = sharper(recipe("fixmatch")), pair()
    model.weight *= 0.7
    model._weak, model._strong = lambda x: x + 0.1, lambda x: 1.5 * x - 0.2

    def network(x):
        return model.head(model.encoder(x))

    with torch.no_grad():
        q = network(given["target"].x + 0.1).softmax(1)
    sure, label = q.max(1)
    assert 1 < (sure >= 0.95).sum() < (sure > 0.5).sum()
    told = log_chance(network(1.5 * given["target"].x - 0.2), label)
    expected = -log_chance(network(given["source"].x + 0.1), given["source"].y).mean()
    expected = expected - 0.7 * (told * (sure >= 0.95)).sum() / 9
    found = stepped(model, given)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.parameters()))


def through(network, x):
    """An encoder with batch norm and a head, each batch by its own moments."""
    encoder, head = network
    linear, norm, relu = encoder.layers
    h = linear(x)
    h = (h - h.mean(0)) / (h.var(0, correction=0) + norm.eps).sqrt()
    return head(relu(h * norm.weight + norm.bias))


def test_mean_teacher_is_the_papers_formula_and_running_average():
    """French et al.: two views of the target, domains normalised apart, a teacher that follows."""
    model = sharper(recipe("mean_teacher", encoder={"init_args": {"batch_norm": True}}))
    with torch.no_grad():
        for slow, quick in zip(model.teacher.parameters(), model.pupil.parameters(), strict=True):
            slow.copy_(quick + 0.1 * torch.randn_like(quick))
    views, given = count(1), pair()
    model._view = lambda x: x + 0.1 * next(views)  # of the source, of the target, the teacher's
    x = given["target"].x
    p = through(model.pupil, x + 0.2).softmax(1)
    q = through(model.teacher, x + 0.3).softmax(1).detach()
    sure = (q.amax(1) > 0.968).double()
    assert 1 < sure.sum() < (q.amax(1) > 0.5).sum()
    mean, even = p.mean(0), 1 / CLASSES
    balance = -(even * mean.log() + (1 - even) * (1 - mean).log()).sum()
    agreed = (sure * ((p - q) ** 2).sum(1) / CLASSES).mean() + 0.005 * sure.mean() * balance
    source = through(model.pupil, given["source"].x + 0.1)
    expected = -log_chance(source, given["source"].y).mean() + 3.0 * agreed
    found = stepped(model, given)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, list(model.pupil.parameters()))
    before = [slow.clone() for slow in model.teacher.parameters()]
    model.optimizer_step(0, 0, torch.optim.SGD(model.pupil.parameters(), lr=0.1), lambda: None)
    pairs = zip(model.teacher.parameters(), before, model.pupil.parameters(), strict=True)
    for slow, was, quick in pairs:
        torch.testing.assert_close(slow, 0.99 * was + 0.01 * quick)


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
