"""Which pre-trained model suits a labelled sample, from one pass over it: outputs and labels in."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from ._check import check_labels, check_matrix
from .record import Score, jackknife


@torch.no_grad()
def leep(probabilities: Tensor, y: Tensor, groups: int = 10) -> Score:
    r"""Log expected empirical prediction, at most 0.

    .. math:: \frac1n \sum_i \log \sum_z \hat P(y_i \mid z)\, \theta(x_i)_z, \quad
              \hat P(y, z) = \frac1n \sum_{i: y_i = y} \theta(x_i)_z

    Nguyen, Hassner, Seeger and Archambeau, "LEEP", ICML 2020, equations 1 and 2.

    Args:
        probabilities: :math:`\theta`, of the pre-training classes, shape ``(n, z)``.
        y: Classes of the new task, shape ``(n,)``; they may skip numbers.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

    Returns:
        The mean log likelihood, in nats.

    Raises:
        ValueError: Shapes do not fit, no sample, labels are hidden, or a row is no distribution.
    """
    p = check_matrix("probabilities", probabilities)
    if not bool((p >= 0).all()) or not bool(((p.sum(1) - 1).abs() < 1e-3).all()):
        raise ValueError("rows of probabilities must be at least 0 and sum to 1: softmax them")
    classes = check_labels(y, len(p))

    def statistic(index: Tensor) -> float:
        theta, (label, k) = p[index], _inner(classes[index])
        joint = theta.new_zeros(k, theta.shape[1]).index_add_(0, label, theta)
        conditional = joint / joint.sum(0).clamp_min(torch.finfo(joint.dtype).tiny)
        return float((conditional[label] * theta).sum(1).log().mean())

    return _score(statistic, len(p), groups, {"source_classes": p.shape[1]})


@torch.no_grad()
def nce(source_labels: Tensor, y: Tensor, groups: int = 10) -> Score:
    r"""Negative conditional entropy :math:`-\hat H(Y \mid Z)`, at most 0.

    .. math:: \frac1n \sum_i \log \frac{n(y_i, z_i)}{n(z_i)}

    Tran, Nguyen and Hassner, "Transferability and hardness of supervised classification tasks",
    ICCV 2019, equations 4 to 7. Where each :math:`z` occurs once it is 0 and says nothing.

    Args:
        source_labels: :math:`z`, true or predicted pre-training classes, shape ``(n,)``.
        y: Classes of the new task, shape ``(n,)``.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

    Returns:
        The score, in nats.

    Raises:
        ValueError: Shapes do not fit, no sample or labels are hidden.
    """
    if not len(y):
        raise ValueError("y holds no sample: give labelled ones")
    classes, z = check_labels(y, len(y)), check_labels(source_labels, len(y))

    def statistic(index: Tensor) -> float:
        pairs = z[index] * (int(classes.max()) + 1) + classes[index]
        pair_counts, class_counts = (
            v.unique(return_counts=True)[1].double() for v in (pairs, z[index])
        )
        return float(
            (pair_counts * pair_counts.log()).sum() - (class_counts * class_counts.log()).sum()
        ) / len(index)

    return _score(statistic, len(y), groups, {"source_classes": int(z.max()) + 1})


@torch.no_grad()
def h_score(
    features: Tensor,
    y: Tensor,
    shrinkage: float | Literal["ledoit-wolf"] = 0.0,
    groups: int = 10,
) -> Score:
    r"""H-score: how much of the features' variance lies between the classes, at least 0.

    .. math:: \mathrm{tr}\big(\Sigma_\alpha^+ (1 - \alpha) \Sigma_{E[f \mid y]}\big), \quad
              \Sigma_\alpha = (1 - \alpha) \Sigma_f + \alpha \tfrac{\mathrm{tr} \Sigma_f}{d} I

    Bao et al., "An information-theoretic approach to transferability", ICIP 2019, definition 2,
    with :math:`\alpha = 0`. With few samples of many features that reads high for any labels;
    shrinkage holds it back (Ibrahim, Ponomareva and Mazumder, "Newer is not always better",
    ECML PKDD 2022, section 4). Both covariances are divided by ``n``: their ratio is what counts.

    Args:
        features: :math:`f`, shape ``(n, d)``.
        y: Classes, shape ``(n,)``.
        shrinkage: :math:`\alpha` in ``[0, 1]``; ``"ledoit-wolf"`` is the rule of Ledoit and Wolf,
            Journal of Multivariate Analysis 2004.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

    Returns:
        The score, without a unit; at most one less than the number of classes.

    Raises:
        ValueError: Shapes do not fit, values are not finite, labels are hidden, or ``shrinkage``
            is out of range.
    """
    f = check_matrix("features", features)
    if isinstance(shrinkage, str) and shrinkage != "ledoit-wolf":
        raise ValueError(f"shrinkage must be a number or 'ledoit-wolf', got {shrinkage!r}")
    if not isinstance(shrinkage, str) and not 0 <= shrinkage <= 1:
        raise ValueError(f"shrinkage must lie in [0, 1], got {shrinkage}")
    classes, d = check_labels(y, len(f)), f.shape[1]

    def statistic(index: Tensor) -> float:
        centred_features, (label, k) = f[index] - f[index].mean(0), _inner(classes[index])
        means = centred_features.new_zeros(k, d).index_add_(0, label, centred_features)
        between_means = means / torch.bincount(label, minlength=k).double().sqrt()[:, None]
        alpha = ledoit_wolf(centred_features) if isinstance(shrinkage, str) else shrinkage
        within_covariance = (1 - alpha) * centred_features.T @ centred_features / len(index)
        size = centred_features.square().sum() / (len(index) * d)
        inverse = torch.linalg.pinv(
            within_covariance + alpha * size * torch.eye(d).to(f), hermitian=True
        )
        return float((1 - alpha) * (between_means @ inverse * between_means).sum() / len(index))

    return _score(statistic, len(f), groups, {"shrinkage": shrinkage})


def ledoit_wolf(centred: Tensor) -> float:
    r"""The share of the identity that makes a covariance's squared error least, in ``[0, 1]``.

    .. math:: \min\Big(1, \frac{\frac1{n^2} \sum_i \|x_i x_i' - S\|_F^2}
              {\|S - \frac{\mathrm{tr} S}{d} I\|_F^2}\Big)

    Ledoit and Wolf, Journal of Multivariate Analysis 2004, lemmas 3.2 to 3.4.

    Args:
        centred: Features without their mean, shape ``(n, d)``.
    """
    n, d = centred.shape
    gram = centred.T @ centred / n if d < n else centred @ centred.T / n  # the same norms
    norm, trace = float(gram.square().sum()), float(centred.square().sum() / n)
    spread = norm - trace**2 / d
    error = (float(centred.square().sum(1).square().sum()) / n - norm) / n
    # Of constant features or one, the identity is the covariance: nothing is lost by it.
    return min(1.0, max(0.0, error / spread)) if spread > 1e-14 * trace**2 else 0.0


@torch.no_grad()
def transrate(features: Tensor, y: Tensor, epsilon: float = 1e-4, groups: int = 10) -> Score:
    r"""TransRate: bits that the classes save in coding the features, at least 0.

    .. math:: R(Z) - \sum_c \frac{n_c}{n} R(Z^c), \quad
              R(Z) = \tfrac12 \log\det\big(I + \tfrac{1}{n \epsilon} Z' Z\big)

    with ``Z`` the features less their mean. Huang et al., "Frustratingly easy transferability
    estimation", ICML 2022, equation 4; their listing weighs classes alike, which is the same where
    they are as large. The smaller of the two Gram matrices is taken.

    Args:
        features: Shape ``(n, d)``.
        y: Classes, shape ``(n,)``.
        epsilon: :math:`\epsilon`, distortion that is allowed, in squared units of the features.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

    Returns:
        The score, in nats.

    Raises:
        ValueError: Shapes do not fit, values are not finite, labels are hidden or ``epsilon`` is
            not positive.
    """
    if not epsilon > 0:
        raise ValueError(f"epsilon must be positive, got {epsilon}")
    f = check_matrix("features", features)
    classes = check_labels(y, len(f))

    def rate(z: Tensor) -> float:
        gram = (z.T @ z if z.shape[1] < len(z) else z @ z.T) / (len(z) * epsilon)
        return float(torch.linalg.slogdet(gram + torch.eye(len(gram)).to(f))[1]) / 2

    def statistic(index: Tensor) -> float:
        z, (label, _) = f[index] - f[index].mean(0), _inner(classes[index])
        order, counts = label.argsort(), torch.bincount(label).tolist()
        parts = z[order].split(counts)
        return rate(z) - sum(len(part) * rate(part) for part in parts) / len(z)

    return _score(statistic, len(f), groups, {"epsilon": epsilon})


def _inner(classes: Tensor) -> tuple[Tensor, int]:
    """Classes counted anew among the samples kept."""
    present_classes, label = classes.unique(return_inverse=True)
    return label, len(present_classes)


def _score(statistic: Any, n: int, groups: int, settings: Mapping[str, Any]) -> Score:
    return Score(*jackknife(statistic, (n,), groups), n, {**settings, "groups": groups})
