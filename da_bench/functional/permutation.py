"""Two-sample tests by permutation: the kernel matrix is computed once and reused."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from ._check import check_fit
from ._precision import widened
from .convergence import counted_warnings
from .kernels import Bandwidth, Kernel, multi_rbf, squared_distance
from .record import Divergence


@widened
@torch.no_grad()
def mmd_test(
    source: Tensor,
    target: Tensor,
    permutations: int = 500,
    kernel: Kernel = multi_rbf,
    bandwidth: Bandwidth = "median",
    seed: int = 0,
) -> Divergence:
    r"""Unbiased :math:`\mathrm{MMD}^2` and its permutation p-value, valid at any sizes.

    .. math:: p = \frac{1 + \#\{b: \mathrm{MMD}^2_b \ge \mathrm{MMD}^2\}}{1 + B}

    Gretton et al., "A kernel two-sample test", JMLR 2012, equation 3 and section 8; the p-value
    with its one, Phipson and Smyth, Statistical Applications in Genetics and Molecular Biology
    2010. With indicators ``a`` of the permuted source in a matrix ``(B, n + m)``, all statistics
    come of one product ``A K``: sums over pairs are :math:`a'Ka`, :math:`a'K1` and the total.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        permutations: :math:`B`, at least 1; the p-value is at least ``1 / (B + 1)``.
        kernel: See ``mmd2``; its bandwidth must look at the pooled sample only, as the median does.
        bandwidth: Bandwidth of the kernel.
        seed: Seed of the permutations; the global generator is not touched.

    Returns:
        The statistic, without an interval, and its p-value.

    Raises:
        ValueError: Widths differ, values or the statistic are not finite, fewer than two samples on
            a side or ``permutations`` is below 1.
    """
    check_fit(source, target, least=2)
    pooled_samples = torch.cat((source, target))
    gram = kernel(pooled_samples, pooled_samples, bandwidth)
    settings = {"kernel": getattr(kernel, "__name__", str(kernel)), "bandwidth": _plain(bandwidth)}
    return permuted_gram(gram, len(source), permutations, seed, settings)


@widened
@torch.no_grad()
def energy_test(
    source: Tensor, target: Tensor, permutations: int = 500, seed: int = 0
) -> Divergence:
    r"""Energy distance, its unbiased estimate, and the permutation p-value.

    .. math:: 2\,\mathbb{E}\|x - y\| - \mathbb{E}\|x - x'\| - \mathbb{E}\|y - y'\|

    Székely and Rizzo, "Energy statistics", Journal of Statistical Planning and Inference 2013,
    equation 5; pairs of a point with itself left out, so that the mean over equal distributions is
    0 at any sizes. It is :math:`\mathrm{MMD}^2` of the kernel :math:`-\|x - y\|` (Sejdinovic et
    al., Annals of Statistics 2013, theorem 22).

    Args, errors and the p-value are those of ``mmd_test``; the value is in units of the features.
    """
    check_fit(source, target, least=2)
    pooled_samples = torch.cat((source, target)).double()  # near points keep few digits in float32
    return permuted_gram(
        squared_distance(pooled_samples, pooled_samples).sqrt().neg(),
        len(source),
        permutations,
        seed,
        {},
    )


def permuted_gram(
    gram: Tensor, n: int, permutations: int, seed: int, settings: dict[str, Any]
) -> Divergence:
    """The test of a symmetric matrix ``(n + m, n + m)`` whose first ``n`` rows are the source."""
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, got {permutations}")
    size = len(gram)
    m = size - n
    # A constant added to all pairs changes no statistic, and without it sums keep their digits.
    off_diagonal = (gram.sum(dtype=torch.double) - gram.diagonal().sum(dtype=torch.double)).item()
    gram = (gram - off_diagonal / (size * (size - 1))).fill_diagonal_(0)
    smaller = min(n, m)
    indicators = indicators_of(size, smaller, permutations, seed).to(gram)
    indicators[0] = 0
    indicators[0, slice(0, n) if smaller == n else slice(n, size)] = 1
    product = indicators @ gram
    within_sums = (product * indicators).sum(1, dtype=torch.double)
    rows = product.sum(1, dtype=torch.double)
    total = gram.sum(dtype=torch.double)
    larger = size - smaller
    between_sums, other_sums = rows - within_sums, total - 2 * rows + within_sums
    values = (
        within_sums / (smaller * (smaller - 1))
        + other_sums / (larger * (larger - 1))
        - 2 * between_sums / (n * m)
    )
    return _record(values, n, m, permutations, seed, settings)


def indicators_of(size: int, count: int, permutations: int, seed: int) -> Tensor:
    """Rows ``(permutations + 1, size)`` with ``count`` ones at random; row 0 is to be filled in."""
    generator = torch.Generator().manual_seed(seed)
    keys = torch.rand(permutations + 1, size, generator=generator)
    indicators = torch.zeros(permutations + 1, size)
    return indicators.scatter_(1, keys.topk(count, dim=1).indices, 1.0)


@counted_warnings()
@widened
@torch.no_grad()
def permutation_test(
    source: Tensor,
    target: Tensor,
    statistic: Callable[[Tensor, Tensor], Any],
    permutations: int = 99,
    seed: int = 0,
) -> Divergence:
    """Any discrepancy's p-value, by computing it anew for each permutation of the pooled sample.

    The p-value is that of ``mmd_test``. Distances that are never negative read above 0 between
    samples of one distribution; the settings tell that as ``null``, the permutations' mean.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        statistic: Takes two samples to a scalar, or to a record with a ``value``.
        permutations: How many, at least 1.
        seed: Seed of the permutations, and of what the statistic draws by torch's global generator,
            which is restored afterwards.

    Raises:
        ValueError: As ``mmd_test``.
    """
    check_fit(source, target, least=2)
    if permutations < 1:
        raise ValueError(f"permutations must be at least 1, got {permutations}")
    pooled_samples, n = torch.cat((source, target)), len(source)
    generator = torch.Generator().manual_seed(seed)
    values = []
    for b in range(permutations + 1):
        order = (
            torch.randperm(len(pooled_samples), generator=generator)
            if b
            else torch.arange(len(pooled_samples))
        )
        x, y = pooled_samples[order].split([n, len(target)])
        # The same directions for all: what differs is the split. manual_seed of torch would
        # seed every GPU's generator too.
        gpu = [source.device] if source.is_cuda else []
        with torch.random.fork_rng(devices=gpu):
            torch.default_generator.manual_seed(seed)
            for device in gpu:
                with torch.cuda.device(device):
                    torch.cuda.manual_seed(seed)
            result = statistic(x, y)
        values.append(float(getattr(result, "value", result)))
    settings = {"statistic": getattr(statistic, "__name__", str(statistic))}
    return _record(
        torch.tensor(values, dtype=torch.double), n, len(target), permutations, seed, settings
    )


def _record(
    values: Tensor, n: int, m: int, permutations: int, seed: int, settings: dict[str, Any]
) -> Divergence:
    """The test of statistics ``(1 + B,)``, the observed first; near ties count as reached."""
    if not bool(values.isfinite().all()):  # no permutation reaches NaN, which would read as sure
        raise ValueError(
            f"the statistic is {float(values[0]):g}, and not finite in "
            f"{int((~values.isfinite()).sum())} of {len(values)} splits; scale the features first"
        )
    tie = 1e-9 * float(values.abs().max())
    extreme_count = int((values[1:] >= values[0] - tie).sum())
    all_settings = {**settings, "permutations": permutations, "seed": seed}
    all_settings["null"] = float(values[1:].mean())
    p = (1 + extreme_count) / (1 + permutations)
    return Divergence(float(values[0]), math.nan, math.nan, n, m, p, all_settings)


def _plain(bandwidth: Bandwidth) -> float | str:
    return bandwidth if isinstance(bandwidth, str) else float(bandwidth)


def holm(p_values: Sequence[float]) -> list[float]:
    r"""P-values of several tests, adjusted so that all together err with chance alpha at most.

    .. math:: \tilde p_{(i)} = \max_{j \le i} \min(1, (k - j + 1)\, p_{(j)})

    Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
    Statistics 1979. Valid however the tests depend on each other.

    Args:
        p_values: P-values of ``k`` tests, each in ``[0, 1]``.

    Returns:
        Adjusted p-values, in the order given.

    Raises:
        ValueError: One is not within 0 and 1.
    """
    wrong_values = [p for p in p_values if not 0 <= p <= 1]
    if wrong_values:
        raise ValueError(
            f"p-values must lie in [0, 1], got {wrong_values[0]}; leave out what has none"
        )
    adjusted, largest_p_value = [0.0] * len(p_values), 0.0
    for done, i in enumerate(sorted(range(len(p_values)), key=lambda i: p_values[i])):
        largest_p_value = max(largest_p_value, min(1.0, (len(p_values) - done) * p_values[i]))
        adjusted[i] = largest_p_value
    return adjusted
