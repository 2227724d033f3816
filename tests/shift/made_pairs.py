"""Pairs of samples with one kind of shift, or none, each drawn from its own seed."""

import math

import numpy as np
import torch

from da_bench.data.benchmarks.toy import rotation

KINDS = ("none", "covariate", "label", "concept")
AMOUNT = {"none": 0.0, "covariate": 0.8, "label": 1.5, "concept": math.pi / 3}
"""As :class:`da_bench.data.ShiftedGaussians` has it: mean, log odds, radians."""
WIDTH = 5


def made_pair(kind, seed, n=400, m=300):
    """Features ``(n, 5)`` and ``(m, 5)`` and classes of a source and a target.

    As the toy's shifts are made: ``covariate`` moves the inputs and keeps the rule, ``label``
    moves the shares of two overlapping classes, ``concept`` turns the rule and keeps the inputs.
    The rule is that of ``concept``, a soft half-space. Odd seeds of ``none`` are drawn by the
    classes of ``label`` instead; even seeds of ``covariate`` move along the rule, which moves the
    shares of the classes too, odd ones across it, which leaves them.
    """
    generator = torch.Generator().manual_seed(seed)
    by_class = kind == "label" or (kind == "none" and seed % 2 == 1)
    found = []
    for size, amount in ((n, 0.0), (m, AMOUNT[kind])):
        x = torch.randn(size, WIDTH, generator=generator, dtype=torch.double)
        chance = torch.rand(size, generator=generator, dtype=torch.double)
        if by_class:
            y = (chance < 1 / (1 + math.exp(-amount))).long()
            x[:, 0] += 2 * y - 1
        else:
            x[:, seed % 2] += amount if kind == "covariate" else 0.0
            turned = x[:, :2] @ rotation(amount if kind == "concept" else 0.0)[:, 0]
            y = (chance < (4 * turned).sigmoid()).long()
        found.append((x.float(), y.numpy()))
    (x, y), (u, v) = found
    return x, u, np.asarray(y), np.asarray(v)
