"""Sparse inputs, from data to methods: as dense ones of the same numbers."""

import lightning as L
import numpy as np
import pytest
import scipy.sparse
import torch
from sklearn.datasets import dump_svmlight_file

from da_bench.data import Arrays
from da_bench.data import sparse as door
from da_bench.data.sparse import SparseRows
from da_bench.functional import kliep
from da_bench.methods import DANN, SVM, Reweighted, SourceOnly, Transductive
from da_bench.networks import MLP
from da_bench.shallow import Plain, SubspaceAlignment

RNG = np.random.default_rng(0)
X = np.round(3 * RNG.random((80, 12)) * (RNG.random((80, 12)) < 0.3), 3).astype(np.float32)
Y = (X[:, 0] + X[:, 1] > X[:, 2]).astype(int)
OTHER = np.roll(X, 1, 0) + X * (RNG.random((80, 12)) < 0.5)


def given(kind, folder):
    if kind == "svmlight":
        for name, x in (("s", X), ("t", OTHER)):
            dump_svmlight_file(np.float64(x), Y, str(folder / f"{name}.svmlight"), zero_based=True)
        return {"source_x": str(folder / "s.svmlight"), "target_x": str(folder / "t.svmlight")}
    make = {"dense": np.asarray, "scipy": scipy.sparse.csr_matrix,
            "torch": lambda x: torch.from_numpy(x).to_sparse()}[kind]  # fmt: skip
    return {"source_x": make(X), "source_y": Y, "target_x": make(OTHER), "target_y": Y}


def trained(kind, method, folder, epochs=2, **kwargs):
    torch.manual_seed(0)
    data = Arrays(**given(kind, folder), batch_size=16, target_test="transductive", val=0.1,
                  test=0.2)  # fmt: skip
    assert isinstance(data.whole("source").x, SparseRows) == (kind != "dense")
    model = method(encoder=MLP(12, [8, 4]), task=data.task, **kwargs)
    trainer = L.Trainer(max_epochs=epochs, logger=False, enable_checkpointing=False,
                        accelerator="cpu", enable_progress_bar=False,
                        enable_model_summary=False, num_sanity_val_steps=0)  # fmt: skip
    trainer.fit(model, data)
    scores = trainer.test(model, data, verbose=False)
    return model, {k: v for one in scores for k, v in one.items()}, data


KINDS = ["scipy", "torch", "svmlight"]
METHODS = {
    "source_only": (SourceOnly, {}),
    "dann": (DANN, {}),
    "reweighted": (Reweighted, {"ratio": kliep, "on": "inputs"}),
    "rbf": (SVM, {"kernel": "rbf"}),
    "logistic": (SVM, {"loss": "logistic"}),
    "ratio": (SVM, {"ratio": kliep}),
    "on features": (SVM, {"on": "features"}),
    "plain": (Transductive, {"estimator": Plain()}),
    "aligned": (Transductive, {"estimator": SubspaceAlignment(n_components=3)}),
}


@pytest.mark.filterwarnings("ignore:Sparse", "ignore:.*near-uniform", "ignore:.*few samples")
@pytest.mark.parametrize("name", METHODS)
def test_the_same_weights_bit_for_bit(name, tmp_path):
    method, kwargs = METHODS[name]
    one, scores, _ = trained("dense", method, tmp_path, **kwargs)
    weights = one.state_dict()
    for kind in KINDS:
        other, found, _ = trained(kind, method, tmp_path, **kwargs)
        assert list(other.state_dict()) == list(weights)
        for key, value in other.state_dict().items():
            assert torch.equal(value, weights[key]), (kind, key)
        assert found == scores


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("kind", KINDS)
def test_a_linear_svm_never_makes_its_training_set_dense(kind, tmp_path, monkeypatch):
    """Its kernel values are sums in another order, so they agree to rounding, not bit for bit."""
    one, scores, _ = trained("dense", SVM, tmp_path)

    def refuse(*args, **kwargs):
        raise AssertionError("made dense")

    monkeypatch.setattr(door, "say_dense", refuse)
    monkeypatch.setattr("da_bench.data.vectors.say_dense", refuse)
    other, found, _ = trained(kind, SVM, tmp_path)
    assert found == scores
    torch.testing.assert_close(other.plane, one.plane, rtol=0, atol=1e-6)
    torch.testing.assert_close(other.bias, one.bias, rtol=0, atol=1e-6)
    x = torch.from_numpy(OTHER)
    assert torch.equal(other(x).argmax(1), one(x).argmax(1))


def test_hidden_labels_are_left_out_of_a_sparse_svm(tmp_path):
    y = np.where(np.arange(80) < 20, -1, Y)
    planes = []
    for x in (X, scipy.sparse.csr_matrix(X)):
        data = Arrays(source_x=x, source_y=y, target_x=OTHER, classes=2, batch_size=16)
        model = SVM(encoder=MLP(12, [4]), task=data.task)
        trainer = L.Trainer(max_epochs=1, logger=False, enable_checkpointing=False,
                            accelerator="cpu", enable_progress_bar=False,
                            enable_model_summary=False, num_sanity_val_steps=0)  # fmt: skip
        with pytest.warns(UserWarning, match="labels that are not known"):
            trainer.fit(model, data)
        planes.append(model.plane)
    torch.testing.assert_close(*planes, rtol=0, atol=1e-6)


@pytest.mark.parametrize(("name", "each"), [("plain", 8), ("rbf", 8), ("reweighted", 4)])
def test_what_needs_all_at_once_says_so_or_refuses(name, each, tmp_path, monkeypatch):
    method, kwargs = METHODS[name]
    monkeypatch.setattr(door, "WARN_BYTES", 1)
    with pytest.warns(UserWarning, match="source 'source': needed at once: the sparse array"):
        _, _, data = trained("scipy", method, tmp_path, 1, **kwargs)
    size = each * len(data.view("source", "train")) * 12
    monkeypatch.setattr(door, "free_memory", lambda: size - 1)
    with pytest.raises(ValueError, match="a method that trains a network by batches"):
        trained("scipy", method, tmp_path, 1, **kwargs)


def test_a_network_says_nothing(tmp_path, monkeypatch, recwarn):
    monkeypatch.setattr(door, "WARN_BYTES", 1)
    trained("scipy", DANN, tmp_path, 1)
    assert not [w for w in recwarn if "dense" in str(w.message)]
