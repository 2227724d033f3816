"""Proxy A-distances by scikit-learn's classifiers: linear, MLP and RBF-SVM."""

import warnings
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from da_bench.functional import Divergence, accuracy_test
from da_bench.functional._check import check_fit
from da_bench.functional.held_out import halves

Probe = Literal["linear", "mlp", "rbf_svm"]
PROBES: tuple[Probe, ...] = ("linear", "mlp", "rbf_svm")


def probe_a_distance(
    source: Tensor,
    target: Tensor,
    probe: Probe = "linear",
    draws: int = 2000,
    alpha: float = 0.05,
    seed: int = 0,
    clamp: bool = True,
) -> Divergence:
    r"""Proxy A-distance :math:`2 (1 - 2 \epsilon)` of a probe, by its held-out balanced error.

    Half of each sample fits the probe on standardised features, the smaller domain repeated until
    both are as large; the other half is classified. Ben-David et al., NIPS 2006. Unlike the
    cross-fitted ``da_bench.functional.proxy_a_distance``, the classified samples are independent
    given the probe, so the interval is of that probe's own distance, and where distributions are
    equal every probe's is 0.

    The interval is the percentile bootstrap of the held-out errors, each domain drawn by itself
    (Efron and Tibshirani, "An introduction to the bootstrap", 1993, chapter 13). A domain's error
    count ``e`` of ``n`` is drawn as binomial with share :math:`(e + \tfrac12) / (n + 1)`, so that
    an error of 0 has an interval too. The p-value is that of ``accuracy_test``.

    Args:
        source: Source sample, shape ``(n, d)``.
        target: Target sample, shape ``(m, d)``.
        probe: ``linear`` (logistic regression, C = 1), ``mlp`` (100 hidden units, 60 epochs)
            or ``rbf_svm`` (C = 1, scikit-learn's ``scale``).
        draws: Bootstrap samples, at least 1.
        alpha: The interval covers ``1 - alpha``.
        seed: Seed of the halves, the probe and the bootstrap.
        clamp: Cut value and interval to ``[0, 2]``; without, errors above one half read below 0.

    Returns:
        The distance, its interval and p-value; the sizes are those of the held-out halves.

    Raises:
        ValueError: Widths differ, values are not finite, fewer than four samples on a side, an
            unknown probe, or a number is out of range.
    """
    check_fit(source, target, least=4)
    if probe not in PROBES:
        raise ValueError(f"unknown probe {probe!r}: expected one of {', '.join(PROBES)}")
    if draws < 1 or not 0 < alpha < 1:
        raise ValueError(f"needs draws >= 1 and alpha in (0, 1), got {draws} and {alpha}")
    x = torch.cat((source, target)).detach().cpu().double().numpy()
    is_target = np.arange(len(x)) >= len(source)
    test = halves(len(source), len(target), seed).numpy()
    rng = np.random.default_rng(seed)
    fit = _repeated((~test).nonzero()[0], is_target, rng)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an MLP's 60 epochs need not converge: it is held out
        classifier = _classifier(probe, seed).fit(x[fit], is_target[fit])
    predicted = torch.from_numpy(classifier.predict(x[test]))
    accuracy = accuracy_test(predicted, torch.from_numpy(is_target[test]), alpha)
    sizes = (accuracy.n_source, accuracy.n_target)
    is_wrong = (predicted.numpy() != is_target[test]).astype(int)
    counts = [int(is_wrong[is_target[test] == side].sum()) for side in (False, True)]
    rates = [
        rng.binomial(n, (e + 0.5) / (n + 1), draws) / n for e, n in zip(counts, sizes, strict=True)
    ]
    ends = np.quantile(2 - 2 * (rates[0] + rates[1]), [alpha / 2, 1 - alpha / 2])
    values = [4 * accuracy.value - 2, *ends.tolist()]
    value, low, high = (min(2.0, max(0.0, v)) for v in values) if clamp else values
    settings = {"probe": probe, "draws": draws, "alpha": alpha, "seed": seed, "clamp": clamp}
    return Divergence(value, low, high, *sizes, accuracy.p_value, settings)


def _repeated(fit: Any, is_target: Any, rng: np.random.Generator) -> Any:
    """Indices to fit on, those of the smaller domain repeated up to the size of the larger."""
    parts = [fit[is_target[fit] == side] for side in (False, True)]
    max_length = max(map(len, parts))
    return np.concatenate([
        np.concatenate([np.tile(p, max_length // len(p)),
                        rng.choice(p, max_length % len(p), replace=False)])
        for p in parts
    ])  # fmt: skip


def _classifier(probe: Probe, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    models = {
        "linear": lambda: LogisticRegression(max_iter=1000),
        "mlp": lambda: MLPClassifier(max_iter=60, random_state=seed, alpha=1e-2, tol=1e-3),
        "rbf_svm": lambda: SVC(kernel="rbf", gamma="scale"),
    }[probe]()
    return make_pipeline(StandardScaler(), models)
