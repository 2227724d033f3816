"""What a classifier of the domains tells on samples it was not fitted on: a test and a distance."""

import math

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .convergence import not_converged
from .linear import logistic_regression
from .record import Divergence, wilson_mean
from .reweighting import standardise

SETTLED = 1e-2
"""Nats that the risk of two classifiers may still fall by in the last tenth of their steps."""


@widened
@torch.no_grad()
def c2st(source: Tensor, target: Tensor, l2: float = 1e-2, seed: int = 0) -> Divergence:
    r"""Classifier two-sample test: held-out balanced accuracy of a linear probe, exact p-value.

    Lopez-Paz and Oquab, "Revisiting classifier two-sample tests", ICLR 2017, section 3: half of
    each sample fits, the other half is told apart. Their accuracy is binomial between equal
    distributions only where both samples are as large; see ``accuracy_test`` for what is done here.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        l2: Penalty of the probe on standardised features, positive.
        seed: Seed of the halves.

    Returns:
        Balanced accuracy, its 95 % interval and p-value; the sizes are those of the test halves.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than four samples on a side or
            ``l2`` is not positive.
    """
    check_fit(source, target, least=4)
    check_positive("l2", l2)
    x = standardise(source, target)
    is_target = torch.arange(len(x), device=x.device) >= len(source)
    test = halves(len(source), len(target), seed).to(x.device)
    share = torch.where(
        is_target, 0.5 / (is_target & ~test).sum(), 0.5 / (~is_target & ~test).sum()
    )
    probe = logistic_regression(x, is_target, l2, (share * ~test).to(x))
    record = accuracy_test(probe.scores(x)[test] > 0, is_target[test])
    return record._replace(settings={"probe": "linear", "l2": l2, "seed": seed})


def accuracy_test(predicted: Tensor, is_target: Tensor, alpha: float = 0.05) -> Divergence:
    r"""Whether balanced accuracy on held-out samples is above chance, exactly, at any imbalance.

    Given which samples are called target, equal distributions make every assignment of domains to
    them as likely, so the number of target samples among those called target is hypergeometric,
    and balanced accuracy grows with it alone (Fisher, "The design of experiments", 1935): the tail
    beyond what was seen is the p-value. The binomial test of accuracy is wrong where one domain is
    larger, as calling all samples by that domain's name is then right most of the time.

    Args:
        predicted: Which samples are called target, bool, shape ``(n,)``.
        is_target: Which are, bool, shape ``(n,)``; both kinds present.
        alpha: The interval covers ``1 - alpha``.

    Returns:
        Balanced accuracy in ``[0, 1]``, Newcombe's interval and the one-sided p-value.

    Raises:
        ValueError: Shapes differ or a domain is missing.
    """
    m = int(is_target.sum())
    n = len(is_target) - m
    if predicted.shape != is_target.shape or not (n and m):
        raise ValueError(
            f"expected predictions and domains of one shape, both domains present; got "
            f"{tuple(predicted.shape)} and {tuple(is_target.shape)} with {n} source and {m} target"
        )
    predicted_count, hits = int(predicted.sum()), int((predicted & is_target).sum())
    k = torch.arange(max(0, predicted_count - n), min(m, predicted_count) + 1, dtype=torch.double)
    logs = _log_choose(m, k) + _log_choose(n, predicted_count - k)
    p = float(torch.softmax(logs, 0)[k >= hits].sum())
    rates = [1 - (predicted_count - hits) / n, hits / m]
    low, high = wilson_mean(rates, (n, m), alpha)
    return Divergence(sum(rates) / 2, low, high, n, m, min(1.0, p))


def _log_choose(n: int, k: Tensor) -> Tensor:
    return math.lgamma(n + 1) - torch.lgamma(k + 1) - torch.lgamma(n - k + 1)


