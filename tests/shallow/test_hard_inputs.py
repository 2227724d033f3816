"""Hard inputs of all estimators: few samples, far points, zeros; and what is refused."""

import numpy as np
import ot
import pytest

from da_bench.shallow import BDA, CORAL, JDA, OTDA, TCA, TJM, LinearOT, SubspaceAlignment


def domains(n=20, m=15, d=50, seed=0):
    draw = np.random.default_rng(seed)
    y = np.arange(n) % 2
    x = draw.normal(size=(n, d)) + 3 * y[:, None]
    target = 1.5 * draw.normal(size=(m, d)) + 3 * (np.arange(m) % 2)[:, None] + 1
    return x, y, target


@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_the_gaussian_map_of_singular_covariances_is_finite(scale):
    x, y, target = domains()
    model = LinearOT().fit(scale * x, y, target=scale * target)
    assert np.isfinite(model.samples_).all()
    assert model.score(scale * target, np.arange(15) % 2) > 0.8
    doubled = np.c_[x[:, :2], x[:, 0]]
    assert np.isfinite(LinearOT().fit(scale * doubled, y, target=scale * doubled).samples_).all()


@pytest.mark.parametrize("bias", [True, False])
def test_the_gaussian_map_is_pots(bias):
    x, y, target = domains(200, 150, 4)
    model = LinearOT(ridge=1e-3, bias=bias).fit(x, y, target=target)
    a, b = ot.gaussian.empirical_bures_wasserstein_mapping(x, target, reg=1e-3, bias=bias)
    np.testing.assert_allclose(model.map_, a, atol=1e-8)
    np.testing.assert_allclose(model.shift_, np.ravel(b), atol=1e-8)


@pytest.mark.parametrize("side", ["source", "target"])
def test_an_entropic_transport_keeps_its_marginals_however_far_a_sample_is(side):
    x, y, target = domains(d=3)
    (x if side == "source" else target)[0] *= 200
    model = OTDA(entropy=0.1)
    model.classes_ = np.arange(2)
    plan = model.plan(x, y, target)
    np.testing.assert_allclose(plan.sum(1), 1 / 20, rtol=0.01)
    np.testing.assert_allclose(plan.sum(0), 1 / 15, rtol=0.01)
    assert np.isfinite(model.fit(x, y, target=target).moved_).all()
    for group in ("l1l2", "lpl1"):
        with pytest.raises(ValueError, match=r"entropy=0\.001.*underflows"):
            OTDA(0.001, 0.1, group).fit(x, y, target=target)


def test_a_median_of_zero_falls_back_on_the_mean():
    y = np.arange(40) % 2
    x = (np.arange(40) < 36).astype(float)[:, None]
    assert np.isfinite(OTDA().fit(x, y, target=x).moved_).all()


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (JDA(weight=0.0), "weight=0.0: it must be above 0"),
        (BDA(weight=-1.0), "weight=-1.0: it must be above 0"),
        (TJM(weight=-1.0), "weight=-1.0: it must be above 0"),
        (TCA(mu=0.0), "mu=0.0: it must be above 0"),
        (BDA(n_components=0), "n_components=0: it must be at least 1"),
        (OTDA(group="foo"), "group='foo': expected l1l2 or lpl1"),
    ],
)
def test_numbers_out_of_range_are_named(model, says):
    x, y, target = domains()
    with pytest.raises(ValueError, match=says):
        model.fit(x, y, target=target)


@pytest.mark.parametrize("model", [LinearOT(), CORAL(ridge=1.0), OTDA(), SubspaceAlignment(2)])
def test_fit_transform_places_the_source(model):
    x, y, target = domains(d=4)
    np.testing.assert_allclose(model.fit_transform(x, y, target=target), model.samples_)
    with pytest.raises(ValueError, match="domain='Source': expected source or target"):
        model.transform(x, "Source")
