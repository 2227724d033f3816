"""MixVal: mixed target samples as probes. Needs forward passes of the trained model."""

from collections.abc import Callable

import torch
from torch import Tensor

from .outputs import Undefined

BATCH = 512


@torch.no_grad()
def mixval(
    model: Callable[[Tensor], Tensor], x: Tensor, share: float = 0.55, seed: int = 0
) -> tuple[float, float]:
    r"""Whether predictions of mixed target samples agree with their mixed pseudo-labels.

    Of two target samples with predictions :math:`\hat y_i, \hat y_j`, the probe
    :math:`\lambda x_i + (1 - \lambda) x_j` is right where it is called :math:`\hat y_i`, for
    :math:`\lambda > 1/2`. Pairs of one cluster (equal predictions) tell of the density within it,
    of two clusters (different ones) of the boundary between them. No training; it costs two
    forward passes a target sample, one for the sample and one for its probe.

    Args:
        model: Inputs ``(n, ...)`` to logits ``(n, k)``, such as ``da_bench.load(folder)``.
        x: Target inputs ``(m, ...)``, one tensor.
        share: :math:`\lambda`, in ``(0.5, 1)``; 0.55 as in the authors' code.
        seed: Seed of the pairs.

    Returns:
        Share of probes within and between clusters that are called as their larger part, each in
        ``[0, 1]``, higher for better. The paper averages the ranks of models by the two.

    Reference:
        Hu, Liang, Liew, Xue, Bai and Wang, "Mixed samples as probes for unsupervised model
        selection in domain adaptation", NeurIPS 2023.

    Raises:
        ValueError: ``share`` is out of range.
        Undefined: All predictions are one class, or no pair of one of the two kinds was drawn.
    """
    if not 0.5 < share < 1:
        raise ValueError(f"share={share}: the larger part of a probe lies in (0.5, 1), as 0.55")
    predicted = torch.cat([model(part).argmax(1) for part in x.split(BATCH)])
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(seed)).to(x.device)
    probes = share * x + (1 - share) * x[order]
    predicted_probes = torch.cat([model(part).argmax(1) for part in probes.split(BATCH)])
    is_right, is_within_class = predicted_probes == predicted, predicted == predicted[order]
    is_within_class &= order != torch.arange(
        len(x), device=x.device
    )  # a sample is no pair with itself
    is_between_classes = predicted != predicted[order]
    if not is_within_class.any() or not is_between_classes.any():
        raise Undefined(
            f"{int(is_within_class.sum())} pairs within classes and "
            f"{int(is_between_classes.sum())} between them, of "
            f"{len(x)} target samples: MixVal needs some of each; the model may have collapsed"
        )
    return is_right[is_within_class].double().mean().item(), is_right[
        is_between_classes
    ].double().mean().item()
