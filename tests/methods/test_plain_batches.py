"""Batches of anybody's loader: what they mean, and what is said of those that mean nothing."""

import pytest
import torch
from torch.utils.data import DataLoader

from da_bench.data import Batch, Classification, Regression
from da_bench.methods import DANN, Transductive
from da_bench.methods.plain_batches import as_batch, training_batch
from da_bench.networks import MLP
from da_bench.shallow import Plain
from tests.conftest import build, small

from .test_contract import CLASSES
from .test_habits import K, X, Y, Z, loader, net, trainer


def test_a_batch_without_labels_has_the_tasks_fill():
    for part in (X, [X], (X,)):
        batch = as_batch(part, Classification(K))
        assert batch.x is X
        assert (batch.y == -1).all()
        assert not batch.labelled.any()
        assert batch.index.tolist() == list(range(len(X)))
    assert as_batch(X, Regression(2)).y.shape == (len(X), 2)
    assert as_batch(X, Regression(2)).y.isnan().all()


def test_labels_of_a_regression_become_single_precision():
    doubles = torch.ones(len(X), dtype=torch.double)
    assert as_batch((X, doubles), Regression()).y.dtype == torch.float


def test_labels_of_the_target_are_taken_away_unless_the_data_module_granted_them():
    batch = training_batch({"source": (X, Y), "target": (Z, Y[:40])}, Classification(K))
    assert (batch["target"].y == -1).all()
    assert not batch["target"].labelled.any()
    assert batch["source"].y is Y
    zeros = torch.zeros(40, dtype=torch.long)
    granted = Batch(Z, Y[:40], zeros == 0, zeros, zeros)
    batch = training_batch({"source": (X, Y), "target": granted}, Classification(K))
    assert batch["target"] is granted


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_method_trains_on_loaders_or_refuses_them_at_the_start(cls, tmp_path):
    keywords = {"estimator": Plain()} if cls is Transductive else {}
    model = build(cls, small(), encoder=lambda: MLP(2, [8], batch_norm=True), **keywords)
    pair = {
        "source": loader(torch.randn(16, 2), torch.arange(16) % 2),
        "target": loader(torch.randn(16, 2)),
    }
    fit = trainer(tmp_path, max_epochs=1, logger=False, enable_checkpointing=False)
    if cls.needs_whole_sets or cls.needs_target_labels:
        with pytest.raises(ValueError, match=r"reads whole training sets|trains on target labels"):
            fit.fit(model, pair)
        assert fit.global_step == 0
    else:
        fit.fit(model, pair)
        assert fit.global_step > 0
        assert all(value.isfinite().all() for value in model.state_dict().values())


@pytest.mark.parametrize(
    ("batches", "says"),
    [
        (loader(X, Y), 'a list; a method trains on two domains: give each side\'s batches by name'),
        ({"source": loader(X, Y)}, "a dict of source; a method trains on two domains"),
        ({"source": loader(X), "target": loader(Z)}, "the source's batches hold no labels"),
        ({"source": loader(X, Y + 5), "target": loader(Z)}, r"label 5 lies outside the classes"),
        ({"source": loader(X, Y), "target": DataLoader([{"x": x, "label": 0} for x in X])},
         "an entry 'label', which may be"),
        ({"source": loader(X, Y), "target": DataLoader(["text"] * 9, 3)}, "holds str where"),
    ],
)  # fmt: skip
def test_what_a_training_batch_is_not(tmp_path, batches, says):
    with pytest.raises((TypeError, ValueError), match=says):
        trainer(tmp_path).fit(DANN(net(), num_classes=K), batches)
