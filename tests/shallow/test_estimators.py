"""Every estimator of shallow: what all must do, scikit-learn's own checks among them."""

import inspect
from typing import Literal, get_args, get_origin, get_type_hints

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.utils.estimator_checks import parametrize_with_checks

from da_bench import shallow
from da_bench.shallow import CORAL, JDA, OTDA, LinearOT, Shallow

CLASSES = [c for c in vars(shallow).values()
           if inspect.isclass(c) and issubclass(c, Shallow) and c is not Shallow]  # fmt: skip
EVERY = [c() for c in CLASSES] + [OTDA(entropy=0.1), OTDA(entropy=0.1, class_penalty=0.1)]


@parametrize_with_checks([c for c in EVERY if isinstance(c, CORAL | JDA | LinearOT)])
def test_scikit_learns_checks(estimator, check):
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks([c for c in EVERY if not isinstance(c, CORAL | JDA | LinearOT)])
def test_scikit_learns_checks_of_the_others(estimator, check):
    check(estimator)


def options(cls):
    """An estimator for each value of each argument that is one of several words.

    But for kernels, with which each of 60 checks solves an eigenproblem for seconds.
    """
    hints = get_type_hints(cls.__init__)
    for name, parameter in inspect.signature(cls).parameters.items():
        words = [w for kind in (hints[name], *get_args(hints[name])) if get_origin(kind) is Literal
                 for w in get_args(kind)]  # fmt: skip
        for word in words:
            if word != parameter.default and name != "kernel":
                yield cls(**{name: word})


OPTIONS = [estimator for cls in CLASSES for estimator in options(cls)]


def test_options_are_found():
    assert {"OTDA(metric='cosine')", "OTDA(norm='max')", "JDA(form='primal')"} <= {
        repr(estimator) for estimator in OPTIONS
    }


@pytest.mark.slow
@parametrize_with_checks(OPTIONS)
def test_scikit_learns_checks_of_options(estimator, check):
    check(estimator)


def domains(classes=3, n=90, m=60, d=4):
    """Blobs, the target moved and stretched; its labels are for scores alone."""
    rng = np.random.default_rng(0)
    centres = 4 * rng.normal(size=(classes, d))
    y, truth = rng.integers(classes, size=n), rng.integers(classes, size=m)
    x = centres[y] + rng.normal(size=(n, d))
    other = 1.2 * (centres[truth] + rng.normal(size=(m, d))) + 0.5
    return x, y, other, truth


every = pytest.mark.parametrize("estimator", EVERY, ids=repr)


@every
def test_several_classes_by_name(estimator):
    x, y, other, truth = domains()
    names = np.array(["ant", "bee", "cow"])
    model = estimator.fit(x, names[y], target=other)
    found = model.predict(other)
    assert set(found) <= set(names)
    assert np.mean(found == names[truth]) > 0.6
    assert model.predict(x, "source").shape == (90,)


@every
def test_output_as_a_data_frame(estimator):
    pandas = pytest.importorskip("pandas")
    x, y, other, _ = domains()
    model = estimator.fit(x, y, target=other)
    plain, classes = model.transform(other), model.predict(other)
    framed = model.set_output(transform="pandas").transform(other)
    assert isinstance(framed, pandas.DataFrame)
    assert list(framed.columns) == list(model.get_feature_names_out())
    assert framed.columns[0] == f"{type(model).__name__.lower()}0"
    assert np.array_equal(framed.to_numpy(), plain)
    assert np.array_equal(model.predict(other), classes)
    model.set_output(transform="default")


def test_zeros_are_at_right_angles_to_all():
    x, y, other, _ = domains()
    x[3] = other[5] = 0
    assert np.isfinite(OTDA(metric="cosine").fit(x, y, target=other).transform(other)).all()


@every
def test_its_arrays_rebuild_it(estimator):
    x, y, other, _ = domains()
    new = domains(m=25)[2] + 0.1
    model = estimator.fit(x, y, target=other)
    again = type(estimator)(**estimator.get_params()).restore(model.state())
    for domain in ("source", "target"):
        assert np.array_equal(again.transform(new, domain), model.transform(new, domain))
        assert np.array_equal(again.predict(new, domain), model.predict(new, domain))


@every
def test_any_head(estimator):
    x, y, other, truth = domains()
    model = type(estimator)(**estimator.get_params() | {"head": LogisticRegression()})
    model.fit(x, y, target=other)
    assert model.score(other, truth) > 0.6
    np.testing.assert_allclose(model.predict_proba(other).sum(1), 1)


@every
def test_the_target_matters(estimator):
    if isinstance(estimator, shallow.Plain):
        pytest.skip("it looks at the source alone")
    x, y, other, _ = domains()
    one = estimator.fit(x, y, target=other).state()
    two = estimator.fit(x, y, target=other @ np.diag([3, 1, 1, 0.3])).state()
    assert any(not np.array_equal(one[k], two[k]) for k in one)


@every
def test_what_is_wrong_is_named(estimator):
    x, y, other, _ = domains()
    with pytest.raises(ValueError, match="features"):
        estimator.fit(x, y, target=other[:, :2])
    with pytest.raises(ValueError, match="NaN"):
        estimator.fit(x, y, target=np.full_like(other, np.nan))
    with pytest.raises(ValueError, match="one class"):
        estimator.fit(x, np.zeros(len(x)), target=other)
    with pytest.raises(ValueError, match="minimum of 2"):
        estimator.fit(x, y, target=other[:1])


@pytest.mark.parametrize(
    ("estimator", "words"),
    [
        (shallow.PCA(0), "n_components=0"),
        (shallow.JDA(iterations=0), "iterations=0"),
        (shallow.BDA(balance=1.5), "balance=1.5"),
        (shallow.CORAL(-1.0), "ridge=-1.0"),
        (shallow.LinearOT(0.0), "ridge=0.0"),
        (shallow.OTDA(-1.0), "entropy=-1.0"),
        (shallow.OTDA(class_penalty=1.0), "entropy above 0"),
        (shallow.JDOT(2.0), "weight=2.0"),
    ],
    ids=repr,
)
def test_a_setting_out_of_range_is_named(estimator, words):
    x, y, other, _ = domains()
    with pytest.raises(ValueError, match=words):
        estimator.fit(x, y, target=other)
