"""Sparse inputs: kept sparse to the batch, and made dense by one door that says so."""

import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from sklearn.datasets import dump_svmlight_file
from torch.utils.data import TensorDataset

from da_bench.data import Arrays, Classification, Datasets, InMemory
from da_bench.data import sparse as door
from da_bench.data.arrays import read_array
from da_bench.data.batch import join
from da_bench.data.domain import concat, subset
from da_bench.data.formats.tensors import array_of, tensors
from da_bench.data.sparse import SparseRows, dense, faults, say_dense
from da_bench.data.vectors import vectors

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 7)) * (RNG.random((60, 7)) < 0.3)
Y = (X[:, 0] + 0.1 * RNG.normal(size=60) > 0).astype(int)
ROWS = torch.tensor([3, 3, 59, 0, 7])


def csr(x=X):
    return scipy.sparse.csr_matrix(x)


def holding(values, shape=(3, 2)):
    """One stored number a place, as they are: NaN and zeros, too."""
    data, i, j = zip(*values, strict=True)
    return scipy.sparse.coo_array((np.array(data), (np.array(i), np.array(j))), shape=shape)


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("make", [
    scipy.sparse.csr_matrix, scipy.sparse.csr_array, scipy.sparse.csc_matrix,
    scipy.sparse.coo_array, scipy.sparse.lil_matrix, scipy.sparse.dok_array, scipy.sparse.bsr_array,
    scipy.sparse.dia_matrix, lambda x: csr(x).astype(np.float32),
    lambda x: torch.from_numpy(x).to_sparse(), lambda x: torch.from_numpy(x).to_sparse_csr(),
    lambda x: torch.from_numpy(x).to_sparse_csc(),
    lambda x: torch.from_numpy(x).to_sparse().requires_grad_(),
])  # fmt: skip
def test_sparse_matrices_of_any_format_stay_sparse(make):
    found, whole = tensors(make(X), "x"), torch.from_numpy(X).float()
    assert isinstance(found, SparseRows)
    assert found.shape == (60, 7)
    assert found.csr.nnz == (X != 0).sum()
    assert torch.equal(dense(found, "x"), whole)
    assert tensors(found, "x") is found


@pytest.mark.parametrize("kind", ["bool", "uint8", "int8", "int64", "float32", "float64"])
def test_numbers_of_every_type(kind):
    x = (np.arange(12).reshape(6, 2) % 5).astype(kind)
    assert torch.equal(dense(tensors(csr(x), "x"), "x"), torch.from_numpy(x.astype(np.float32)))


def test_it_answers_as_the_dense_tensor_does():
    held, whole = tensors(csr(), "x"), torch.from_numpy(X).float()
    assert len(held) == 60
    assert held.ndim == 2
    assert held.dtype == whole.dtype
    assert torch.equal(held[4], whole[4])
    assert torch.equal(held[:, 2], whole[:, 2])
    for index in (ROWS, slice(5, 9), whole[:, 0] > 0, torch.empty(0, dtype=torch.long)):
        assert torch.equal(held[index].dense(), whole[index])
    assert torch.equal(held[:, 1:].dense(), whole[:, 1:])
    assert torch.equal(held[:, [2, 0]].dense(), whole[:, [2, 0]])
    assert torch.equal(held.pad(1, 2).dense(), torch.nn.functional.pad(whole, (1, 2)))
    assert torch.equal(join(held, held[:9]).dense(), torch.cat((whole, whole[:9])))
    assert torch.equal(join(held, whole), torch.cat((whole, whole)))


def test_what_a_caller_holds_is_not_changed():
    given = scipy.sparse.csr_matrix(
        (np.array([1.0, 2.0, 0.0]), np.array([1, 1, 0]), np.array([0, 3])), shape=(1, 2)
    )
    held = tensors(given, "x")
    assert held.dense().tolist() == given.toarray().tolist() == [[0, 3]]
    assert given.nnz == 3
    assert held.csr.nnz == 1
    held.csr.data[:] = 9
    assert given.toarray().tolist() == [[0, 3]]


def test_splits_and_several_domains_stay_sparse():
    both = concat([InMemory(tensors(csr(), "x"), torch.from_numpy(Y)) for _ in range(2)])
    few = subset(both, ROWS)
    assert isinstance(both.x, SparseRows)
    assert isinstance(few.x, SparseRows)
    assert len(both) == 120
    assert torch.equal(few.x.dense(), torch.from_numpy(X).float()[ROWS])
    x, y = few[0]
    assert torch.equal(x, torch.from_numpy(X[3]).float())
    assert y == Y[3]


