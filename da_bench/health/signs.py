"""The measurements behind the diagnoses: tensors in, numbers out."""

import torch
from torch import Tensor


def effective_rank(z: Tensor) -> float:
    r"""Exponential of the entropy of the normalised singular values of centred features.

    .. math:: \exp\Bigl(-\sum_i p_i \log p_i\Bigr), \quad p_i = \sigma_i / \sum_j \sigma_j

    Roy and Vetterli, "The effective rank", EUSIPCO 2007, Eq. 3. As a measure of learnt features:
    Garrido et al., "RankMe", ICML 2023.

    Args:
        z: Features ``(n, d)``.

    Returns:
        From 1 to ``min(n, d)``; 1 where all samples are one point.
    """
    centred_z = (z - z.mean(0)).double()
    small = centred_z @ centred_z.T if len(z) < z.shape[1] else centred_z.T @ centred_z
    values = torch.linalg.eigvalsh(small).clamp_min(0).sqrt()
    return effective_number(values)


def effective_number(amounts: Tensor) -> float:
    r"""Exponential of the entropy of shares: how many equal ones would be as mixed.

    Hill, "Diversity and evenness", Ecology 1973, of order 1.

    Args:
        amounts: Counts or weights ``(k,)``, none negative.

    Returns:
        From 1 to ``k``; 1 where there is nothing.
    """
    total = amounts.sum()
    if float(total) <= 0:
        return 1.0
    shares = amounts / total
    return float(torch.special.entr(shares).sum().exp())


def classes_among(labels: Tensor, classes: int) -> float:
    """Effective number of classes among labels ``(n,)``, others left out."""
    known_labels = labels[(labels >= 0) & (labels < classes)]
    return effective_number(torch.bincount(known_labels, minlength=classes).double())


def balanced_accuracy(source_right: Tensor, target_right: Tensor) -> float:
    """Mean of the two domains' shares of right answers, from bool ``(n,)`` and ``(m,)``."""
    return float(0.5 * (source_right.double().mean() + target_right.double().mean()))


def separable_by_means(source: Tensor, target: Tensor) -> float | None:
    """Balanced accuracy of the nearest mean, learnt on every second sample, tested on the others.

    Nearest in units of each feature's deviation within the domains: the diagonal linear
    discriminant of Dudoit, Fridlyand and Speed, Journal of the American Statistical Association
    2002, section 2.1. A rival for a critic that knows nothing of it. At random it is 0.5, with a
    standard error of about ``0.5 / sqrt(n)`` for ``n`` samples a domain.

    Args:
        source: Features ``(n, d)``.
        target: Features ``(m, d)``.

    Returns:
        In ``[0, 1]``; None where a domain has fewer than 4 samples.
    """
    if min(len(source), len(target)) < 4:
        return None
    source_half, target_half = source[::2].double(), target[::2].double()
    mean_difference = source_half.mean(0) - target_half.mean(0)
    within_variance = (source_half.var(0) + target_half.var(0)) / 2
    # A feature that hardly varies would else be all there is.
    within_variance = (
        within_variance + 1e-6 * within_variance.mean() + torch.finfo(torch.float64).tiny
    )
    middle = (source_half.mean(0) + target_half.mean(0)) / 2
    source_scores, target_scores = (
        (z[1::2] - middle) @ (mean_difference / within_variance) for z in (source, target)
    )
    return balanced_accuracy(source_scores > 0, target_scores <= 0)


def gap(source: tuple[Tensor, Tensor], target: tuple[Tensor, Tensor], most: float = 10.0) -> float:
    r"""Mean over channels of :math:`|\mu_s - \mu_t| / \sqrt{(\sigma_s^2 + \sigma_t^2) / 2}`.

    Cohen's :math:`d` of each channel, cut off at ``most``: one that hardly varies within a domain
    would else stand for all.

    Args:
        source: Means and standard deviations ``(c,)``.
        target: The other domain's.
        most: What counts of one channel.

    Returns:
        From 0 to ``most``.
    """
    pooled_deviation = ((source[1] ** 2 + target[1] ** 2) / 2).sqrt()
    mean_difference = (source[0] - target[0]).abs()
    # Nothing over nothing is no distance.
    return float(
        (mean_difference / pooled_deviation).nan_to_num(nan=0.0, posinf=most).clamp_max(most).mean()
    )
