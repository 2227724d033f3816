"""Density ratios against the true ratio, against other libraries and at their edges."""

import math
import subprocess
import sys
from functools import partial

import pytest
import torch

from da_bench.functional import (
    effective_sample_size,
    kliep,
    kmm,
    logistic,
    median_distance,
    nearest_neighbour,
    rulsif,
    ulsif,
    weighted_risk,
)
from da_bench.functional.ratio_kliep import _fit, mixing_proportions
from da_bench.functional.ratio_ulsif import loo_score

RATIOS = {
    "kmm": kmm,
    "kliep": kliep,
    "kliep_cv": partial(kliep, bandwidth="cv"),
    "ulsif": ulsif,
    "rulsif": rulsif,
    "logistic": logistic,
    "nearest_neighbour": nearest_neighbour,
    "nearest_neighbour_smoothed": partial(nearest_neighbour, smoothing=1.0),
}
# Largest mean squared error, over the variance of the true ratio: 1 is what weights of one get.
CORRELATION = {"ulsif": 0.5, "rulsif": 0.5} | dict.fromkeys(list(RATIOS)[-2:], 0.3)
SMOOTH = {"ulsif", "rulsif", "nearest_neighbour_smoothed"}
ERROR = {"kmm": 0.9, "kliep": 0.3, "kliep_cv": 0.7, "ulsif": 0.8, "rulsif": 0.8, "logistic": 0.05}


@pytest.fixture(params=RATIOS)
def ratio(request):
    return RATIOS[request.param]


def shifted(n=1000, m=800, d=1, shift=0.5, seed=0, dtype=torch.float64):
    """N(0, I) and N(shift e1, I): the ratio is exp(shift x1 - shift^2 / 2)."""
    generator = torch.Generator().manual_seed(seed)
    source = torch.randn(n, d, generator=generator, dtype=torch.float64)
    target = torch.randn(m, d, generator=generator, dtype=torch.float64)
    target[:, 0] += shift
    truth = torch.exp(shift * source[:, 0] - shift**2 / 2)
    return source.to(dtype), target.to(dtype), truth / truth.mean()


def correlation(a, b):
    return float(torch.corrcoef(torch.stack((a.double(), b.double())))[0, 1])


def skada_weights(adapter, source, target):
    x = torch.cat((source, target)).numpy()
    domain = torch.tensor([1] * len(source) + [-2] * len(target)).numpy()
    weights = adapter.fit(x, sample_domain=domain).compute_weights(x, sample_domain=domain)
    return torch.tensor(weights[: len(source)])


@pytest.mark.parametrize("d", [1, 2])
@pytest.mark.parametrize("name", RATIOS)
def test_follows_the_true_ratio(name, d):
    source, target, truth = shifted(d=d)
    weights = RATIOS[name](source, target)
    assert correlation(weights, truth) > CORRELATION.get(name, 0.7)
    if name in ERROR:
        assert (weights - truth).square().mean() < ERROR[name] * truth.var()
    moved = (weights @ source[:, 0]) / len(source)
    # Laplace's smoothing, and RuLSIF's denominator, pull towards weights of one on purpose.
    assert abs(moved - target[:, 0].mean()) < (0.25 if name in SMOOTH else 0.15)


def test_mean_one_non_negative_and_of_the_input(ratio):
    for dtype in (torch.float32, torch.float64):
        source, target, _ = shifted(200, 70, 3, dtype=dtype)
        weights = ratio(source.requires_grad_(), target)
        assert weights.shape == (200,)
        assert weights.dtype == dtype
        assert not weights.requires_grad
        assert (weights >= 0).all()
        assert abs(weights.mean() - 1) < 1e-5


def test_identical_samples_weigh_one(ratio):
    source, _, _ = shifted(300, 2, 2)
    weights = ratio(source, source.clone())
    assert (weights - 1).square().mean().sqrt() < 0.25


