"""Batches of anybody's loader: what they mean, and what is said of those that mean nothing."""

import pytest
import torch
from torch.utils.data import DataLoader

from da_bench.data import Batch, Classification, Regression
from da_bench.methods import DANN
from da_bench.methods.plain_batches import as_batch, training_batch

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
