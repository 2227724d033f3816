"""MMD of samples whose kernel matrix fits no memory: exact, block by block."""

from collections.abc import Callable, Iterable, Iterator

import torch
from torch import Tensor

from ._check import check_pair
from ._precision import widened
from .kernels import Bandwidth, Kernel, median_distance, multi_rbf
from .record import Divergence

Block = tuple[int, int, int, int]
"""Which samples (0 or 1), and where the block's rows and columns begin."""


@widened
@torch.no_grad()
def mmd2_chunked(
    source: Tensor,
    target: Tensor,
    kernel: Kernel = multi_rbf,
    bandwidth: Bandwidth = "median",
    chunk: int = 4096,
    progress: Callable[[list[Block]], Iterable[Block]] = iter,
) -> Divergence:
    r"""Unbiased :math:`\mathrm{MMD}^2` over all pairs, in memory that grows with ``chunk`` alone.

    The statistic and defaults of ``mmd2(..., estimator="unbiased")`` (Gretton et al., JMLR 2012,
    equation 3): no pair is left out and none drawn. Sums are kept in float64, blocks above the
    diagonal count twice. Beside the samples it holds about eight blocks ``(chunk, chunk)``.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        kernel: As for ``mmd2``, of pairs alone: no block may know of the others.
        bandwidth: Bandwidth of the kernel; ``"median"`` is ``median_distance(source, target)``.
        chunk: Rows and columns of a block, at least 1.
        progress: Wraps the list of blocks as it is gone through: ``tqdm.tqdm``,
            ``rich.progress.track``.

    Returns:
        The estimate; can be negative.

    Raises:
        ValueError: Widths differ, fewer than two samples on a side, or ``chunk`` is below 1.
    """
    check_pair(source, target, least=2)
    if chunk < 1:
        raise ValueError(f"chunk must be at least 1 row, got {chunk}")
    width = median_distance(source, target) if isinstance(bandwidth, str) else bandwidth
    samples, sums = (source, target), {(0, 0): 0.0, (1, 1): 0.0, (0, 1): 0.0}
    for a, b, row, column in progress(list(_blocks(len(source), len(target), chunk))):
        x, y = samples[a][row : row + chunk], samples[b][column : column + chunk]
        on_diagonal = a == b and row == column
        gram = kernel(x, x if on_diagonal else y, width)
        total = gram.sum(1).sum(dtype=torch.double)  # rows first: a copy in double is a block more
        if on_diagonal:
            total = total - gram.diagonal().sum(dtype=torch.double)
        sums[a, b] += float(total) * (2 if a == b and not on_diagonal else 1)
    n, m = len(source), len(target)
    value = sums[0, 0] / (n * (n - 1)) + sums[1, 1] / (m * (m - 1)) - 2 * sums[0, 1] / (n * m)
    settings = {"kernel": getattr(kernel, "__name__", str(kernel)), "bandwidth": float(width)}
    return Divergence(value, n_source=n, n_target=m, settings={**settings, "chunk": chunk})


def _blocks(n: int, m: int, chunk: int) -> Iterator[Block]:
    """Every block of the upper triangle of the pooled kernel matrix."""
    for a, b, rows, columns in ((0, 0, n, n), (1, 1, m, m), (0, 1, n, m)):
        for row in range(0, rows, chunk):
            for column in range(row if a == b else 0, columns, chunk):
                yield a, b, row, column
