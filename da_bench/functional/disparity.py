"""How far two classifiers disagree on features: what MCD and MDD play their game over."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ._precision import widened


@widened
def classifier_discrepancy(logits: Tensor, other: Tensor) -> Tensor:
    r"""Mean absolute difference of two classifiers' probabilities.

    .. math:: \frac{1}{nk} \sum_{i,c} |p_{ic} - p'_{ic}|

    The discrepancy loss of Saito et al., "Maximum classifier discrepancy for unsupervised domain
    adaptation", CVPR 2018, equation 1.

    Args:
        logits: Logits of one classifier, shape ``(n, k)``.
        other: Logits of the other, on the same samples, shape ``(n, k)``.

    Returns:
        Scalar, in ``[0, 2 / k]``; symmetric, zero where both agree.

    Raises:
        ValueError: The shapes differ.
    """
    _check_same(logits, other)
    return (logits.softmax(1) - other.softmax(1)).abs().mean()


@widened
def margin_disparity(
    source_logits: Tensor,
    source_adverse: Tensor,
    target_logits: Tensor,
    target_adverse: Tensor,
    margin: float = 4.0,
) -> Tensor:
    r"""MDD's loss of the adverse classifier :math:`f'` against the labels that :math:`f` gives.

    .. math::
        -\gamma\, \overline{\log \sigma_{\hat y(x)}(f'(x))}
        - \overline{\log\bigl(1 - \sigma_{\hat y(x')}(f'(x'))\bigr)},
        \qquad \hat y = \operatorname{argmax} f

    over source samples :math:`x` and target samples :math:`x'`; :math:`\sigma` is the softmax. It
    is the negative of the paper's estimate of the margin disparity discrepancy with cross-entropies
    in place of margins: the adverse classifier descends it (agrees with :math:`f` on the source,
    differs on the target), the encoder climbs it. Zhang et al., "Bridging theory and algorithm for
    domain adaptation", ICML 2019, equation 30; the discrepancy itself is their definition 3.2.

    Args:
        source_logits: Logits of :math:`f`, shape ``(n, k)``; only their largest counts, without
            gradient.
        source_adverse: Logits of :math:`f'`, shape ``(n, k)``.
        target_logits: Logits of :math:`f`, shape ``(m, k)``.
        target_adverse: Logits of :math:`f'`, shape ``(m, k)``.
        margin: :math:`\gamma = e^\rho`, the exponent of the margin, above 0.

    Returns:
        Scalar, in nats, at least 0; finite at any size of the logits that are.

    Raises:
        ValueError: The shapes of a pair differ.
    """
    _check_same(source_logits, source_adverse)
    _check_same(target_logits, target_adverse)
    agree = F.cross_entropy(source_adverse, source_logits.argmax(1))
    target_classes = target_logits.argmax(1, keepdim=True)
    # log(1 - p_y) from the other classes' logits: 1 - softmax would round to zero, and its log to
    # minus infinity, wherever f' is sure.
    other_logits = target_adverse.scatter(1, target_classes, -torch.inf)
    differ = (target_adverse.logsumexp(1) - other_logits.logsumexp(1)).mean()
    return margin * agree + differ


def _check_same(logits: Tensor, other: Tensor) -> None:
    if logits.ndim != 2 or logits.shape != other.shape or not len(logits):
        raise ValueError(
            f"expected two classifiers' logits (n, k) of the same samples, one at least, got "
            f"{tuple(logits.shape)} and {tuple(other.shape)}"
        )
