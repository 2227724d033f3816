"""Hidden source labels, over methods, estimators and searches: they count nothing."""

import numpy as np
import pytest
import torch

from da_bench import functional as F
from da_bench import methods
from da_bench.config.layers import names
from da_bench.data import Arrays
from da_bench.shallow import Plain
from tests.conftest import fit
from tests.methods.recipes import encoded, recipe

ROWS = torch.tensor([0, 2, 3, 6])
"""Samples whose label is hidden, of eight."""


def gaps(classes=3, share=0.4, **kwargs):
    """Clouds whose source labels are partly hidden, and the samples whose label is not."""
    draw = np.random.default_rng(0)
    y = np.arange(120) % classes
    x, target = (draw.normal(size=(120, 2)) + 6 * np.eye(3)[y][:, :2] for _ in range(2))
    shown = draw.random(120) >= share
    options = {"target_x": target, "batch_size": 16, "test": 0.0, "kind": "classification"}
    data = Arrays(source_x=x, source_y=np.where(shown, y, np.nan), **options | kwargs)
    return data, x[shown], y[shown]


@pytest.mark.parametrize("name", [n for n in names("methods") if not n.startswith("svm")])
def test_a_risk_is_that_of_the_samples_whose_label_is_known(name):
    model, part = recipe(name, encoder={"init_args": {"batch_norm": True}}), encoded(8, 0)
    model.weights = torch.rand(8, generator=torch.Generator().manual_seed(1)).double()
    if isinstance(model, methods.LabelShift):
        model.class_weights.copy_(torch.tensor([0.5, 2.0, 0.5]))
    y = part.y.clone()
    y[ROWS] = -1
    there = y >= 0
    alone = [None, *(v[there] for v in part[1:7]), {}]
    found = model.source_risk(part._replace(y=y))
    torch.testing.assert_close(found, model.source_risk(type(part)(*alone)))
    assert model.source_risk(part._replace(y=torch.full_like(y, -1))) == 0


def test_an_estimator_is_fitted_to_the_known():
    data, x, y = gaps(val=0.0)
    model = fit(methods.Transductive, data, estimator=Plain())[0]
    expected = Plain().fit(x, y, target=x)
    assert model.model.classes_.tolist() == [0, 1, 2]
    where = torch.from_numpy(x).float()
    found = model.eval()(where).argmax(1).numpy()
    assert np.array_equal(found, expected.predict(where.double().numpy(), "target"))


def test_a_search_looks_at_the_known():
    data, _, _ = gaps(2, val=0.0, target_labels="all", target_y=np.where(
        np.arange(120) < 30, -1, np.arange(120) % 2))  # fmt: skip
    search = {"bandwidth": [0.1, 5.0]}
    machine = fit(methods.SVM, data, ratio=F.kliep, search=search)[0]
    assert machine.fitted
    estimator = fit(methods.Transductive, data, estimator=Plain(), search={"head": [None]})[0]
    assert estimator.model.classes_.tolist() == [0, 1]


def test_confusions_are_counted_on_the_known():
    data, _, _ = gaps(val=0.5)
    model = fit(methods.LabelShift, data)[0]
    assert model.fitted
    assert model.class_weights.isfinite().all()
