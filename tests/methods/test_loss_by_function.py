"""Methods that are one function: the whole step of each YAML, by the paper's formula and weight."""

import math

import pytest
import torch

from da_bench.config.catalogue import methods
from tests.methods.recipes import WIDE, encoded, recipe, risk, same_gradients, stepped

RAMP = 2 / (1 + math.exp(-10 * 0.3)) - 1  # where the tests stand: at progress 0.3


def squares(x, y):
    return (x[:, None] - y).square().sum(2)


def median(x, y):
    return torch.pdist(torch.cat((x, y)).detach()).median()


def five(x, y, width):
    """Long et al.: variances around the median rule's, in powers of two."""
    return sum(torch.exp(-squares(x, y) / (2 * 2.0**k * width**2)) for k in range(-2, 3)) / 5


def mmd2(x, y):
    b = median(x, y)
    return five(x, x, b).mean() + five(y, y, b).mean() - 2 * five(x, y, b).mean()


def joint(source, target):
    """JAN's estimate in linear time: pairs of neighbours, kernels of features and of softmax."""
    b = median(source.z, target.z)
    p, q = source.logits.softmax(1), target.logits.softmax(1)

    def k(one, i, other, j):
        (z, a), (w, c) = one, other
        return (
            five(z[i::2], w[j::2], b).diagonal()
            * torch.exp(-squares(a[i::2], c[j::2]) / 1.68).diagonal()
        )

    x, y = (source.z, p), (target.z, q)
    return (k(x, 0, x, 1) + k(y, 0, y, 1) - k(x, 0, y, 1) - k(x, 1, y, 0)).mean()


def entropic(x, y, epsilon):
    """The objective at POT's plan, whose own slope is none at the optimum."""
    ot = pytest.importorskip("ot")
    cost = squares(x, y)
    plan = torch.from_numpy(
        ot.sinkhorn(
            [], [], cost.detach().numpy(), epsilon, "sinkhorn_log", 20_000, 1e-11, warn=False
        )
    )
    return (plan * cost).sum() + epsilon * (plan * (plan * len(x) * len(y)).log()).sum()


def sinkhorn(source, target):
    x, y = source.z, target.z
    e = float(0.1 * median(x, y) ** 2)
    return entropic(x, y, e) - (entropic(x, x, e) + entropic(y, y, e)) / 2


def sliced(source, target):
    """Equal shares: each of n points m times against each of m points n times, in order."""
    u = torch.randn(WIDE, 128, dtype=torch.double)
    u = u / u.norm(dim=0)
    n, m = len(source.z), len(target.z)
    x = (source.z @ u).sort(0).values.repeat_interleave(m, 0)
    y = (target.z @ u).sort(0).values.repeat_interleave(n, 0)
    return (x - y).square().mean()


def unsure(p):
    return -(p * p.log()).sum(-1)


def confusion(source, target):
    p = (target.logits / 2.5).softmax(1)
    w = 1 + torch.exp(-unsure(p.detach()))
    w = len(p) * w / w.sum()
    c = torch.einsum("n,nj,nk->jk", w, p, p)
    c = c / c.sum(1, keepdim=True)
    return sum(c[j, k] for j in range(3) for k in range(3) if j != k) / 3


LONG = {
    "dan": lambda s, t: mmd2(s.z, t.z) + mmd2(s.logits, t.logits),
    "jan": lambda s, t: RAMP * joint(s, t),
    "sinkhorn": sinkhorn,
    "sliced_wasserstein": sliced,
    "mcc": confusion,
}
"""Formulas of more than an expression, weight included."""
LOSSES = {m.name: m.loss for m in methods() if m.loss}
"""Those that the YAML of a method writes as an expression: ``about.loss``."""


def value(name, source, target):
    """What the method adds to the source's risk, by its formula."""
    if name in LONG:
        return LONG[name](source, target)
    names = {"torch": torch, "ramp": RAMP, "y_s": source.y}
    for suffix, one in (("s", source), ("t", target)):
        names |= {f"z_{suffix}": one.z, f"logits_{suffix}": one.logits}
        names |= {f"p_{suffix}": one.logits.softmax(1)}
    return eval(compile(LOSSES[name], f"about.loss of {name}.yaml", "eval"), names)


@pytest.mark.parametrize("name", [*LONG, *LOSSES])
def test_the_step_of_a_function_is_risk_and_weighted_formula(name):
    # The Sinkhorn iterations that a training spares: POT's plan is the one at the end of them.
    model = recipe(name, **({"options": {"iterations": 2000}} if name == "sinkhorn" else {}))
    model.weight *= 0.7  # a weight of one would reach the loss unseen
    source, target = encoded(8, 0), encoded(8 if name == "jan" else 10, 1, scale=1.5)
    torch.manual_seed(3)
    found = stepped(model, {}, encodes=(source, target))
    torch.manual_seed(3)
    expected = risk(source) + 0.7 * value(name, source, target)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
