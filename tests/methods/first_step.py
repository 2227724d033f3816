"""A training's first step beside the same step by hand: what tests of the adversaries share."""

from copy import deepcopy

import torch

from da_bench import methods
from tests.conftest import fit, small

LR = 0.1
PLAIN = methods.OptimizerFactory(lr=LR, options={})


def half(progress):
    return 0.5


def first_step(cls, prepare=lambda model: None, **options):
    """The model before and after its first step, and what that saw: batch and random state."""
    seen = {}

    class Spy(cls):
        def on_train_batch_start(self, batch, batch_idx):
            prepare(self)
            seen["start"], seen["batch"] = deepcopy(dict(self.named_children())), batch
            seen["random"] = torch.get_rng_state()

    weight = {"weight": 1.4, "weight_schedule": half}  # 0.7 in all
    after, _, _ = fit(Spy, small(epoch_length=1), optimizer=PLAIN, **weight, **options)
    torch.set_rng_state(seen["random"])
    source, target = seen["batch"]["source"], seen["batch"]["target"]
    return seen["start"], after, source.x, source.y, target.x


def down(loss, *modules):
    """A step of plain gradient descent, by hand."""
    parameters = [p for m in modules for p in m.parameters()]
    grads = torch.autograd.grad(loss, parameters, allow_unused=True, retain_graph=True)
    with torch.no_grad():
        for p, g in zip(parameters, grads, strict=True):
            p -= 0 if g is None else LR * g


def same(parts, model):
    for name, part in parts.items():
        for (k, one), other in zip(
            part.state_dict().items(),
            model.get_submodule(name).state_dict().values(),
            strict=True,
        ):
            torch.testing.assert_close(one, other, msg=f"{name}.{k}", rtol=1e-4, atol=1e-6)


def log_chance(critic, z):
    return torch.log(1 / (1 + torch.exp(-critic(z))))


def log_not(critic, z):
    return torch.log(1 - 1 / (1 + torch.exp(-critic(z))))


def uncertainty(logits):
    p = logits.softmax(1)
    return -(p * p.log()).sum(1).mean()


def rough(network, x, logits, radius):
    """The virtual adversarial loss, written out."""
    noise = torch.randn_like(x)
    probe = (1e-2 * noise / noise.norm(dim=1, keepdim=True)).requires_grad_()
    p = logits.detach().softmax(1)
    (g,) = torch.autograd.grad(-(p * network(x + probe).log_softmax(1)).sum(), probe)
    q = network(x + radius * g / g.norm(dim=1, keepdim=True)).log_softmax(1)
    return (p * (p.log() - q)).sum(1).mean()
