"""Penalties on predictions for unlabelled samples: ``(n, k) -> scalar``, differentiable."""

import torch
from torch import Tensor

from ._check import check_classes, check_positive
from ._precision import widened
from .entropy import entropy, entropy_weights


@widened
def mean_entropy(logits: Tensor) -> Tensor:
    r"""Mean conditional entropy :math:`-\frac1n \sum_i \sum_k p_{ik} \log p_{ik}`.

    Minimised, it moves the decision boundary away from the samples. Grandvalet and Bengio,
    "Semi-supervised learning by entropy minimization", NIPS 2004, equation 6.

    Args:
        logits: Shape ``(n, k)``.

    Returns:
        Scalar in nats, in ``[0, log k]``.

    Raises:
        ValueError: Fewer than two classes; so of each function here.
    """
    check_classes(logits)
    return entropy(logits).mean()


@widened
def information_maximisation(logits: Tensor, diversity: float = 1.0) -> Tensor:
    r"""Mean entropy minus the entropy of the mean: :math:`\frac1n \sum_i H(p_i) - w H(\bar p)`.

    With ``diversity`` 1, minus the mutual information of sample and prediction: each prediction
    sure, all classes in use. Krause et al., "Discriminative clustering by regularized information
    maximization", NIPS 2010; for domain adaptation Shi and Sha, ICML 2012, and, with ``diversity``
    1 restated as equation 3, Liang, Hu and Feng, "Do we really need to access the source data?",
    ICML 2020.

    Args:
        logits: Shape ``(n, k)``.
        diversity: :math:`w`, at least 0; with 0 only the mean entropy is left.

    Returns:
        Scalar in nats; in ``[-log k, 0]`` for ``diversity`` 1.

    Raises:
        ValueError: ``diversity`` is negative or not finite.
    """
    check_classes(logits)
    check_positive("diversity", diversity, zero=True)
    # A class masked by -inf stays out of the gradient, where logsumexp of -inf alone has none.
    log_p = logits.log_softmax(1).clamp_min(torch.finfo(logits.dtype).min)
    log_mean = log_p.logsumexp(0) - torch.log(logits.new_tensor(len(logits)))
    return mean_entropy(logits) - diversity * entropy(log_mean)


@widened
def mcc(logits: Tensor, temperature: float = 2.5) -> Tensor:
    r"""Minimum class confusion.

    With :math:`\hat y = \mathrm{softmax}(\text{logits} / T)` and entropy weights :math:`w`, of mean
    one, :math:`w_i \propto 1 + e^{-H(\hat y_i)}`:

    .. math:: C_{jk} = \hat y_{\cdot j}^\top \mathrm{diag}(w)\, \hat y_{\cdot k}, \quad
              \tilde C_{jk} = \frac{C_{jk}}{\sum_l C_{jl}}, \quad
              L = \frac1K \sum_j \sum_{k \ne j} \tilde C_{jk}

    Jin et al., "Minimum class confusion for versatile domain adaptation", ECCV 2020, equations 1
    to 7. As in the authors' code, no gradient passes through the weights.

    Args:
        logits: Shape ``(n, k)``.
        temperature: :math:`T`, above 0; 2.5 in the paper.

    Returns:
        Scalar in ``[0, 1 - 1/k]``, up to rounding.

    Raises:
        ValueError: ``temperature`` is not positive.
    """
    check_classes(logits)
    check_positive("temperature", temperature)
    scaled_logits = logits / temperature
    p = scaled_logits.softmax(1)
    confusion = (p * entropy_weights(scaled_logits.detach())[:, None]).T @ p
    # A class that nobody is predicted to be has an empty row: no confusion, and not 0 / 0.
    rows = confusion.sum(1, keepdim=True).clamp_min(torch.finfo(p.dtype).tiny)
    shares = confusion / rows
    return (shares.sum() - shares.diagonal().sum()) / logits.shape[1]


@widened
def bnm(logits: Tensor) -> Tensor:
    r"""Batch nuclear-norm maximisation: :math:`-\|P\|_* / n`, :math:`P` the softmax ``(n, k)``.

    The nuclear norm, the sum of singular values, is large where predictions are sure and diverse.
    Cui et al., "Towards discriminability and diversity: batch nuclear-norm maximization under label
    insufficient situations", CVPR 2020, equation 12.

    Args:
        logits: Shape ``(n, k)``.

    Returns:
        Scalar, in ``[-1, 0)``.
    """
    check_classes(logits)
    return -torch.linalg.matrix_norm(logits.softmax(1), "nuc") / len(logits)