def halves(n: int, m: int, seed: int) -> Tensor:
    """Which of ``n + m`` samples are held out, bool: half of each domain, the odd one too."""
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([torch.randperm(k, generator=generator) >= k // 2 for k in (n, m)])


def balanced(is_target: Tensor) -> Tensor:
    """Weights ``(n,)`` of which each domain has half."""
    return torch.where(is_target, 0.5 / is_target.sum(), 0.5 / (~is_target).sum())


@widened
def h_delta_h_divergence(
    source: Tensor,
    target: Tensor,
    restarts: int = 8,
    steps: int = 200,
    l2: float = 1e-3,
    alpha: float = 0.05,
    seed: int = 0,
    clamp: bool = True,
) -> Divergence:
    r"""Held-out H-delta-H divergence of half-spaces by two classifiers, in ``[0, 2]``.

    .. math:: 2 \sup_{h, h' \in H} \big|P_s(h \ne h') - P_t(h \ne h')\big|

    Ben-David et al., Machine Learning 2010, definition 3. Two linear scores disagree where their
    product is negative; the product is fitted by gradients to be negative in one domain and
    positive in the other, from several starts, of which one is the linear probe with a constant
    partner. That probe as it stands is chosen from too, first among equals, so that it sees what H
    sees where features outnumber samples and every start fits them all. Saito et al., CVPR 2018,
    section 3.1, maximise the same disagreement of two classifiers. Fitted and chosen on half of
    each sample, measured on the other, it is at most the supremum in expectation, and near 0
    between equal distributions.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        restarts: Starts, at least 1.
        steps: Steps of Adam in each.
        l2: Penalty of both classifiers, positive.
        alpha: The interval covers ``1 - alpha``.
        seed: Seed of the halves and the starts.
        clamp: As for ``proxy_a_distance``.

    Returns:
        The divergence and its interval; the sizes are those of the held-out halves.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than four samples on a side or a
            number is out of range.

    Warns:
        NotConverged: The risk still fell by more than a hundredth of a nat when the steps ended;
            then more of them may find a larger value.
    """
    check_fit(source, target, least=4)
    for name, number in (("restarts", restarts), ("steps", steps), ("l2", l2)):
        check_positive(name, number)
    source, target = source.detach(), target.detach()
    if torch.is_inference_mode_enabled():  # where nothing could be fitted
        with torch.inference_mode(False):
            options = (restarts, steps, l2, alpha, seed, clamp)
            return h_delta_h_divergence(source.clone(), target.clone(), *options)
    x = standardise(source, target)
    x = torch.cat((x, x.new_ones(len(x), 1)), 1)
    is_target = torch.arange(len(x), device=x.device) >= len(source)
    test = halves(len(source), len(target), seed).to(x.device)
    first, second = _two_classifiers(x[~test], is_target[~test], restarts, steps, l2, seed)
    product = (x @ first) * (x @ second)  # (n + m, 1 + restarts)
    errors = ((product > 0) != is_target[:, None]).double()
    fitted_products, held_out = (
        torch.stack([errors[part & (is_target == side)].mean(0) for side in (False, True)])
        for part in (~test, test)
    )
    best = int(fitted_products.mean(0).argmin())
    rates = held_out[:, best].tolist()
    sizes = tuple(int((test & (is_target == side)).sum()) for side in (False, True))
    lower_margin, upper_margin = wilson_mean(rates, (sizes[0], sizes[1]), alpha)
    distances = [2 - 4 * e for e in (sum(rates) / 2, upper_margin, lower_margin)]
    value, low, high = (min(2.0, max(0.0, v)) for v in distances) if clamp else distances
    settings = {"restarts": restarts, "steps": steps, "l2": l2, "alpha": alpha, "seed": seed}
    return Divergence(value, low, high, sizes[0], sizes[1], settings=settings)


def _two_classifiers(
    x: Tensor, is_target: Tensor, restarts: int, steps: int, l2: float, seed: int
) -> tuple[Tensor, Tensor]:
    """Weights ``(d + 1, 1 + restarts)`` of each classifier: positive product in the target.

    The first is the linear probe, without a step.
    """
    generator = torch.Generator().manual_seed(seed)
    d = x.shape[1]
    share = balanced(is_target).to(x)
    weights = torch.randn(2, d, restarts, generator=generator).to(x) / math.sqrt(d)
    probe = logistic_regression(x[:, :-1], is_target, l2, share)
    weights[0, :, 0] = torch.cat((probe.weight, probe.bias[None]))
    weights[1, :, 0] = torch.cat((torch.zeros_like(probe.weight), probe.bias.new_ones(1)))
    last_weights = weights[:, :, :1].clone()
    sign = torch.where(is_target, 1.0, -1.0).to(x)[:, None]
    with torch.enable_grad():
        weights.requires_grad_(True)
        optimizer, risks = torch.optim.Adam([weights], lr=0.05), []
        for _ in range(steps):
            optimizer.zero_grad()
            product = (x @ weights[0]) * (x @ weights[1])
            risk = share @ torch.nn.functional.softplus(-sign * product)
            (risk.sum() + l2 * weights[:, :-1].square().sum()).backward()
            optimizer.step()
            risks.append(risk.detach().mean())
    fall = float(risks[-1 - max(1, steps // 10)] - risks[-1]) if steps > 1 else math.inf
    if fall > SETTLED:
        not_converged(
            "h_delta_h_divergence", fall, "fall of the mean risk in the last tenth of its steps",
            SETTLED, f"raise steps, now {steps}"
        )  # fmt: skip
    first, second = torch.cat((last_weights, weights.detach()), 2)
    return first, second
