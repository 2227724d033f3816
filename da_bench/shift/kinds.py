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
        seed: Of all halves and draws.

    Raises:
        ValueError: Fewer than 40 samples on a side, or as the measures.
    """
    if min(len(source), len(target)) < 40:
        raise ValueError(
            f"a diagnosis needs at least 40 samples a side, got {len(source)} and {len(target)}"
        )
    svm = probe_a_distance(source, target, "rbf_svm", seed=seed, clamp=False)
    mmd = mmd_test(source, target, permutations=199, seed=seed)
    p = holm([svm.p_value, mmd.p_value])
    figures = [of("A-distance", svm, p[0]), Figure("MMD^2", mmd.value, p_value=p[1])]
    kept = jackknife(
        lambda i, j: float(effective_sample_size(logistic(source[i], target[j]))) / len(i),
        (len(source), len(target)),
    )
    figures.append(Figure("effective sample share", *kept))
    if source_y is not None:
        figures += label_figures(source, target, source_y, target_y, seed)
    return {figure.name: figure for figure in figures}


def of(name: str, record: Divergence, p: float = math.nan) -> Figure:
    """A record's value, interval and (adjusted) p-value."""
    return Figure(name, record.value, record.low, record.high, p)


def label_figures(
    source: Tensor, target: Tensor, source_y: Array, target_y: Array | None, seed: int
) -> list[Figure]:
    """What labels tell: distance of class shares, what they leave, and the error gap."""
    told = [name or "" for name in texts(source_y)]
    names, y = np.unique(told, return_inverse=True)
    if "" in names:
        raise ValueError(
            f"{told.count('')} of {len(told)} source labels are missing: leave these samples out"
        )
    if len(names) < 2:
        raise ValueError(f"source labels hold one class, {names[0]}; give all, or none")
    rng = np.random.default_rng(seed)
    half = rng.permutation(len(y)) % 2 == 0
    if len(np.unique(y[half])) < len(names):
        raise ValueError(
            f"of the source's {len(names)} classes the smallest has {np.bincount(y).min()} of "
            f"{len(y)} samples, too few to be split: leave it out (a regression has no classes)"
        )
    model = classifier(source[half].numpy(), y[half])
    called, called_target = (model.predict(v.numpy()) for v in (source[~half], target))
    held_y, k = y[~half], len(names)

    def weights(i: Array, j: Array) -> Array:
        joint = joint_counts(torch.from_numpy(called[i]), torch.from_numpy(held_y[i]), k)
        shares = torch.bincount(torch.from_numpy(called_target[j]), minlength=k)
        return bbse(joint, shares).numpy().astype(float)

    def moved(i: Array, j: Array) -> float:
        prior = np.bincount(held_y[i], minlength=k) / len(i)
        return float(np.abs(prior * (weights(i, j) - 1)).sum() / 2)

    everything = np.arange(len(held_y)), np.arange(len(target))
    accuracy = Figure(
        "held-out accuracy", float((called == held_y).mean()), p_value=alike(called, held_y)
    )
    figures = [accuracy, Figure("class shares moved", *booted(moved, everything, rng))]
    w = weights(*everything)
    chance = w[y] / max(w.max(), 1e-12)
    drawn = torch.from_numpy(rng.random(len(y)) < chance)
    if int(drawn.sum()) >= 40:
        rest = probe_a_distance(source[drawn], target, "rbf_svm", seed=seed, clamp=False)
        figures.append(of("A-distance left by class weights", rest, rest.p_value))
    if target_y is None:
        return figures
    index = {str(name): i for i, name in enumerate(names)}
    given = texts(target_y)
    codes = np.array([index.get(name or "", -1) for name in given])
    known = (codes >= 0).nonzero()[0]
    if others := sorted({name for name in given if name} - {"-1", *index}):
        raise ValueError(
            f"target labels {others[:5]} are not among the source's classes {list(index)[:20]}; "
            "leave these samples out, or correct them"
        )
    if len(known) < 20:
        return figures
    by_x = logistic(source, target).numpy().astype(float)[~half]
    wrong, wrong_target = called != held_y, called_target[known] != codes[known]

    def gap(i: Array, j: Array) -> float:
        by_class = w[held_y[i]]
        expected = [float((v * wrong[i]).sum() / max(v.sum(), 1e-12)) for v in (by_x[i], by_class)]
        return float(wrong_target[j].mean()) - max(expected)

    figures.append(
        Figure(
            "error beyond reweighting", *booted(gap, (everything[0], np.arange(len(known))), rng)
        )
    )
    return figures


def alike(called: Array, y: Array) -> float:
    """P-value of predictions and classes being independent: Pearson's chi-square test."""
    from scipy.stats import chi2_contingency

    rows, columns = (np.unique(v, return_inverse=True)[1] for v in (called, y))
    counts = np.zeros((rows.max() + 1, columns.max() + 1))
    np.add.at(counts, (rows, columns), 1)
    return float(chi2_contingency(counts).pvalue) if min(counts.shape) > 1 else 1.0


def classifier(x: Array, y: Array) -> Any:
    """An RBF-SVM on standardised features."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC()).fit(x, y)


def booted(statistic: Any, indices: Sequence[Array], rng: np.random.Generator) -> Interval:
    """A statistic of two samples and the 95 % percentiles of its bootstrap."""
    drawn = [statistic(*(rng.choice(i, len(i)) for i in indices)) for _ in range(DRAWS)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Interval(statistic(*indices), float(low), float(high))
