"""Samples and kernel matrices that tests of several density ratios share."""

import numpy as np
import torch


def draw(n=40, m=30, d=2, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    return x, 0.8 * torch.randn(m, d, generator=generator, dtype=torch.float64) + 0.5


def kernels(x, places, width):
    return np.array([[np.exp(-np.sum((a - c) ** 2) / (2 * width**2)) for c in places] for a in x])
