"""Rank tests of several methods over several tasks: Friedman, Nemenyi, Wilcoxon with Holm.

Reference for all: Demsar, Statistical comparisons of classifiers over multiple data sets,
JMLR 7, 2006.
"""

import numpy as np
import pandas as pd
from scipy import stats

from da_bench.config.extras import needs

from .verdict import Verdict


def _checked(scores: pd.DataFrame, methods: int) -> pd.DataFrame:
    if scores.shape[1] < methods or len(scores) < 2:
        raise ValueError(
            f"{scores.shape[1]} methods on {len(scores)} tasks: this test needs {methods} methods "
            "and 2 tasks"
        )
    if scores.isna().to_numpy().any():
        raise ValueError("a task lacks a method; leave it out, and say that it is missing")
    return scores


def average_ranks(scores: pd.DataFrame) -> pd.Series:
    """Each method's rank averaged over tasks, 1 the best, ties shared; best first.

    Args:
        scores: Tasks down, methods across, (n, k), higher is better.
    """
    return scores.rank(axis=1, ascending=False).mean().sort_values(kind="stable")


def friedman(scores: pd.DataFrame, alpha: float = 0.05, note: str = "") -> Verdict:
    """Whether any of the methods' ranks differ more than by chance (chi-squared, ties corrected).

    Args:
        scores: Tasks down, methods across, (n, k) with k >= 3 and no gaps, higher is better.
        alpha: Level of the test.
        note: What ``scores`` leaves out, for the verdict's text.

    Raises:
        ValueError: Fewer than three methods or two tasks, or a gap.

    Reference:
        Demsar, JMLR 2006, section 3.2.2.
    """
    values = _checked(scores, 3).to_numpy()
    if (values == values[:, :1]).all():
        statistic, p = 0.0, 1.0  # all tied everywhere: the formula divides by zero
    else:
        statistic, p = map(float, stats.friedmanchisquare(*values.T))
    word = "some methods' ranks differ" if p < alpha else "no difference of ranks is shown"
    finding = f"{word}, chi2({values.shape[1] - 1}) = {statistic:.2f}, p = {p:.3g}"
    return Verdict("Friedman", finding, alpha, len(values), p, note)


def critical_difference(methods: int, tasks: int, alpha: float = 0.05) -> float:
    r"""Difference of average ranks beyond which Nemenyi's test tells two methods apart.

    .. math:: q_\alpha \sqrt{\frac{k (k + 1)}{6 n}}

    with the quantile of the studentised range over the square root of two.

    Reference:
        Demsar, JMLR 2006, section 3.2.2 and table 5.
    """
    q = stats.studentized_range.ppf(1 - alpha, methods, np.inf) / np.sqrt(2)
    return float(q * np.sqrt(methods * (methods + 1) / (6 * tasks)))


def nemenyi(scores: pd.DataFrame) -> pd.DataFrame:
    """P-values of all pairs of methods after Friedman's test, (k, k), by scikit-posthocs.

    Args:
        scores: Tasks down, methods across, (n, k) with k >= 3 and no gaps.

    Raises:
        ValueError: Fewer than three methods or two tasks, or a gap.
        MissingExtra: scikit-posthocs is not installed.
    """
    posthocs = needs("scikit_posthocs", "statistics")
    return posthocs.posthoc_nemenyi_friedman(_checked(scores, 3).reset_index(drop=True))


def nemenyi_verdict(
    scores: pd.DataFrame, p_values: pd.DataFrame, alpha: float = 0.05, note: str = ""
) -> Verdict:
    """Which pairs Nemenyi's test separates, in words, better method first."""
    ranks = average_ranks(scores)
    order = list(ranks.index)
    different_pairs = [
        f"{first_method} over {second_method} (p = {p_values.loc[first_method, second_method]:.3g})"
        for i, first_method in enumerate(order)
        for second_method in order[i + 1 :]
        if p_values.loc[first_method, second_method] < alpha
    ]
    cd = critical_difference(len(order), len(scores), alpha)
    pairs = np.triu_indices(len(order), 1)
    p = float(p_values.loc[order, order].to_numpy()[pairs].min())
    separated = ", ".join(different_pairs) or "no pair"
    finding = f"critical difference of ranks {cd:.2f}; separated: {separated}"
    return Verdict("Nemenyi, all pairs", finding, alpha, len(scores), p, note)


def wilcoxon_holm(
    gains: pd.DataFrame, alpha: float = 0.05, against: str = "source_only"
) -> list[Verdict]:
    """Each method against one, by signed ranks of its gains; p-values adjusted by Holm's steps.

    Zero gains are split between both sides, as in the paper.

    Args:
        gains: Tasks down, methods across, (n, k); a method's missing tasks are left out of its test
            alone. Methods without a task have no test.
        alpha: Chance of one false finding in the whole family.
        against: What the gains are over, for the text.

    Raises:
        MissingExtra: statsmodels, of the same extra as scikit-posthocs, is not installed.

    Reference:
        Demsar, JMLR 2006, sections 3.1.3 and 3.2.3; Holm, Scandinavian Journal of Statistics, 1979.
    """
    columns = {name: gains[name].dropna() for name in gains.columns if gains[name].notna().any()}
    if not columns:
        return []
    multitest = needs("statsmodels.stats.multitest", "statistics")
    raw_p_values = [
        float(stats.wilcoxon(column_gains, zero_method="zsplit").pvalue)
        for column_gains in columns.values()
    ]
    adjusted = multitest.multipletests(raw_p_values, alpha, method="holm")[1]
    verdicts = []
    for (name, method_gains), p in zip(columns.items(), adjusted, strict=True):
        side = "better" if method_gains.median() > 0 else "worse"
        word = f"{name} {side} than {against}" if p < alpha else f"{name} not told from {against}"
        finding = (
            f"{word}, wins {(method_gains > 0).sum()} of {len(method_gains)} tasks, p = {p:.3g}"
        )
        n_missing = len(gains) - len(method_gains)
        note = f"{n_missing} of {len(gains)} tasks are missing for it" if n_missing else ""
        test = f"Wilcoxon signed ranks, Holm over {len(columns)}"
        verdicts.append(Verdict(test, finding, alpha, len(method_gains), float(p), note))
    return verdicts
