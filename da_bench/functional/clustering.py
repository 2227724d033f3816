"""Clusters of a sample on the sphere, from given centres."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ._check import check_positive
from ._precision import widened
from .convergence import not_converged


@widened
def spherical_kmeans(z: Tensor, centres: Tensor, iterations: int = 100) -> tuple[Tensor, Tensor]:
    r"""k-means by direction: each point to its centre of largest cosine, centres to their members.

    .. math:: \hat y_i = \arg\min_c \tfrac12 (1 - \cos(z_i, o_c)), \quad
              o_c \leftarrow \sum_{\hat y_i = c} z_i / \|z_i\|

    As Kang et al., CVPR 2019, label the target from source centres. Clusters keep the number of the
    centre that they started from; one that loses its members keeps its centre. It ends where no
    point changes.

    Args:
        z: Shape ``(n, d)``.
        centres: To start from, shape ``(k, d)``; only their direction counts.
        iterations: At most.

    Returns:
        Clusters ``(n,)``, and each point's distance to its centre, ``(n,)`` in ``[0, 1]``.

    Raises:
        ValueError: Widths differ, there is no centre, or a value is NaN or infinite.

    Warns:
        NotConverged: Points still change their cluster at the last iteration.
    """
    check_positive("iterations", iterations)
    if z.ndim != 2 or centres.ndim != 2 or z.shape[1] != centres.shape[1] or not len(centres):
        raise ValueError(
            f"expected points (n, d) and centres (k, d), one at least, got {tuple(z.shape)} and "
            f"{tuple(centres.shape)}"
        )
    for name, values in (("points", z), ("centres", centres)):
        if not bool(values.isfinite().all()):
            raise ValueError(f"{name} hold NaN or infinite values, which have no direction")
    z, centres = F.normalize(z, dim=1), F.normalize(centres, dim=1)
    cosine, labels = (z @ centres.T).max(1)
    for _ in range(iterations):
        sums = torch.zeros_like(centres).index_add(0, labels, z)
        is_empty = torch.bincount(labels, minlength=len(centres))[:, None] == 0
        centres = torch.where(is_empty, centres, F.normalize(sums, dim=1))
        before = labels
        cosine, labels = (z @ centres.T).max(1)
        if torch.equal(before, labels):
            break
    else:
        moved_share = float((before != labels).double().mean())
        not_converged(
            "spherical_kmeans", moved_share, "share of points that still change their cluster", 0,
            f"raise iterations, now {iterations}"
        )  # fmt: skip
    return labels, (0.5 * (1 - cosine)).clamp(0, 1)