def test_batches_are_those_of_dense_data():
    pairs = [Arrays(source_x=make(X), source_y=Y, target_x=make(X[:50]), target_y=Y[:50],
                    batch_size=8) for make in (csr, np.asarray)]  # fmt: skip
    for pair in pairs:
        pair.setup()
    for one, two in zip(*(pair.train_dataloader() for pair in pairs), strict=True):
        for role in ("source", "target"):
            assert one[role].x.is_contiguous()
            assert torch.equal(one[role].x, two[role].x)
            assert torch.equal(one[role].y, two[role].y)


def test_the_checksum_tells_numbers_apart():
    def digest(x):
        return Arrays(source_x=x, source_y=Y, target_x=csr()).checksum()

    other, moved = X.copy(), X[:, ::-1]
    other[X != 0] += 1
    sums = [digest(csr(x)) for x in (X, other, moved, np.pad(X, ((0, 0), (0, 1)))[:, :7] * 2)]
    assert len(set(sums)) == 4
    assert digest(scipy.sparse.coo_array(X)) == sums[0]


# What is refused.


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_stored_number_that_is_none_is_named(wrong):
    x = holding([(1.0, 0, 0), (wrong, 1, 1), (wrong, 2, 0)])
    assert faults(tensors(x, "x")).tolist() == [[1, 1], [2, 0]]
    with pytest.raises(ValueError, match=r"source_x, row 1 \(.*column 1 .*holds .*2 of 3 samples"):
        Arrays(source_x=x, source_y=[0, 1, 0], target_x=csr(X[:, :2]))
    x = torch.sparse_coo_tensor(np.stack(x.coords), x.data, x.shape)
    domains = {"source": TensorDataset(x, torch.tensor([0, 1, 0]))}
    with pytest.raises(ValueError, match="sample 1 holds NaN or infinity"):
        Datasets(domains=domains, task=Classification(2)).whole("source")


@pytest.mark.parametrize(("x", "told"), [
    (holding([(1e39, 0, 1)]), "column 1 holds 1e.39"),
    (holding([(1e9, 0, 0), (1e9 + 1, 1, 0), (1e9 + 2, 2, 0)]), "column 0 varies between"),
    (holding([(10**9, 0, 0), (10**9 + 1, 1, 0), (10**9 + 2, 2, 0)]), "column 0 varies between"),
    (holding([(1j, 0, 0)]), "expected numbers"),
])  # fmt: skip
def test_what_float32_can_not_hold_is_refused_as_of_dense_arrays(x, told):
    for made in (x, x.toarray()):
        with pytest.raises(ValueError, match=told):
            tensors(made, "x")


def test_zeros_between_large_numbers_are_no_loss():
    x = holding([(1e9, 0, 0), (1e9 + 1, 1, 0)])  # and a zero
    assert torch.equal(tensors(x, "x").dense(), tensors(x.toarray(), "x"))


# The door.

LARGE = scipy.sparse.csr_matrix((2**13, 2**11), dtype=np.float32)  # 64 MB with its zeros


def test_a_word_comes_before_the_memory_is_taken(monkeypatch):
    def taken(*args, **kwargs):
        raise AssertionError("made dense")

    monkeypatch.setattr(scipy.sparse.csr_matrix, "toarray", taken)
    monkeypatch.setattr(scipy.sparse.csr_array, "toarray", taken)
    for make in (lambda: array_of(LARGE, "here"), lambda: dense(tensors(LARGE, "x"), "here")):
        told = r"here: the sparse array of shape \(8192, 2048\) is made dense, which takes 64 MB"
        with pytest.warns(UserWarning, match=told), pytest.raises(AssertionError):
            make()


def test_below_64_mb_there_is_no_word_and_kept_sparse_there_is_none():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        dense(tensors(LARGE[:-1], "x"), "x")
        tensors(LARGE, "x")


