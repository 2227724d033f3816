"""Figures that tell kinds of shift apart, each with its uncertainty."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from da_bench.data.labels import texts
from da_bench.functional import (
    Divergence,
    bbse,
    effective_sample_size,
    holm,
    jackknife,
    joint_counts,
    logistic,
    mmd_test,
)
from da_bench.metrics import probe_a_distance
from da_bench.statistics.intervals import Interval

DRAWS = 200
Array = NDArray[Any]


class Figure(NamedTuple):
    """One number that sentences rest on."""

    name: str
    value: float
    low: float = math.nan
    high: float = math.nan
    p_value: float = math.nan


def shift_figures(
    source: Tensor,
    target: Tensor,
    source_y: Array | None = None,
    target_y: Array | None = None,
    seed: int = 0,
) -> dict[str, Figure]:
    """Figures of the shift, by name.

    * Inputs: A-distance of an RBF-SVM, held out, and the MMD test, joined by Holm.
    * Label shift, with source labels: the class shares that explain the predictions on the target
      (``bbse``), and the A-distance that remains after source samples are kept with chances as
      these shares ask. What goes is what label shift explains, what remains it can't.
    * Covariate shift: the effective sample size of logistic weights.
    * Concept change, with some target labels: the error there beyond the source's own, weighted as
      covariate shift or as label shift would ask, whichever is nearer.

    Args:
        source: Features, shape ``(n, d)``.
        target: Features, shape ``(m, d)``.
        source_y: Classes, shape ``(n,)``; None where unknown.
        target_y: Classes, shape ``(m,)``, -1 or NaN (or empty) where unknown; None for none.
        seed: Seed of all halves and draws.

    Raises:
        ValueError: Fewer than 40 samples on a side, or as the measures.
    """
    if min(len(source), len(target)) < 40:
        raise ValueError(
            f"a diagnosis needs at least 40 samples a side, got {len(source)} and {len(target)}"
        )
    svm = probe_a_distance(source, target, "rbf_svm", seed=seed, clamp=False)
    mmd = mmd_test(source, target, permutations=199, seed=seed)
    adjusted = holm([svm.p_value, mmd.p_value])
    figures = [
        figure_of("A-distance", svm, adjusted[0]),
        Figure("MMD^2", mmd.value, p_value=adjusted[1]),
    ]
    effective_share = jackknife(
        lambda i, j: float(effective_sample_size(logistic(source[i], target[j]))) / len(i),
        (len(source), len(target)),
    )
    figures.append(Figure("effective sample share", *effective_share))
    if source_y is not None:
        figures += label_figures(source, target, source_y, target_y, seed)
    return {figure.name: figure for figure in figures}


def figure_of(name: str, record: Divergence, p: float = math.nan) -> Figure:
    """A record's value, interval and (adjusted) p-value."""
    return Figure(name, record.value, record.low, record.high, p)


def label_figures(
    source: Tensor, target: Tensor, source_y: Array, target_y: Array | None, seed: int
) -> list[Figure]:
    """Figures that need labels: moved class shares, what they leave, and the error gap."""
    class_of_sample = [name or "" for name in texts(source_y)]
    names, y = np.unique(class_of_sample, return_inverse=True)
    if "" in names:
        raise ValueError(
            f"{class_of_sample.count('')} of {len(class_of_sample)} source labels are missing: "
            "leave these samples out"
        )
    if len(names) < 2:
        raise ValueError(f"source labels hold one class, {names[0]}; give all, or none")
    rng = np.random.default_rng(seed)
    is_first_half = rng.permutation(len(y)) % 2 == 0
    if len(np.unique(y[is_first_half])) < len(names):
        raise ValueError(
            f"of the source's {len(names)} classes the smallest has {np.bincount(y).min()} of "
            f"{len(y)} samples, too few to be split: leave it out (a regression has no classes)"
        )
    model = classifier(source[is_first_half].numpy(), y[is_first_half])
    predicted, predicted_target = (
        model.predict(v.numpy()) for v in (source[~is_first_half], target)
    )
    held_y, k = y[~is_first_half], len(names)

    def weights(i: Array, j: Array) -> Array:
        joint = joint_counts(torch.from_numpy(predicted[i]), torch.from_numpy(held_y[i]), k)
        shares = torch.bincount(torch.from_numpy(predicted_target[j]), minlength=k)
        return bbse(joint, shares).numpy().astype(float)

    def moved(i: Array, j: Array) -> float:
        prior = np.bincount(held_y[i], minlength=k) / len(i)
        return float(np.abs(prior * (weights(i, j) - 1)).sum() / 2)

    everything = np.arange(len(held_y)), np.arange(len(target))
    accuracy = Figure(
        "held-out accuracy",
        float((predicted == held_y).mean()),
        p_value=independence_p_value(predicted, held_y),
    )
    figures = [accuracy, Figure("class shares moved", *bootstrap(moved, everything, rng))]
    class_weights = weights(*everything)
    chance = class_weights[y] / max(class_weights.max(), 1e-12)
    keep = torch.from_numpy(rng.random(len(y)) < chance)
    if int(keep.sum()) >= 40:
        remaining_distance = probe_a_distance(
            source[keep], target, "rbf_svm", seed=seed, clamp=False
        )
        figures.append(
            figure_of(
                "A-distance left by class weights", remaining_distance, remaining_distance.p_value
            )
        )
    if target_y is None:
        return figures
    index = {str(name): i for i, name in enumerate(names)}
    target_classes = texts(target_y)
    codes = np.array([index.get(name or "", -1) for name in target_classes])
    labelled_indices = (codes >= 0).nonzero()[0]
    if unknown_names := sorted({name for name in target_classes if name} - {"-1", *index}):
        raise ValueError(
            f"target labels {unknown_names[:5]} are not among the source's classes "
            f"{list(index)[:20]}; "
            "leave these samples out, or correct them"
        )
    if len(labelled_indices) < 20:
        return figures
    by_x = logistic(source, target).numpy().astype(float)[~is_first_half]
    is_wrong, is_wrong_target = (
        predicted != held_y,
        predicted_target[labelled_indices] != codes[labelled_indices],
    )

    def gap(i: Array, j: Array) -> float:
        by_class = class_weights[held_y[i]]
        expected = [
            float((v * is_wrong[i]).sum() / max(v.sum(), 1e-12)) for v in (by_x[i], by_class)
        ]
        return float(is_wrong_target[j].mean()) - max(expected)

    figures.append(
        Figure(
            "error beyond reweighting",
            *bootstrap(gap, (everything[0], np.arange(len(labelled_indices))), rng),
        )
    )
    return figures


def independence_p_value(predicted: Array, y: Array) -> float:
    """P-value of predictions and classes being independent: Pearson's chi-square test."""
    from scipy.stats import chi2_contingency

    rows, columns = (np.unique(v, return_inverse=True)[1] for v in (predicted, y))
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1)
    return float(chi2_contingency(counts).pvalue) if min(counts.shape) > 1 else 1.0


def classifier(x: Array, y: Array) -> Any:
    """An RBF-SVM on standardised features."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC()).fit(x, y)


def bootstrap(statistic: Any, indices: Sequence[Array], rng: np.random.Generator) -> Interval:
    """A statistic of two samples and the 95 % percentiles of its bootstrap."""
    replicates = [statistic(*(rng.choice(i, len(i)) for i in indices)) for _ in range(DRAWS)]
    low, high = np.quantile(replicates, [0.025, 0.975])
    return Interval(statistic(*indices), float(low), float(high))
