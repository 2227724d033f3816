"""Frechet distance, and KL and chi-square from a density ratio: records with an interval."""

import math

import torch
from torch import Tensor

from ._check import check_fit, check_positive
from ._precision import widened
from .held_out import balanced
from .linear import logistic_regression
from .record import Divergence, jackknife
from .reweighting import standardise


@widened
@torch.no_grad()
def frechet_distance(source: Tensor, target: Tensor, groups: int = 10) -> Divergence:
    r"""Squared 2-Wasserstein distance of the normals with the samples' moments, at least 0.

    .. math:: \|\mu_s - \mu_t\|^2 + \mathrm{tr}\big(\Sigma_s + \Sigma_t
              - 2 (\Sigma_s^{1/2} \Sigma_t \Sigma_s^{1/2})^{1/2}\big)

    Dowson and Landau, Journal of Multivariate Analysis 1982, equation 4; on Inception features the
    FID of Heusel et al., NIPS 2017, equation 6. Covariances are divided by ``n - 1``. Few samples
    of many features read high: ``permutation_test`` says how high between equal distributions.
    The root's trace is the sum of the singular values of the centred samples' product,
    :math:`X Y' / \sqrt{(n - 1)(m - 1)}`, taken where features outnumber samples: of 50 + 50 images
    of 3,072 pixels that is a hundredth of a second, and the two covariances' took minutes.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.

    Returns:
        The distance, in squared units of the features.

    Raises:
        ValueError: Widths differ, values are not finite or fewer than two samples on a side.
    """
    check_fit(source, target, least=2)
    x, y = source.double(), target.double()

    def statistic(x_index: Tensor, y_index: Tensor) -> float:
        a, b = x[x_index], y[y_index]
        mean_distance = (a.mean(0) - b.mean(0)).square().sum()
        if max(len(a), len(b)) <= a.shape[1]:
            a, b = ((z - z.mean(0)) / math.sqrt(len(z) - 1) for z in (a, b))
            spread, cross_term = (
                a.square().sum() + b.square().sum(),
                torch.linalg.svdvals(a @ b.T).sum(),
            )
        else:
            cov_a, cov_b = _covariance(a), _covariance(b)
            values, vectors = torch.linalg.eigh(cov_a)
            root = (vectors * values.clamp_min(0).sqrt()) @ vectors.T
            cross_term = torch.linalg.eigvalsh(root @ cov_b @ root).clamp_min(0).sqrt().sum()
            spread = cov_a.trace() + cov_b.trace()
        return max(0.0, float(mean_distance + spread - 2 * cross_term))

    estimate = jackknife(statistic, (len(x), len(y)), groups)
    return Divergence(*estimate, len(x), len(y), settings={"groups": groups})


def _covariance(x: Tensor) -> Tensor:
    centred_x = x - x.mean(0)
    return centred_x.T @ centred_x / (len(x) - 1)


@widened
@torch.no_grad()
def kl_from_ratio(
    source: Tensor, target: Tensor, l2: float = 1e-3, groups: int = 10, seed: int = 0
) -> Divergence:
    r"""KL divergence of the target from the source, by a held-out log-linear density ratio.

    .. math:: \mathrm{KL}(t \| s) \ge \mathbb{E}_t f - \log \mathbb{E}_s e^f, \quad
              f = \log \hat r

    Donsker and Varadhan, Communications on Pure and Applied Mathematics 1975; as an estimate
    Belghazi et al., ICML 2018, equation 10. :math:`\hat r` are the odds of a balanced logistic
    regression, fitted on one half of each sample and read on the other, and the reverse: what it
    fits by chance counts for nothing, and the mean between equal distributions is about 0, single
    values below it too. Exact in the limit where the log ratio is linear, else a lower bound.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        l2: Penalty on standardised features, positive.
        groups: Number of groups for the interval, see ``jackknife``; 0 for none.
        seed: Seed of the halves.

    Returns:
        The divergence, in nats.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than four samples on a side or
            ``l2`` is not positive.
    """
    return _cross_fitted(source, target, l2, groups, seed, chi_square=False)


@widened
@torch.no_grad()
def chi_square_from_ratio(
    source: Tensor, target: Tensor, l2: float = 1e-3, groups: int = 10, seed: int = 0
) -> Divergence:
    r"""Chi-square divergence of the target from the source, by a held-out density ratio.

    .. math:: \chi^2(t \| s) = \mathbb{E}_s r^2 - 1 \ge 2\,\mathbb{E}_t \hat r
              - \mathbb{E}_s \hat r^2 - 1

    the bound that least-squares ratios maximise (Kanamori, Hido and Sugiyama, JMLR 2009, equation
    4; Nguyen, Wainwright and Jordan, IEEE Transactions on Information Theory 2010).
    :math:`n / (1 + \chi^2)` samples remain of ``n`` weighted by the true ratio. The ratio, fitted
    as in ``kl_from_ratio``, is scaled to mean one where it is read. Where it varies by orders of
    magnitude the estimate rests on few samples; the interval shows it.

    Args, errors and halves are those of ``kl_from_ratio``; the value has no unit.
    """
    return _cross_fitted(source, target, l2, groups, seed, chi_square=True)


def _cross_fitted(
    source: Tensor, target: Tensor, l2: float, groups: int, seed: int, chi_square: bool
) -> Divergence:
    check_fit(source, target, least=4)
    check_positive("l2", l2)
    n, m = len(source), len(target)
    x, generator = standardise(source, target).double(), torch.Generator().manual_seed(seed)
    fold = torch.cat([torch.randperm(k, generator=generator) % 2 for k in (n, m)]).to(x.device)

    def statistic(x_index: Tensor, y_index: Tensor) -> float:
        index = torch.cat((x_index, y_index + n)).to(x.device)
        z, part, is_target = x[index], fold[index], index >= n
        values = []
        for held_out in (0, 1):
            fit = part != held_out
            probe = logistic_regression(z[fit], is_target[fit], l2, balanced(is_target[fit]).to(z))
            scores = probe.scores(z[~fit])
            f_source, f_target = (scores[is_target[~fit] == side] for side in (False, True))
            shift = f_source.logsumexp(0) - torch.tensor(float(len(f_source))).log()
            if chi_square:
                ratio_s, ratio_t = (f_source - shift).exp(), (f_target - shift).exp()
                values.append(float(2 * ratio_t.mean() - ratio_s.square().mean() - 1))
            else:
                values.append(float(f_target.mean() - shift))
        return sum(values) / 2

    estimate = jackknife(statistic, (n, m), groups)
    return Divergence(*estimate, n, m, settings={"l2": l2, "groups": groups, "seed": seed})