def test_float32_and_float64_agree(ratio):
    source, target, _ = shifted(200, 150, 2)
    source, target = source.float(), target.float()
    double = ratio(source.double(), target.double())
    torch.testing.assert_close(ratio(source, target).double(), double, atol=2e-3, rtol=2e-3)


@pytest.mark.parametrize("n", [2, 7])
def test_constant_and_tiny_samples(ratio, n):
    for source, target in (
        (torch.ones(n, 3), torch.ones(n, 3)),
        (torch.zeros(n, 1), torch.zeros(n + 1, 1)),
        (torch.rand(n, 1), torch.rand(n, 1)),
    ):
        try:
            weights = ratio(source, target)
        except ValueError as error:  # two samples cannot be cross-validated in five folds
            assert "at least 5" in str(error) and n < 5  # noqa: PT018, PT017
            continue
        assert torch.isfinite(weights).all()
        if source.std() == 0 and "nearest" not in str(ratio):
            torch.testing.assert_close(weights, torch.ones(n), atol=1e-4, rtol=0)


def test_samples_without_overlap(ratio):
    source, target, _ = shifted(50, 50, 2, shift=1000)
    try:
        weights = ratio(source, target)
    except ValueError as error:
        assert "overlap" in str(error)  # noqa: PT017
    else:
        assert torch.isfinite(weights).all()
        assert abs(weights.mean() - 1) < 1e-5


def test_the_same_in_other_units_and_far_from_the_origin(ratio):
    source, target, _ = shifted(150, 150, 2)
    moved = ratio(1e-4 * source + 0.1, 1e-4 * target + 0.1)
    torch.testing.assert_close(moved, ratio(source, target), atol=1e-4, rtol=1e-4)


def test_the_global_generator_is_left_alone_and_results_repeat(ratio):
    source, target, _ = shifted(120, 130, 2)
    state = torch.get_rng_state()
    first = ratio(source, target)
    assert torch.equal(state, torch.get_rng_state())
    assert torch.equal(first, ratio(source, target))


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        (torch.rand(5, 2), torch.rand(5, 3), "width: 2 and 3"),
        (torch.rand(1, 2), torch.rand(9, 2), "at least"),
        (torch.rand(9, 2), torch.rand(1, 2), "at least"),
        (torch.full((9, 2), torch.nan), torch.rand(9, 2), "source has NaN"),
        (torch.rand(9, 2), torch.full((9, 2), torch.inf), "target has NaN"),
        (torch.rand(9), torch.rand(9), "flatten"),
    ],
)
def test_bad_input_is_named(ratio, source, target, message):
    with pytest.raises(ValueError, match=message):
        ratio(source, target)


@pytest.mark.parametrize(
    "call",
    [
        partial(kliep, bandwidth=-1.0),
        partial(kliep, bandwidth="best"),
        partial(kliep, centres=0),
        partial(ulsif, bandwidth=0.0),
        partial(ulsif, ridge=-1.0),
        partial(rulsif, alpha=1.0),
        partial(logistic, l2=0.0),
        partial(nearest_neighbour, smoothing=-1.0),
    ],
)
def test_numbers_out_of_range_are_named(call):
    name = next(iter(call.keywords))
    with pytest.raises(ValueError, match=name):
        call(*shifted(20, 20)[:2])


