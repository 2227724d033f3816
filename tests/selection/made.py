"""Outputs of random numbers, for tests that need no training."""

import torch

from da_bench.selection.outputs import Outputs


def made(seed=0, n=40, h=25, m=30, d=5, k=4, scale=2.0, **parts):
    """Outputs of those sizes in double precision; any part can be given."""
    g = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return scale * torch.randn(*shape, generator=g, dtype=torch.double)

    def labels(count):
        return torch.randint(k, (count,), generator=g)

    found = Outputs(
        normal(n, d), normal(n, k), labels(n),
        normal(h, d), normal(h, k), labels(h),
        normal(m, d) + 0.5, normal(m, k),
    )  # fmt: skip
    return found._replace(**parts)
