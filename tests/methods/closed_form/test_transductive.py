"""The adapter that runs scikit-learn estimators: labels, rebuilt runs, searches."""

import numpy as np
import pytest
import torch
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC

import da_bench
from da_bench.data import Regression
from da_bench.data.benchmarks.digits import Digits
from da_bench.data.benchmarks.skada_shifts import SkadaShifts
from da_bench.methods import Transductive
from da_bench.methods.inner_search import best
from da_bench.networks import MLP
from da_bench.shallow import CORAL, JDA, Plain, SubspaceAlignment
from tests.conftest import fit, small


def samples(data, role, split="train"):
    view = data.view(role, split)
    batch = view.__getitems__(range(len(view)))
    return batch.x.double().numpy(), batch.y.numpy()


def test_scores_are_the_estimators():
    data = Digits("original", "rotated")
    estimator = JDA(20, iterations=2)
    model, trainer, _ = fit(Transductive, data, encoder=lambda: MLP(64, [8]), estimator=estimator)
    (x, y), (other, hidden) = samples(data, "source"), samples(data, "target")
    assert (hidden == -1).all()
    new, truth = samples(data, "target", "test")
    expected = estimator.fit(x, y, target=other).score(new, truth)
    scores = trainer.test(model, data, verbose=False)
    found = next(s["oracle/target"] for s in scores if "oracle/target" in s)
    assert found == pytest.approx(expected, abs=1e-6)


def test_on_features():
    model, _, data = fit(Transductive, estimator=Plain(), on="features")
    x = torch.from_numpy(samples(data, "source")[0]).float()
    with torch.no_grad():
        z = model.encoder(x).double().numpy()
    np.testing.assert_array_equal(model.fitted.samples_.numpy(), z)


def test_a_folder_rebuilds_a_search_within_a_head(tmp_path):
    head = GridSearchCV(SVC(kernel="linear"), {"C": [0.1, 1.0]}, cv=2)
    model, trainer, data = fit(Transductive, estimator=CORAL(head=head))
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    new = data.view("target", "test").__getitems__(range(20)).x
    assert torch.equal(da_bench.load(tmp_path)(new), model(new))


def test_a_search_takes_the_best_on_granted_labels(tmp_path):
    data = SkadaShifts("source-0", "target-0", shift="concept", target_labels="all")
    options = {"estimator": SubspaceAlignment(head=SVC()), "search": {"n_components": [1, 2]}}
    model, trainer, _ = fit(Transductive, data, **options)
    (x, y), (other, labels) = samples(data, "source"), samples(data, "target")
    assert best(model.fitted_to, 2, x, y, other, labels, "oracle") == int(model.chosen) == 1
    assert best(model.fitted_to, 2, x, y, other, 1 - labels, "oracle") == 0  # it does read them
    trainer.save_checkpoint(tmp_path / "model.ckpt", weights_only=True)
    new = data.view("target", "test").__getitems__(range(20)).x
    assert torch.equal(da_bench.load(tmp_path)(new), model(new))
    with pytest.raises(ValueError, match="target_labels"):
        fit(Transductive, small(), **options)


def test_bad_settings_are_named():
    with pytest.raises(ValueError, match="components"):
        fit(Transductive, estimator=Plain(), search={"components": [1]})
    with pytest.raises(ValueError, match="the task is Regression"):
        Transductive(MLP(2, [4]), Regression(), estimator=Plain())
