"""Losses of self-training: what a teacher believes of unlabelled samples, as the pupil's target."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ._check import check_classes
from ._precision import widened


@widened
def pseudo_label_loss(logits: Tensor, teacher: Tensor, threshold: float = 0.0) -> Tensor:
    r"""Cross-entropy against the teacher's hard labels, of samples that it is sure of.

    .. math:: \frac1n \sum_i 1[\max_k q_{ik} \ge \tau]\; H(\arg\max_k q_{ik},\, p_i)

    with :math:`q` and :math:`p` the softmax of ``teacher`` and ``logits``. The mean is over all
    ``n``, not over the sure ones. With the pupil as its own teacher and :math:`\tau = 0`, Lee,
    "Pseudo-label", ICML workshop 2013, the unlabelled term of its overall loss; with two views of
    the samples, Sohn et al., "FixMatch", NeurIPS 2020, equation 4.

    Args:
        logits: The pupil's, shape ``(n, k)``.
        teacher: Teacher's logits of the same samples, shape ``(n, k)``; takes no gradient.
        threshold: :math:`\tau`, in ``[0, 1]``.

    Returns:
        Scalar, in nats.

    Raises:
        ValueError: Fewer than two classes, or no sample.
    """
    check_classes(logits)
    confidence, label = teacher.detach().softmax(1).max(1)
    losses = F.cross_entropy(logits, label, reduction="none")
    return (losses * (confidence >= threshold)).mean()


@widened
def self_ensembling_loss(
    logits: Tensor, teacher: Tensor, threshold: float = 0.968, balance: float = 0.0
) -> Tensor:
    r"""Squared difference of probabilities where the teacher is sure, and a pull to even classes.

    .. math:: \frac1n \sum_i 1[\max_k q_{ik} > \tau]\,\frac1K \|p_i - q_i\|^2
              + b\,m \sum_k \mathrm{BCE}\big(\tfrac1K, \bar p_k\big)

    with :math:`m` the share of sure samples and :math:`\bar p` the mean prediction. French,
    Mackiewicz and Fisher, "Self-ensembling for visual domain adaptation", ICLR 2018, section 3
    (confidence thresholding, class imbalance loss) and the authors' code, which fixes the means.

    Args:
        logits: The pupil's, shape ``(n, k)``.
        teacher: Teacher's logits of the same samples, shape ``(n, k)``; takes no gradient.
        threshold: :math:`\tau`, in ``[0, 1]``.
        balance: :math:`b`, at least 0.

    Returns:
        Scalar.

    Raises:
        ValueError: Fewer than two classes, or no sample.
    """
    check_classes(logits)
    p, q = logits.softmax(1), teacher.detach().softmax(1)
    is_confident = (q.amax(1) > threshold).to(p.dtype)
    loss = ((p - q).square().mean(1) * is_confident).mean()
    if not balance:
        return loss
    uniform_share, mean = 1 / p.shape[1], p.mean(0)
    tiny = torch.finfo(p.dtype).tiny  # a class that is never predicted: large, not infinite
    bce = (
        -uniform_share * mean.clamp_min(tiny).log()
        - (1 - uniform_share) * (1 - mean).clamp_min(tiny).log()
    )
    return loss + balance * is_confident.mean() * bce.sum()


@widened
def neighbour_predictions(
    z: Tensor, index: Tensor, bank_z: Tensor, bank_p: Tensor, neighbours: int = 5
) -> Tensor:
    r"""The mean prediction of each sample's nearest others in a memory bank, by cosine.

    .. math:: \hat q_i = \frac1m \sum_{j \in N_i} \bar p_j, \quad i \notin N_i

    Liang, Hu and Feng, "Domain adaptation with auxiliary target domain-oriented classifier", CVPR
    2021, equation 7 (neighbourhood aggregation, ATDOC-NA).

    Args:
        z: Features of a batch, shape ``(n, d)``.
        index: Their places in the bank, shape ``(n,)``.
        bank_z: Features of the whole target, of unit length, shape ``(N, d)``.
        bank_p: Their (sharpened) predictions, shape ``(N, k)``.
        neighbours: :math:`m`, at least 1 and below ``N``.

    Returns:
        Shape ``(n, k)``, without gradient.

    Raises:
        ValueError: The bank does not hold that many other samples.
    """
    if not 1 <= neighbours < len(bank_z):
        raise ValueError(
            f"neighbours={neighbours}: the bank holds {len(bank_z)} samples, a sample itself is no "
            "neighbour of its own; ask for at least 1 and for fewer than it holds"
        )
    similarities = (
        z.detach() @ bank_z.T
    )  # its own length scales a whole row, which changes no order
    similarities = similarities.scatter(1, index[:, None], -torch.inf)
    neighbours_found = similarities.topk(neighbours, 1)
    # NaN is no neighbour: what has no distance has no prediction either.
    return bank_p[neighbours_found.indices].mean(1) + 0 * neighbours_found.values.sum(
        1, keepdim=True
    )


@widened
def neighbour_loss(logits: Tensor, aggregated: Tensor) -> Tensor:
    r"""Cross-entropy against the neighbours' label, weighted by their agreement.

    .. math:: \sum_i \hat q_{i \hat y_i}\, H(\hat y_i, p_i) \Big/ \sum_i \hat q_{i \hat y_i}, \quad
              \hat y_i = \arg\max_k \hat q_{ik}

    Liang et al., CVPR 2021, equation 8, normalised as in the authors' code.

    Args:
        logits: The pupil's, shape ``(n, k)``.
        aggregated: :math:`\hat q` of :func:`neighbour_predictions`, shape ``(n, k)``.

    Returns:
        Scalar, in nats.
    """
    weight, label = aggregated.max(1)
    losses = F.cross_entropy(logits, label, reduction="none")
    tiny = torch.finfo(weight.dtype).tiny
    return (weight * losses).sum() / weight.sum().clamp_min(tiny)


@widened
def sharpened(logits: Tensor) -> Tensor:
    r"""Squared probabilities over their class's sum :math:`p_{ik}^2 / \sum_j p_{jk}^2` in a batch.

    Sure predictions grow and each class gets the same mass, so that rare ones are heard. Rows do
    not sum to one. Liang et al., CVPR 2021, equation 6, as in the authors' code.

    Args:
        logits: Shape ``(n, k)``.

    Returns:
        Shape ``(n, k)``, each column summing to one; zeros in that of a class that every sample
        masks by ``-inf``.
    """
    # In logarithms: the squares of a class that nobody predicts would underflow to 0 / 0.
    log_p = logits.log_softmax(1)
    is_masked = (log_p == -torch.inf).all(0)
    return torch.where(is_masked, 0, (2 * torch.where(is_masked, 0, log_p)).softmax(0))
