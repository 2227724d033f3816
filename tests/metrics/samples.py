"""Normal samples that several tests of this folder measure."""

import torch


def drawn(n, m, d=3, shift=0.0, seed=0):
    """``(n, d)`` and ``(m, d)``; the second is moved by ``shift`` along the first axis."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, d, generator=generator)
    return x, torch.randn(m, d, generator=generator) + shift * torch.eye(d)[0]


def noise(n, d, seed):
    """``(n, d)`` standard normal numbers."""
    return torch.randn(n, d, generator=torch.Generator().manual_seed(seed))
