"""How sure and how diverse predictions for the target are."""

from da_bench.functional import predictions
from da_bench.functional.entropy import entropy_weights

from .outputs import Outputs, target_logits


def entropy(outputs: Outputs) -> float:
    """Mean entropy of the target's predictions, in nats. Lower is better; in ``[0, log k]``.

    A model that calls everything one class, and is sure of it, is the best by that.

    Reference:
        Morerio, Cavazza and Murino, "Minimal-entropy correlation alignment", ICLR 2018.

    Raises:
        Undefined: No target sample or one class; so of each here.
    """
    return predictions.mean_entropy(target_logits(outputs)).item()


def information_maximisation(outputs: Outputs) -> float:
    """Mutual information of sample and prediction, in nats. Higher is better; ``[0, log k]``.

    Reference:
        Musgrave, Belongie and Lim, "Benchmarking validation methods for unsupervised domain
        adaptation", 2022, section 3; Shi and Sha, ICML 2012.
    """
    return -predictions.information_maximisation(target_logits(outputs)).item()


def bnm(outputs: Outputs) -> float:
    """Nuclear norm of the target's probabilities over their number. Higher is better; ``(0, 1]``.

    Reference:
        Cui et al., CVPR 2020; as a validator Musgrave et al., 2022.
    """
    return -predictions.bnm(target_logits(outputs)).item()


def mcc(outputs: Outputs, temperature: float = 2.5) -> float:
    r"""Minimum class confusion of the whole target. Lower is better; in ``[0, 1 - 1/k]``.

    The number that :func:`da_bench.functional.predictions.mcc` gives, without its matrix
    ``(k, k)``: probabilities sum to one, so row :math:`j` of the confusion sums to
    :math:`\sum_i w_i p_{ij}`, and only its diagonal is needed. For 10,000 classes that matrix
    would take 800 MB.

    Reference:
        Jin et al., "Minimum class confusion for versatile domain adaptation", ECCV 2020.
    """
    scaled_logits = target_logits(outputs) / temperature
    p, w = scaled_logits.softmax(1), entropy_weights(scaled_logits)[:, None]
    rows, diagonal = (w * p).sum(0), (w * p.square()).sum(0)
    nonempty = rows > 0  # a class of no probability has an empty row
    return ((1 - diagonal[nonempty] / rows[nonempty]).sum() / scaled_logits.shape[1]).item()
