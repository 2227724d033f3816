"""scikit-learn's searches carry the target whole, or the estimator refuses it: it is never cut."""

import inspect

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn import config_context
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from da_bench import shallow
from da_bench.shallow import CORAL, Shallow, Whole
from da_bench.shallow.base import Lesson

N, COLUMNS = 60, ["a", "b", "c"]
ESTIMATORS = [
    c for c in vars(shallow).values()
    if inspect.isclass(c) and issubclass(c, Shallow) and c is not Shallow
]  # fmt: skip
FORMS = {
    "numpy": np.asarray,
    "pandas": lambda x: pd.DataFrame(x, columns=COLUMNS),
    "torch": torch.from_numpy,
    "lists": lambda x: x.tolist(),
}


@pytest.fixture(autouse=True)
def unrouted():
    """As scikit-learn begins: other libraries, skada for one, switch routing on for the process."""
    with config_context(enable_metadata_routing=False):
        yield


class Spy(Shallow):
    """Remembers the domains that it was fitted to."""

    seen: list = []

    def __init__(self, number=1, head=None):
        super().__init__(head)
        self.number = number

    def align(self, source, y, target):
        self.seen.append(target.copy())
        return Lesson(source, y)


def made(rows):
    draw = np.random.default_rng(0)
    x, target = draw.normal(size=(N, 3)), draw.normal(size=(rows, 3)) + 1
    return x, np.arange(N) % 2, target


def searched(model, x, y, **given):
    GridSearchCV(model, {"number": [1, 2]}, cv=3).fit(x, y, **given)


def scored(model, x, y, **given):
    return cross_val_score(model, x, y, cv=3, params=given)


def validated(model, x, y, **given):
    return cross_validate(model, x, y, cv=3, params=given)


def predicted(model, x, y, **given):
    return cross_val_predict(model, x, y, cv=3, params=given)


WAYS = [searched, scored, validated, predicted]


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows", [N, 40, 50])
@pytest.mark.parametrize("way", WAYS)
def test_a_whole_target_arrives_whole(way, rows, form, routing):
    """40 rows are as many as a training fold has."""
    x, y, target = made(rows)
    Spy.seen.clear()
    with config_context(enable_metadata_routing=routing):
        model = Spy().set_fit_request(target=True) if routing else Spy()
        way(model, FORMS[form](x), y, target=Whole(FORMS[form](target)))
    assert len(Spy.seen) >= 3
    for seen in Spy.seen:
        np.testing.assert_allclose(seen, target)


@pytest.mark.parametrize("routing", [False, True])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("way", WAYS)
def test_a_bare_one_of_as_many_rows_is_refused(way, form, routing):
    x, y, target = made(N)
    with config_context(enable_metadata_routing=routing):
        model = Spy().set_fit_request(target=True) if routing else Spy()
        with pytest.raises(ValueError, match=r"target=da_bench.shallow.Whole\(target\)"):
            way(model, FORMS[form](x), y, target=FORMS[form](target))


@pytest.mark.parametrize("way", WAYS)
def test_a_bare_one_of_other_rows_is_not_cut(way):
    x, y, target = made(50)
    Spy.seen.clear()
    way(Spy(), x, y, target=target)
    assert {len(seen) for seen in Spy.seen} == {50}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_carries_it(estimator):
    x, y, target = made(N)
    whole = Whole(target)
    plain, other = (estimator().fit(x, y, target=t).predict(target) for t in (target, whole))
    np.testing.assert_array_equal(plain, other)
    with pytest.raises(ValueError, match="Whole"):
        clone(estimator()).fit(x, y, target=target)
    with pytest.raises(ValueError, match="Whole"):
        cross_val_score(estimator(), x, y, cv=3, params={"target": target})
    assert np.isfinite(cross_val_score(estimator(), x, y, cv=3, params={"target": whole})).all()


@pytest.mark.parametrize("rows", [N, 50])
def test_a_pipeline_puts_the_target_through_its_steps(rows):
    x, y, target = made(rows)
    Spy.seen.clear()
    with config_context(enable_metadata_routing=True):
        steps = [("scale", StandardScaler()), ("adapt", Spy().set_fit_request(target=True))]
        pipeline = Pipeline(steps, transform_input=["target"])
        pipeline.fit(x, y, target=Whole(target))
        GridSearchCV(pipeline, {"adapt__number": [1]}, cv=2).fit(x, y, target=Whole(target))
    assert {seen.shape for seen in Spy.seen} == {(rows, 3)}
    np.testing.assert_allclose(Spy.seen[0], (target - x.mean(0)) / x.std(0))


def test_folds_of_the_source_are_scored_as_such():
    """The target stays where it is: a source sample placed as one of it is misplaced."""
    draw = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = draw.normal(size=(80, 2)) * [1, 0.1] + y[:, None] * [0, 1]
    target = x[::-1] @ [[0.0, 5.0], [-5.0, 0.0]]
    with config_context(enable_metadata_routing=True):
        model = CORAL(ridge=0.0).set_fit_request(target=True).set_score_request(domain=True)
        given = {"target": Whole(target), "domain": "source"}
        assert cross_val_score(model, x, y, params=given).mean() > 0.95
        model.set_score_request(domain=None)
        assert cross_val_score(model, x, y, params={"target": Whole(target)}).mean() < 0.9
