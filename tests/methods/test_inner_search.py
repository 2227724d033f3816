"""Settings chosen by inner splits, beside skada's scorers and beside scores written out."""

import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KernelDensity
from sklearn.svm import SVC

from da_bench.data.benchmarks.skada_shifts import SkadaShifts
from da_bench.functional import kliep
from da_bench.methods import SVM, Transductive
from da_bench.methods.inner_search import SCORES, best, mean_scores
from da_bench.shallow import CORAL, OTDA, SubspaceAlignment
from tests.conftest import fit, small

NAMES = {"circular": "CircularValidation", "importance_weighted": "ImportanceWeightedScorer"}


def domains(shift, state=0):
    data = SkadaShifts(f"source-{state}", f"target-{state}", shift=shift, target_labels="all")
    (x, y), (other, labels) = (
        (view.data.x.double().numpy(), view.data.y.numpy())
        for view in (data.view("source", "train"), data.view("target", "train"))
    )
    return x, y, other, labels


def shallow(make, settings):
    return lambda number, x, y, other: make(settings[number]).fit(x, y, target=other).predict


CASES = {  # skada's adapter, its argument, its values; ours by them
    "SubspaceAlignmentAdapter": ("n_components", [1, 2],
                                 lambda k: SubspaceAlignment(k, head=SVC())),
    "CORALAdapter": ("assume_centered", [False, True],
                     lambda there: CORAL("auto", not there, head=SVC())),
    "OTMappingAdapter": ("metric", ["sqeuclidean", "cosine"],
                         lambda metric: OTDA(metric=metric, head=SVC())),
}  # fmt: skip


@pytest.mark.parametrize("by", NAMES)
@pytest.mark.parametrize("name", CASES)
def test_scores_are_skadas(by, name):
    """The same inner splits, refits and weights: SKADA-Bench's search, setting for setting."""
    skada = pytest.importorskip("skada")
    from skada import metrics, model_selection

    x, y, other, _ = domains("covariate")
    argument, values, make = CASES[name]
    ours = mean_scores(shallow(make, values), 2, x, y, other, -np.ones(len(other)), by)
    adapter = getattr(skada, name)(**({"norm": "median"} if name.startswith("OT") else {}))
    search = GridSearchCV(
        skada.make_da_pipeline(adapter, SVC().set_score_request(sample_weight=True)),
        {f"{name.lower()}__{argument}": values},
        refit=False,
        scoring=getattr(metrics, NAMES[by])(),
        cv=model_selection.StratifiedDomainShuffleSplit(5, test_size=0.2, random_state=0),
        error_score="raise",
    )
    masked = np.concatenate((y, np.full(len(other), -1)))
    side = np.repeat([1, -2], (len(y), len(other)))
    search.fit(np.concatenate((x, other)), masked, sample_domain=side)
    np.testing.assert_allclose(ours, search.cv_results_["mean_test_score"], atol=1e-9)


def test_the_weights_are_a_ratio_of_densities_on_the_inputs():
    x, y, other, _ = domains("covariate")
    guess = (x[:, 0] > 0).astype(int)
    ours, theirs = (np.exp(KernelDensity().fit(z).score_samples(x)) for z in (x, other))
    expected = np.sum(theirs / ours * (guess == y)) / np.sum(theirs / ours)
    found = SCORES["importance_weighted"](lambda z, role: guess, None, x, y, other, y)
    assert found == pytest.approx(expected, rel=1e-9)
    far = SCORES["importance_weighted"](lambda z, role: guess, None, x, y, other + 1e3, y)
    assert 0 <= far <= 1  # no density of the target is left: no division by zero


def test_the_way_back_is_scored_class_by_class():
    x, y, other = np.zeros((4, 1)), np.array([0, 0, 0, 1]), np.zeros((3, 1))
    one = SCORES["circular"](lambda z, role: np.zeros(len(z)), None, x, y, other, None)
    assert one == 0.5  # all of one class: right on one of two
    seen = []

    def again(source, guess, target):
        seen.append((len(source), guess.tolist(), len(target)))
        return lambda z, role: np.array([0, 0, 1, 1])

    found = SCORES["circular"](lambda z, role: np.array([0, 1, 1]), again, x, y, other, None)
    assert found == pytest.approx((2 / 3 + 1) / 2)
    assert seen == [(3, [0, 1, 1], 4)]


def test_a_setting_that_fails_is_not_chosen_and_none_is_named():
    x, y, other, labels = domains("concept")

    def partly(number, x, y, other):
        if number == 0:
            raise RuntimeError("no such width")
        return lambda z, role: np.zeros(len(z), int)

    def never(*_):
        raise ValueError("nothing varies")

    for by in SCORES:
        assert best(partly, 2, x, y, other, labels, by) == 1
        with pytest.raises(ValueError, match="the 2 settings failed, one by: nothing varies"):
            best(never, 2, x, y, other, labels, by)
    with pytest.raises(ValueError, match="search_by='target': expected oracle, circular"):
        best(partly, 2, x, y, other, labels, "target")


@pytest.mark.parametrize("by", NAMES)
def test_a_run_chooses_without_a_target_label(by):
    data = SkadaShifts("source-1", "target-1", shift="concept", seed=2)
    options = {"estimator": OTDA(head=SVC()), "search": {"metric": ["sqeuclidean", "cosine"]}}
    model, _, _ = fit(Transductive, data, **options, search_by=by)
    (x, y), (other, labels) = (model.samples(role) for role in ("source", "target"))
    assert (labels == -1).all()
    assert int(model.chosen) == best(model.fitted_to, 2, x, y, other, labels, by)


def test_only_the_oracle_needs_labels():
    for cls, options in (
        (Transductive, {"estimator": SubspaceAlignment(), "search": {"n_components": [1, 2]}}),
        (SVM, {"ratio": kliep, "search": {"bandwidth": [1.0]}}),
    ):
        with pytest.raises(ValueError, match="target_labels"):
            fit(cls, small(), **options)
