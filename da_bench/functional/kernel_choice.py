"""The kernel of an MMD test, chosen for its power on samples that the test does not see."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ._check import check_fit
from ._precision import widened
from .kernels import Bandwidth, Kernel, median_distance, rbf
from .permutation import mmd_test
from .record import Divergence

FACTORS = (0.125, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Bandwidths to choose from, as multiples of the median rule's."""


@widened
@torch.no_grad()
def mmd_power_test(
    source: Tensor,
    target: Tensor,
    permutations: int = 500,
    factors: Sequence[float] = FACTORS,
    seed: int = 0,
) -> Divergence:
    r"""``mmd_test`` with the Gaussian kernel whose power is largest, chosen on the other half.

    Half of each sample chooses the bandwidth of the largest :math:`\widehat{\mathrm{MMD}}^2 /
    \hat\sigma`, see ``power_criterion``; the test is of the half that did not choose, so that it
    stays valid. Gretton et al., "Optimal kernel choice for large-scale two-sample tests", NIPS
    2012; Liu et al., "Learning deep kernels for non-parametric two-sample tests", ICML 2020.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        permutations: As for ``mmd_test``.
        factors: Factors of the median rule's bandwidth, to choose from.
        seed: Seed of the halves and the permutations.

    Returns:
        As ``mmd_test``, of the test halves; the settings name the bandwidth.

    Raises:
        ValueError: As ``mmd_test``, fewer than four samples on a side, or no factor.
    """
    check_fit(source, target, least=4)
    if not factors:
        raise ValueError("factors is empty; give at least one, e.g. (1.0,)")
    generator = torch.Generator().manual_seed(seed)
    halves = []
    for sample in (source, target):
        order = torch.randperm(len(sample), generator=generator).to(sample.device)
        halves.append(sample[order].split([len(sample) // 2, len(sample) - len(sample) // 2]))
    (choose_x, test_x), (choose_y, test_y) = halves
    middle = float(median_distance(choose_x, choose_y))
    best = max(factors, key=lambda f: float(power_criterion(choose_x, choose_y, rbf, f * middle)))
    record = mmd_test(test_x, test_y, permutations, rbf, best * middle, seed)
    return record._replace(settings={**record.settings, "factor": best})


@widened
def power_criterion(
    x: Tensor, y: Tensor, kernel: Kernel = rbf, bandwidth: Bandwidth = "median", floor: float = 1e-8
) -> Tensor:
    r"""What the power of an MMD test grows with, differentiable.

    .. math:: \frac{\frac{1}{n(n-1)} \sum_{i \ne j} H_{ij}}
              {\sqrt{\frac{4}{n^3} \sum_i (\sum_j H_{ij})^2 - \frac{4}{n^4} (\sum_{ij} H_{ij})^2
              + \lambda}}, \quad H_{ij} = k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) - k(x_j, y_i)

    Liu et al., ICML 2020, equations 2, 3 and 5. The larger sample is cut to the smaller's size.

    Args:
        x: First sample, shape ``(n, d)``.
        y: Second sample, shape ``(m, d)``.
        kernel: As for ``mmd2``.
        bandwidth: Bandwidth of the kernel.
        floor: :math:`\lambda`.

    Returns:
        Scalar, without a unit.
    """
    check_fit(x, y, least=2)
    n = min(len(x), len(y))
    pooled_samples = torch.cat((x[:n], y[:n]))
    gram = kernel(pooled_samples, pooled_samples, bandwidth)
    h = gram[:n, :n] + gram[n:, n:] - gram[:n, n:] - gram[n:, :n]
    rows = h.sum(1)
    variance = 4 / n**3 * rows.square().sum() - 4 / n**4 * rows.sum() ** 2
    value = (h.sum() - h.diagonal().sum()) / (n * (n - 1))
    return value / (variance.clamp_min(0) + floor).sqrt()