def balanced_odds(source, target):
    """scikit-learn's odds of the target, each domain weighing half, over their mean."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    n, m = len(source), len(target)
    centre = (source.mean(0) + target.mean(0)) / 2
    size = (((source - centre) ** 2).mean() / 2 + ((target - centre) ** 2).mean() / 2).sqrt()
    x = ((torch.cat((source, target)) - centre) / size).numpy()
    model = linear_model.LogisticRegression(
        C=1 / (2 * 1e-3 * (n + m)), class_weight="balanced", tol=1e-10, max_iter=1000
    ).fit(x, [0] * n + [1] * m)
    p = torch.tensor(model.predict_proba(x[:n]))
    odds = p[:, 1] / p[:, 0]
    return odds / odds.mean()


def test_logistic_is_the_class_balanced_odds():
    source, target, _ = shifted(300, 60, 3)
    expected = balanced_odds(source, target)
    torch.testing.assert_close(logistic(source, target), expected, atol=1e-4, rtol=1e-4)


def test_copies_of_a_domain_change_nothing_for_logistic():
    source, target, _ = shifted(100, 40, 2)
    once, many = logistic(source, target, 0.1), logistic(source, target.repeat(9, 1), 0.1)
    torch.testing.assert_close(once, many, atol=1e-6, rtol=1e-6)


def test_the_odds_that_another_library_turns_upside_down():
    """SKADA 0.6's DiscriminatorReweightAdapter weighs by p_source / p_target."""
    skada = pytest.importorskip("skada")
    source, target, truth = shifted(d=2)
    theirs = skada_weights(skada.DiscriminatorReweightAdapter(), source, target)
    assert correlation(logistic(source, target), truth) > 0.95
    if skada.__version__.startswith("0.6"):
        assert correlation(theirs, truth) < 0
        assert correlation(1 / theirs, logistic(source, target)) > 0.95


def test_kliep_is_the_fixed_point_of_its_written_out_problem():
    """The paper's constraint makes alpha b mixing proportions, which EM climbs to the maximum."""
    source, target, _ = shifted(200, 60, 2)
    width = float(median_distance(source, target))
    x, y = phi(source, target, width), phi(target, target, width)
    b = x.mean(0)
    alpha = 1 / b / len(b)
    for _ in range(100_000):
        alpha = alpha * (y / (y @ alpha)[:, None]).mean(0) / b
    assert abs((x @ alpha).mean() - 1) < 1e-9
    ours = kliep(source, target, centres=60, tolerance=1e-10)
    torch.testing.assert_close(ours, x @ alpha, atol=2e-3, rtol=2e-3)


def test_kliep_is_likelier_than_another_library_that_stops_where_it_starts():
    """SKADA 0.6's gradient step is the machine's epsilon: its tolerance is met at once."""
    adapters = pytest.importorskip("skada")
    source, target, _ = shifted(200, 80, 2)
    width = float(median_distance(source, target))
    adapter = adapters.KLIEPReweightAdapter(gamma=1 / (2 * width**2), random_state=0)
    theirs = skada_weights(adapter, source, target)
    x, y = (phi(z, torch.tensor(adapter.centers_), width) for z in (source, target))
    alpha = torch.tensor(adapter.alpha_)
    torch.testing.assert_close(x @ alpha, theirs)  # the same model and constraint
    assert abs(theirs.mean() - 1) < 1e-6
    places, logs = _fit(source, target, width, 80, 1e-9)
    x, y_ours = (phi(z, places, width) @ logs.exp() for z in (source, target))
    assert abs(x.mean() - 1) < 1e-6
    assert y_ours.log().mean() > (y @ alpha).log().mean() + 1e-3


def test_kliep_meets_the_conditions_of_its_optimum():
    generator = torch.Generator().manual_seed(0)
    design = torch.rand(60, 20, generator=generator, dtype=torch.float64) ** 4
    g = mixing_proportions(design, 1e-9)
    assert abs(g.sum() - 1) < 1e-12
    gradient = (design / (design @ g)[:, None]).mean(0)
    assert gradient.max() <= 1 + 1e-8  # Karush, Kuhn and Tucker on the simplex
    assert ((gradient - 1) * g).abs().max() < 1e-7
    for _ in range(200):  # and nothing nearby is better
        other = torch.rand(20, generator=generator, dtype=torch.float64) * g
        assert (design @ (other / other.sum())).log().mean() <= (design @ g).log().mean() + 1e-9


def phi(x, centres, width):
    return torch.exp(-((x[:, None] - centres) ** 2).sum(2) / 2 / width**2)


