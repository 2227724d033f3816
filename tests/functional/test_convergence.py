"""What stops at its limit says so, in one shape: the residual, the tolerance, what to set."""

import re
import warnings

import numpy as np
import pytest
import torch
from sklearn.datasets import make_blobs

from da_bench import functional as F
from da_bench import shallow
from da_bench.functional import NotConverged


def samples(n=40, m=36, d=4):
    draw = torch.Generator().manual_seed(0)
    return torch.randn(n, d, generator=draw), torch.randn(m, d, generator=draw) + 1


def sinkhorn(**settings):
    F.sinkhorn_divergence(*samples(), **settings)


def kmeans(**settings):
    z, _ = samples(400)
    F.spherical_kmeans(z, z[:9], **settings)


def adversaries(**settings):
    F.h_delta_h_divergence(*samples(), **settings)


def fitted(estimator, noisy=False, **settings):
    x, y = make_blobs(90, n_features=6, centers=4, random_state=0)
    draw = np.random.default_rng(0)
    if noisy:
        x = draw.standard_normal(x.shape)
    estimator(**settings).fit(x, y, target=x[:70] + draw.standard_normal((70, 6)) + 1)


def estimator(name, **options):
    return lambda **settings: fitted(getattr(shallow, name), **{**options, **settings})


SHORT = {
    "sinkhorn": (sinkhorn, {"iterations": 3}, "iterations"),
    "sinkhorn, little entropy": (sinkhorn, {"epsilon": 1e-3}, "epsilon"),
    "h_delta_h": (adversaries, {"steps": 20}, "steps"),
    "kmeans": (kmeans, {"iterations": 1}, "iterations"),
    "JDA": (estimator("JDA", noisy=True), {"iterations": 2}, "iterations"),
    "BDA": (estimator("BDA", noisy=True), {"iterations": 2}, "iterations"),
    "TJM": (estimator("TJM"), {"iterations": 2}, "iterations"),
    "JDOT": (estimator("JDOT"), {"iterations": 1}, "iterations"),
    "OTDA": (estimator("OTDA"), {"entropy": 0.1, "iterations": 2}, "iterations"),
    "OTDA l1l2": (
        estimator("OTDA", entropy=0.5, class_penalty=0.5), {"rounds": 1}, "rounds",
    ),
    "OTDA lpl1": (
        estimator("OTDA", entropy=1.0, class_penalty=0.5, group="lpl1"), {"rounds": 1}, "rounds",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SHORT)
def test_what_stops_short_warns_of_how_far_it_is_and_what_to_set(name):
    run, settings, setting = SHORT[name]
    with pytest.warns(NotConverged) as seen:
        run(**settings)
    (text,) = [str(w.message) for w in seen if issubclass(w.category, NotConverged)]
    numbers = re.search(r"stopped at its limit: .* (\S+), wanted (\S+); ", text)
    residual, tolerance = map(float, numbers.groups())
    assert residual > tolerance
    assert re.search(rf"(raise|or) {setting}, now ", text)


@pytest.mark.parametrize("name", SHORT)
def test_and_says_nothing_by_default(name):
    run = SHORT[name][0]
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotConverged)
        run(**{"noisy": False} if name in ("JDA", "BDA") else {})


def test_sinkhorn_goes_on_until_its_tolerance():
    """50 iterations gave 7.26 for 8.45."""
    draw = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 2, generator=draw), torch.randn(30, 2, generator=draw) + 2
    exact = F.sinkhorn_divergence(x.double(), y.double(), 0.1, 20_000, 1e-6)
    found = F.sinkhorn_divergence(x, y, 0.1)
    assert float(found) == pytest.approx(float(exact), rel=1e-3)
    with pytest.warns(NotConverged):
        short = F.sinkhorn_divergence(x, y, 0.1, 50)
    assert abs(short - exact) > 50 * abs(found - exact)


def test_under_vmap_no_value_is_read():
    x, y = torch.randn(2, 3, 12, 2, generator=torch.Generator().manual_seed(0))
    with warnings.catch_warnings():
        warnings.simplefilter("error", NotConverged)
        found = torch.func.vmap(F.sinkhorn_divergence)(x, y)
    pairs = zip(x, y, strict=True)
    each = torch.stack([F.sinkhorn_divergence(a, b, tolerance=1e-5) for a, b in pairs])
    torch.testing.assert_close(found, each, rtol=1e-3, atol=1e-4)


def test_a_loop_says_it_once_and_at_the_end_how_often():
    x, y = samples()
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        with F.counted_warnings():
            for _ in range(7):
                F.sinkhorn_divergence(x, y, iterations=2)
            F.permutation_test(x, y, lambda a, b: F.sinkhorn_divergence(a, b, iterations=2), 4)
        F.permutation_test(x, y, lambda a, b: F.sinkhorn_divergence(a, b, iterations=2), 4)
    texts = [str(w.message) for w in seen if w.category is NotConverged]
    assert len(texts) == 4
    assert "raise iterations, now 2" in texts[0]
    assert "sinkhorn_divergence stopped at its limit 12 times" in texts[1]
    assert "5 times" in texts[3]