@pytest.mark.parametrize("make", [
    lambda x: array_of(x, "here"),
    lambda x: dense(tensors(x, "here"), "here"),
    lambda x: tensors({"a": x}, "here"),
    lambda x: join(tensors(x, "here"), torch.zeros(1, x.shape[1])),
])  # fmt: skip
def test_more_than_the_memory_is_refused_by_its_size(make, monkeypatch):
    x = scipy.sparse.csr_array((10**6, 10**7), dtype=np.float32)
    with pytest.raises(ValueError, match=r"38,146,973 MB.*are free; what serves: fewer columns"):
        make(x)
    monkeypatch.setattr(door, "free_memory", lambda: 100)
    with pytest.raises(ValueError, match="0 MB with its zeros"):
        make(csr())
    monkeypatch.setattr(door, "free_memory", lambda: None)  # a system that does not say
    make(csr())


def test_sizes_beyond_64_bits_do_not_wrap():
    with pytest.raises(ValueError, match="with its zeros"):
        say_dense((2**62, 2**3), "x")


def test_free_memory_is_what_the_system_says():
    assert 2**20 < door.free_memory() < 2**50


@pytest.mark.filterwarnings("ignore:Sparse")
@pytest.mark.parametrize("make", [
    lambda x: {"a": csr(x)}, lambda x: pd.DataFrame.sparse.from_spmatrix(csr(x)),
    lambda x: torch.from_numpy(x).reshape(60, 7, 1).to_sparse(),
])  # fmt: skip
def test_what_is_made_dense_at_once_goes_by_the_door(make, monkeypatch):
    monkeypatch.setattr(door, "WARN_BYTES", 1)
    with pytest.warns(UserWarning, match="is made dense"):
        Arrays(source_x=make(X), source_y=Y, target_x=make(X))


def test_a_file_of_svmlight_stays_sparse_and_speaks_where_it_does_not(tmp_path, monkeypatch):
    path = tmp_path / "a.svmlight"
    dump_svmlight_file(X, Y, str(path), zero_based=True)
    made = Arrays(source_x=str(path), target_x=str(path))
    assert isinstance(made.whole("source").x, SparseRows)
    monkeypatch.setattr(door, "WARN_BYTES", 1)
    with pytest.warns(UserWarning, match=r"a\.svmlight: the sparse array .* is made dense"):
        assert read_array(path).shape == (60, 7)
    made.setup()
    with pytest.warns(UserWarning, match="source 'source': needed at once: the sparse array"):
        x, y = vectors(made, "source")
    assert torch.equal(x, made.view("source", "train").data.x.dense())
    assert len(y) == len(x)
    monkeypatch.setattr(door, "free_memory", lambda: 10)
    with pytest.raises(ValueError, match="a method that trains a network by batches"):
        vectors(made, "source")


def test_a_sparse_source_beside_a_dense_target():
    made = Arrays(source_x=csr(), source_y=Y, target_x=X, batch_size=8)
    made.setup()
    batch = next(iter(made.train_dataloader()))
    assert batch["source"].x.shape == batch["target"].x.shape == (8, 7)
    with pytest.raises(ValueError, match="has inputs of shape"):
        Arrays(source_x=csr(), source_y=Y, target_x=csr(X[:, :6]), batch_size=8).setup()


@pytest.mark.slow
def test_training_takes_the_memory_of_batches():
    """Dense it would be 4 GB: 20,000 samples of 50,000 numbers, one in a thousand not zero."""
    code = """
import numpy as np, scipy.sparse, lightning as L
from da_bench.data import Arrays
from da_bench.methods import SourceOnly
from da_bench.networks import MLP
from da_bench.runs.resources import peak_memory
x = scipy.sparse.random(20_000, 50_000, 1e-3, "csr", dtype=np.float32, rng=np.random.default_rng(0))
y = np.arange(20_000) % 2
data = Arrays(source_x=x, source_y=y, target_x=x, target_y=y, batch_size=32, epoch_length=3,
              eval_batch_size=256)
model = SourceOnly(encoder=MLP(50_000, [16]), task=data.task)
trainer = L.Trainer(max_epochs=1, logger=False, enable_checkpointing=False, accelerator="cpu",
                    enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0,
                    limit_val_batches=2)
trainer.fit(model, data)
print(peak_memory() / 2**30)
"""
    done = subprocess.run([sys.executable, "-W", "error::UserWarning:da_bench", "-c", code],
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert float(done.stdout.split()[-1]) < 1.5  # GB: torch and Lightning take 0.85