@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5])
def test_ulsif_and_rulsif_are_the_written_out_formula(alpha):
    source, target, _ = shifted(120, 60, 2)
    width, ridge = 1.3, 0.05
    x, y = phi(source, target, width), phi(target, target, width)
    h = alpha * y.T @ y / 60 + (1 - alpha) * x.T @ x / 120
    coefficients = torch.linalg.solve(h + ridge * torch.eye(60), y.mean(0)).clamp_min(0)
    expected = x @ coefficients / (x @ coefficients).mean()
    weights = rulsif(source, target, alpha, bandwidth=width, ridge=ridge)
    torch.testing.assert_close(weights, expected)
    if alpha == 0:
        torch.testing.assert_close(ulsif(source, target, width, ridge), expected)


@pytest.mark.parametrize("sizes", [(15, 15), (12, 20), (20, 12)])
def test_the_closed_leave_one_out_score_is_the_loop(sizes):
    source, target, _ = shifted(*sizes, 2)
    n, m = sizes
    x, y = phi(source, target[:8], 1.0), phi(target, target[:8], 1.0)
    ridge, total = 0.1, 0.0
    for i in range(min(n, m)):
        kept_x, kept_y = (torch.cat((z[:i], z[i + 1 :])) for z in (x, y))
        h = kept_x.T @ kept_x / (n - 1) + ridge * torch.eye(8).double()
        a = torch.linalg.solve(h, kept_y.mean(0)).clamp_min(0)
        total += float((x[i] @ a) ** 2 / 2 - y[i] @ a)
    assert math.isclose(loo_score(x, y, ridge), total / min(n, m), rel_tol=1e-9)


def test_nearest_neighbour_counts():
    source, target = torch.tensor([[0.0], [1.0], [5.0]]), torch.tensor([[0.1], [0.2], [0.9], [1.2]])
    weights = nearest_neighbour(source, target)
    torch.testing.assert_close(weights, torch.tensor([2.0, 2.0, 0.0]) * 3 / 4)
    smoothed = nearest_neighbour(source, target, smoothing=1.0)
    torch.testing.assert_close(smoothed, torch.tensor([3.0, 3.0, 1.0]) * 3 / 7)


def test_effective_sample_size():
    assert effective_sample_size(torch.ones(7)) == 7
    assert effective_sample_size(torch.tensor([0.0, 3e30, 0.0])) == 1
    assert effective_sample_size(torch.tensor([1.0, 2.0, 3.0])) == pytest.approx(36 / 14)
    for bad in (
        torch.zeros(3),
        torch.tensor([1.0, -1.0]),
        torch.tensor([torch.nan]),
        torch.ones(0),
    ):
        with pytest.raises(ValueError, match="weights"):
            effective_sample_size(bad)


@pytest.mark.parametrize("clip", [None, 1.5])
@pytest.mark.parametrize("normalised", [False, True])
def test_the_weighted_risk_is_its_sum(clip, normalised):
    losses, weights = torch.rand(9).double(), 3 * torch.rand(9).double()
    total = mass = 0.0
    for loss, weight in zip(losses.tolist(), weights.tolist(), strict=True):
        used = min(weight, clip or math.inf)
        total, mass = total + used * loss, mass + used
    expected = total / (mass if normalised else 9)
    assert float(weighted_risk(losses, weights, clip, normalised)) == pytest.approx(expected)
    assert weighted_risk(losses, torch.zeros(9).double(), clip, normalised) == 0
    with pytest.raises(ValueError, match="clip"):
        weighted_risk(losses, weights, 0.0)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["kliep", "ulsif"])
def test_large_samples_fit_in_two_gibibytes(method):
    """150,000 x 50 on each side, in a process of its own, torch and the samples included."""
    code = (
        "import torch\n"
        f"from da_bench.functional import {method} as method\n"
        "from da_bench.runs.resources import peak_memory\n"
        "g = torch.Generator().manual_seed(0)\n"
        "source, target = (torch.randn(150_000, 50, generator=g) for _ in range(2))\n"
        "target[:, 0] += 0.5\n"
        "assert torch.isfinite(method(source, target)).all()\n"
        "print(peak_memory())"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert int(done.stdout) < 2 * 2**30
