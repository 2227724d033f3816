"""How far two samples lie apart, for reporting: ``(n, d), (m, d)`` to a value and its interval."""

import math
from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .linear import logistic_regression
from .record import Divergence, wilson_mean
from .reweighting import standardise

L2 = (10.0, 1.0, 1e-1, 1e-2, 1e-3)
"""Penalties that the probe's is chosen from, on standardised features."""


@widened
def proxy_a_distance(
    source: Tensor,
    target: Tensor,
    l2: Sequence[float] = L2,
    folds: int = 5,
    alpha: float = 0.05,
    seed: int = 0,
    clamp: bool = True,
) -> Divergence:
    r"""Proxy A-distance :math:`2(1 - 2\epsilon)` of a linear probe, in ``[0, 2]``.

    :math:`\epsilon = \tfrac12(\epsilon_s + \epsilon_t)` is the held-out balanced error, the mean of
    the two domains' error rates, so that it is 0.5 for identical distributions of any two sizes.
    Each sample is tested once, by a class-balanced logistic probe that has not seen its fold. The
    probe's penalty is chosen without that fold, by an inner cross-validation over the others.

    Of two samples of one distribution, about half the estimates lie above 0, the further the
    smaller the samples (400 against 40: 0.07 on the mean, above 0.3 once in fifteen times). The
    value is left as it is; whether it means anything is for the interval to say.

    The interval joins the Wilson intervals of the two domains' error rates (Newcombe, Statistics in
    Medicine 1998, method 10). As binomial rates theirs would be too narrow: folds share what they
    were fitted on, and between equal distributions 0 lay outside in 11 % of cases (15 % for
    ``h_divergence``). So the variance is that of Nadeau and Bengio, Machine Learning 2003, equation
    8: as of a sample smaller by :math:`\frac1k / (\frac1k + \frac1{k-1})`, 0.44 for five folds. It
    is of the probes as fitted, not of better ones.

    Ben-David et al., NIPS 2006; Ganin et al., JMLR 2016, section 5.1.5. They take the smallest test
    error over ``C``, which reads too high. With few samples of many features (text), the value says
    what a probe can learn from so few, and grows with their number.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        l2: Penalties to choose from, positive.
        folds: Parts of the cross-validation, at least 3.
        alpha: The interval covers ``1 - alpha``.
        seed: Seed of the shuffle into folds; the global generator is not touched.
        clamp: Cut value and interval to ``[0, 2]``, the range of the distance. Without, errors
            above one half read below 0, and the mean over samples of one distribution is near 0.

    Returns:
        The distance, its interval and the sample sizes.

    Raises:
        ValueError: Widths differ, values are not finite, fewer samples than folds on one side, or
            a number is out of range.
        RuntimeError: A probe did not converge.
    """
    return _cross_fitted(source, target, l2, folds, alpha, seed, clamp, best_threshold=False)


@widened
def h_divergence(
    source: Tensor,
    target: Tensor,
    l2: Sequence[float] = L2,
    folds: int = 5,
    alpha: float = 0.05,
    seed: int = 0,
    clamp: bool = True,
) -> Divergence:
    r"""Held-out H-divergence, H the half-spaces, in ``[0, 2]``.

    .. math:: d_H = 2 \max_{h \in H} \big|P_s(h = 1) - P_t(h = 1)\big|
        = 2 \big(1 - \min_{h \in H} [\epsilon_s(h) + \epsilon_t(h)]\big)

    Ben-David et al., "A theory of learning from different domains", Machine Learning 2010,
    definition 1 and lemma 2, except that they measure on the samples that :math:`h` was chosen on,
    which gives 2 whenever there are more features than samples.

    As :math:`\epsilon_s + \epsilon_t = 2\epsilon`, this is the number that ``proxy_a_distance``
    estimates, and the code is the same but for one thing: there the half-space is the logistic
    probe's own, here the probe gives the direction, and the threshold (and side) along it has the
    smallest balanced error on the training folds. Shifts of the mean read about the same; where
    domains differ in spread, logistic regression finds little and the threshold does. In
    expectation both are at most :math:`d_H`: to find the best direction is NP-hard.

    Args, interval and errors are those of ``proxy_a_distance``.
    """
    return _cross_fitted(source, target, l2, folds, alpha, seed, clamp, best_threshold=True)


