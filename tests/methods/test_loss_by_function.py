"""Methods that are one function: the whole step of each YAML, by the paper's formula and weight."""

import math

import pytest
import torch

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


def linear(source, target):
    return (source.z.mean(0) - target.z.mean(0)).square().sum()


def coral(source, target):
    k = source.logits.shape[1]
    return (source.logits.T.cov() - target.logits.T.cov()).square().sum() / (4 * k**2)


def cmd(source, target):
    means = source.z.mean(0), target.z.mean(0)
    total = (means[0] - means[1]).norm()
    for power in range(2, 6):
        one, other = ((e.z - m) ** power for e, m in zip((source, target), means, strict=True))
        total = total + (one.mean(0) - other.mean(0)).norm()
    return total


def homm(source, target):
    one, other = (torch.einsum("na,nb,nc->abc", z, z, z) / len(z) for z in (source.z, target.z))
    return (one - other).square().sum() / WIDE**3


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


def stepwise(source, target):
    norms = (e.z.norm(dim=1) for e in (source, target))
    return sum(((r - (r.detach() + 1.0)) ** 2).mean() for r in norms)


def hard(source, target):
    return sum((e.z.norm(dim=1).mean() - 25.0) ** 2 for e in (source, target))


def unsure(p):
    return -(p * p.log()).sum(-1)


def confusion(source, target):
    p = (target.logits / 2.5).softmax(1)
    w = 1 + torch.exp(-unsure(p.detach()))
    w = len(p) * w / w.sum()
    c = torch.einsum("n,nj,nk->jk", w, p, p)
    c = c / c.sum(1, keepdim=True)
    return sum(c[j, k] for j in range(3) for k in range(3) if j != k) / 3


def nuclear(source, target):
    p = target.logits.softmax(1)
    return -torch.linalg.eigvalsh(p.T @ p).sqrt().sum() / len(p)


def mean_entropy(source, target):
    return unsure(target.logits.softmax(1)).mean()


def information(source, target):
    p = target.logits.softmax(1)
    return unsure(p).mean() - unsure(p.mean(0))


RECIPES = {
    "ddc": (0.25, linear),
    "dan": (1.0, lambda s, t: mmd2(s.z, t.z) + mmd2(s.logits, t.logits)),
    "deep_coral": (1.0, coral),
    "jan": (RAMP, joint),
    "cmd": (1.0, cmd),
    "homm": (1e4, homm),
    "sinkhorn": (1.0, sinkhorn),
    "sliced_wasserstein": (1.0, sliced),
    "afn": (0.05, stepwise),
    "hard_afn": (0.05, hard),
    "mcc": (1.0, confusion),
    "bnm": (1.0, nuclear),
    "min_entropy": (0.1, mean_entropy),
    "information_maximisation": (1.0, information),
}


@pytest.mark.parametrize("name", RECIPES)
def test_the_step_of_a_function_is_risk_and_weighted_formula(name):
    weight, formula = RECIPES[name]
    # The Sinkhorn iterations that a training spares: POT's plan is the one at the end of them.
    model = recipe(name, **({"options": {"iterations": 2000}} if name == "sinkhorn" else {}))
    model.weight *= 0.7  # a weight of one would reach the loss unseen
    source, target = encoded(8, 0), encoded(8 if name == "jan" else 10, 1, scale=1.5)
    torch.manual_seed(3)
    found = stepped(model, {}, encodes=(source, target))
    torch.manual_seed(3)
    expected = risk(source) + 0.7 * weight * formula(source, target)
    torch.testing.assert_close(found, expected)
    same_gradients(found, expected, [source.z, target.z, source.logits, target.logits])
