"""One of several settings chosen by inner splits of the training sets, as SKADA-Bench chooses."""

from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import StratifiedShuffleSplit
from sklearn.neighbors import KernelDensity

from da_bench.data.pair import Role

Array = np.ndarray
By = Literal["oracle", "circular", "importance_weighted"]
Predict = Callable[[Array, Role], Array]
"""Classes ``(n,)`` of samples ``(n, d)`` of a domain; valid until the next fit."""
Fit = Callable[[int, Array, Array, Array], Predict]
"""Fits a setting, by its number, to source samples, their classes and target samples."""


def best(fit: Fit, count: int, x: Array, y: Array, target: Array, labels: Array, by: By) -> int:
    """The number of the setting with the best of :func:`mean_scores`, the first of equals."""
    return int(mean_scores(fit, count, x, y, target, labels, by).argmax())


def mean_scores(
    fit: Fit, count: int, x: Array, y: Array, target: Array, labels: Array, by: By
) -> Array:
    r"""Mean over five splits of each setting's score ``(count,)``, higher for better.

    Each split keeps a fifth of both domains out of the fit, the source's by class, the target's at
    random; the seed is 0. The score of a setting on the held-out fifths is, by name,

    * ``oracle``: the accuracy on the target's labels, where they are granted;
    * ``circular``: the setting is fitted anew from the target, with its predicted classes, to the
      source, and scored there by balanced accuracy. Bruzzone and Marconcini, "Domain adaptation
      problems: a DASVM classification technique and a circular validation strategy", IEEE
      Transactions on Pattern Analysis and Machine Intelligence 2010;
    * ``importance_weighted``: the accuracy on the source, :math:`\sum_i w_i [\hat y_i = y_i]`, with
      :math:`w_i \propto \hat p_t(x_i) / \hat p_s(x_i)`, two Gaussian kernel density estimates of
      bandwidth 1 on the inputs. Sugiyama, Krauledat and Müller, JMLR 2007.

    The last two read no target label. All are those of Lalou et al., "SKADA-Bench", TMLR 2025.

    Args:
        fit: Fits one setting.
        count: How many settings there are.
        x: Source samples ``(n, d)``.
        y: Their classes ``(n,)``, all known.
        target: Target samples ``(m, d)``.
        labels: Their classes ``(m,)``, -1 where hidden; read by ``oracle`` alone.
        by: Name of the score.

    Raises:
        ValueError: An unknown name, or no setting could be fitted on every split.
    """
    if by not in SCORES:
        raise ValueError(f"search_by={by!r}: expected {', '.join(SCORES)}")
    groups = np.concatenate((np.full(len(target), -1), y))
    splits = StratifiedShuffleSplit(5, test_size=0.2, random_state=0)
    scores, fault = np.zeros(count), None
    for train, test in splits.split(groups[:, None], groups):
        (target_train, source_train), (target_test, source_test) = (
            sides(part, len(target)) for part in (train, test)
        )
        for number in range(count):
            try:
                predict = fit(number, x[source_train], y[source_train], target[target_train])
                refit = lambda *data, number=number: fit(number, *data)  # noqa: E731
                score = SCORES[by](
                    predict,
                    refit,
                    x[source_test],
                    y[source_test],
                    target[target_test],
                    labels[target_test],
                )
            except (RuntimeError, ValueError) as error:  # a setting that fails is not the best
                score, fault = -np.inf, error
            scores[number] += score / 5
    if np.isneginf(scores).all():
        raise ValueError(f"search: each of the {count} settings failed, one by: {fault}") from fault
    return scores


def sides(rows: Array, m: int) -> tuple[Array, Array]:
    """Positions in the target, which comes first, and in the source."""
    return rows[rows < m], rows[rows >= m] - m


def oracle(predict: Predict, refit: Any, x: Array, y: Array, target: Array, labels: Array) -> float:
    """Accuracy on held-out target labels."""
    has_label = labels >= 0
    return float(np.mean(predict(target[has_label], "target") == labels[has_label]))


def circular(predict: Predict, refit: Any, x: Array, y: Array, target: Array, _: Array) -> float:
    """Balanced accuracy on the source, after the way to the target and back."""
    predictions = predict(target, "target")
    is_constant = (
        predictions == predictions[0]
    ).all()  # one class teaches nothing, and comes back as it is
    round_trip = (
        np.full(len(x), predictions[0])
        if is_constant
        else refit(target, predictions, x)(x, "target")
    )
    return float(balanced_accuracy_score(y, round_trip))


def importance_weighted(
    predict: Predict, refit: Any, x: Array, y: Array, target: Array, _: Array
) -> float:
    """Accuracy on the source, weighted by a ratio of densities."""
    source_density, target_density = (KernelDensity().fit(z).score_samples(x) for z in (x, target))
    ratio = np.exp(target_density - source_density - (target_density - source_density).max())
    return float(np.average(predict(x, "source") == y, weights=ratio))


SCORES = {"oracle": oracle, "circular": circular, "importance_weighted": importance_weighted}