@torch.no_grad()
def _cross_fitted(
    source: Tensor,
    target: Tensor,
    l2: Sequence[float],
    folds: int,
    alpha: float,
    seed: int,
    clamp: bool,
    best_threshold: bool,
) -> Divergence:
    """``2 (1 - 2 error)`` of half-spaces on the folds that they were not fitted on."""
    if folds < 3 or not 0 < alpha < 1 or not l2:
        raise ValueError(
            "needs folds of 3 or more, alpha between 0 and 1 and at least one l2, got "
            f"folds={folds}, alpha={alpha}, l2={l2}"
        )
    for penalty in l2:
        check_positive("l2", penalty)
    check_fit(source, target, least=folds)
    x, sizes = standardise(source, target), (len(source), len(target))
    is_target = torch.arange(len(x), device=x.device) >= len(source)
    fold = _folds(sizes, folds, seed).to(x.device)

    def wrong(left_out: Tensor, penalties: Tensor) -> Tensor:
        """Errors ``(n + m, p)`` of fits ``p`` that each leave the folds ``left_out[p]`` out."""
        fitted_on = (fold[:, None, None] != left_out).all(2)
        shares = [fitted_on & (is_target == label)[:, None] for label in (False, True)]
        weights = torch.stack([share / share.sum(0) for share in shares]).sum(0).to(x) / 2
        probes = logistic_regression(x, is_target, penalties, weights, tolerance=1e-7)
        scores = probes.scores(x)
        if best_threshold:
            scores = _rethreshold(scores, torch.where(is_target[:, None], weights, -weights))
        return 0.5 - 0.5 * torch.where(is_target[:, None], scores.sign(), -scores.sign())

    # Leaving out a pair of folds serves twice: each is once the inner fold and once the outer.
    penalties = torch.tensor(sorted(l2, reverse=True)).to(x)
    pairs = torch.tensor(list(combinations(range(folds), 2)), device=x.device)
    inner_errors = wrong(pairs.repeat_interleave(len(penalties), 0), penalties.repeat(len(pairs)))
    inner_errors = inner_errors.reshape(len(x), len(pairs), len(penalties))
    column = torch.zeros(folds, folds, dtype=torch.long, device=x.device)
    column[pairs[:, 0], pairs[:, 1]] = column[pairs[:, 1], pairs[:, 0]] = torch.arange(
        len(pairs), device=x.device
    )
    rows, best_penalties = torch.arange(len(x), device=x.device), []
    for k in range(folds):
        errors = inner_errors[rows, column[fold, k]]
        parts = [errors[(fold != k) & (is_target == label)] for label in (False, True)]
        best_penalties.append(
            penalties[torch.stack([part.mean(0) for part in parts]).mean(0).argmin()]
        )
    outer_errors = wrong(torch.arange(folds, device=x.device)[:, None], torch.stack(best_penalties))
    held_out = outer_errors[rows, fold].double()
    rates = [float(held_out[is_target == label].mean()) for label in (False, True)]
    # Errors of folds depend on each other through what they were fitted on.
    share = (1 / folds) / (1 / folds + 1 / (folds - 1))
    lower_margin, upper_margin = wilson_mean(rates, (share * sizes[0], share * sizes[1]), alpha)
    distances = [2 - 4 * e for e in (sum(rates) / 2, upper_margin, lower_margin)]
    value, low, high = (min(2.0, max(0.0, v)) for v in distances) if clamp else distances
    settings = {"folds": folds, "alpha": alpha, "seed": seed, "clamp": clamp}
    return Divergence(value, low, high, *sizes, settings=settings)


def _rethreshold(scores: Tensor, mass: Tensor) -> Tensor:
    """Scores moved, and turned where need be, to be positive where the target is more likely.

    Args:
        scores: Shape ``(n, p)``.
        mass: Weights, negative for source samples, zero for those left out, shape ``(n, p)``.
    """
    sorted_scores, order = scores.masked_fill(mass == 0, math.inf).sort(dim=0)
    # Target mass minus source mass up to each score: the best cut is where it is farthest from 0.
    excess = mass.gather(0, order).cumsum(0)[:-1]
    splits = sorted_scores[1:] > sorted_scores[:-1]
    best = (excess.abs() * splits).argmax(0, keepdim=True)
    lower_score = sorted_scores.gather(0, best)
    upper_score = sorted_scores.gather(0, best + 1)
    threshold = torch.where(torch.isinf(upper_score), lower_score, (lower_score + upper_score) / 2)
    return -excess.gather(0, best).sign() * (scores - threshold)


def _folds(sizes: tuple[int, int], folds: int, seed: int) -> Tensor:
    """A fold for each sample of both domains; a domain's folds differ in size by one at most."""
    generator = torch.Generator().manual_seed(seed)
    return torch.cat([torch.randperm(n, generator=generator) % folds for n in sizes])
