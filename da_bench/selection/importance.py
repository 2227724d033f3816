"""The target's risk, estimated by the source's under weights of how target-like a sample is."""

import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.functional.linear import logistic_regression
from da_bench.functional.reweighting import standardise

from .outputs import Outputs, Undefined, check_defined, held_out

L2 = 1e-3
"""Penalty of the domain classifier, of weights of features of unit spread."""


def weights(source: Tensor, target: Tensor, at: Tensor) -> Tensor:
    r"""Density ratio :math:`w(x) = \frac nm \frac{P(\text{target}|x)}{P(\text{source}|x)}`.

    By a logistic regression on features, each domain weighing half, fitted to the training sets
    and evaluated on samples that it never saw.

    Args:
        source: Features of the source's training set, ``(n, d)``.
        target: Features of the target's training set, ``(m, d)``.
        at: Features to evaluate the ratio at, ``(h, d)``.

    Returns:
        ``(h,)``, positive; not divided by their mean, which is 1 in expectation.

    Raises:
        Undefined: A domain has fewer than two samples, or features are.
    """
    n, m = len(check_defined(source)), len(target)
    if min(n, m) < 2:
        raise Undefined(f"needs two training samples of each domain, got {n} and {m}")
    pooled_samples = torch.cat((source, target))
    if not pooled_samples.isfinite().all() or not at.isfinite().all():
        raise Undefined("features are not finite: the run diverged")
    x = standardise(source, target)
    # The same move and division for the samples to weigh.
    centre = (source.mean(0) + target.mean(0)) / 2
    spread = (pooled_samples - centre).norm() / x.norm().clamp_min(torch.finfo(x.dtype).tiny)
    standardised = (at - centre) / (spread if spread > 0 else 1.0)
    labels = torch.cat((x.new_zeros(n), x.new_ones(m)))
    halves = torch.cat((x.new_full((n,), 0.5 / n), x.new_full((m,), 0.5 / m)))
    return logistic_regression(x, labels, L2, halves).scores(standardised).exp()


def _weights_and_losses(outputs: Outputs, least: int) -> tuple[Tensor, Tensor]:
    """Weights and losses ``(h,)`` of the source's validation split."""
    z, logits, y = held_out(outputs, least)
    w = weights(outputs.source_z, outputs.target_z, z)
    return w, F.cross_entropy(logits, y, reduction="none")


def iwv(outputs: Outputs) -> float:
    r"""Importance-weighted validation: :math:`\frac1h \sum_i w(x_i)\, \ell(x_i, y_i)`.

    With cross-entropy for the loss, in nats, and weights of features. Unbiased under covariate
    shift, where the weights are right. Lower is better; at least 0.

    Reference:
        Sugiyama, Krauledat and Müller, "Covariate shift adaptation by importance weighted cross
        validation", JMLR 8, 2007, equation 4; by one held-out split.

    Raises:
        Undefined: No validation split, fewer than two training samples of a domain.
    """
    w, loss = _weights_and_losses(outputs, 1)
    return (w * loss).mean().item()


def dev(outputs: Outputs) -> float:
    r"""Deep embedded validation: IWV with a control variate.

    .. math:: \frac1h \sum_i w_i \ell_i + \eta \frac1h \sum_i w_i - \eta, \quad
              \eta = -\frac{\mathrm{Cov}(w \ell, w)}{\mathrm{Var}(w)}

    Equal weights leave nothing to control: :math:`\eta` is 0. Can be negative. Lower is better.
    Known to choose collapsed models: features on which the domains can't be told apart have small
    weights and small variance, whatever the classes.

    Reference:
        You, Wang, Long and Jordan, "Towards accurate model selection in deep unsupervised domain
        adaptation", ICML 2019, equations 5 to 8.

    Raises:
        Undefined: Fewer than two validation samples or training samples of a domain.
    """
    w, loss = _weights_and_losses(outputs, 2)
    weighted_losses = w * loss
    variance = w.var()
    covariance = ((weighted_losses - weighted_losses.mean()) * (w - w.mean())).sum() / (len(w) - 1)
    floor = torch.finfo(w.dtype).eps * w.mean().square()
    eta = -covariance / variance if variance > floor else torch.zeros_like(variance)
    return (weighted_losses.mean() + eta * w.mean() - eta).item()
