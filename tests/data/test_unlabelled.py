"""Targets without labels, in every data class: inputs alone, never taken for more than they are."""

import numpy as np
import pytest
import torch
from torch.utils.data import ConcatDataset, Dataset, Subset, TensorDataset

from da_bench.data import Arrays, Classification, Regression
from da_bench.data.arrays import Datasets
from da_bench.data.domain import InMemory
from da_bench.methods import DANN, SourceOnly
from da_bench.networks import MLP
from tests.conftest import trainer

RNG = np.random.default_rng(0)
X = torch.tensor(RNG.normal(size=(40, 3)), dtype=torch.float32)
Y = torch.arange(40) % 2


class Given(Dataset):
    """Samples one by one, as a user's own class gives them."""

    def __init__(self, samples):
        self.samples = samples

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]


ALONE = {
    "tensors": Given(list(X)),
    "arrays": Given([x.numpy() for x in X]),
    "tuples of one": Given([(x,) for x in X]),
    "TensorDataset": TensorDataset(X),
    "a part of one": Subset(TensorDataset(X), range(40)),
    "two parts": ConcatDataset([TensorDataset(X[:20]), TensorDataset(X[20:])]),
    "no label": Given([(x, None) for x in X]),
    "a Subset of tensors": Subset(Given(list(X)), range(40)),
}


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("size", [2, 8])  # of two samples, a batch was taken apart as x and y
def test_inputs_alone_are_a_target_without_labels(name, size):
    pair = Datasets(domains={"source": TensorDataset(X, Y), "target": ALONE[name]},
                    task=Classification(2), batch_size=size)  # fmt: skip
    pair.setup()
    batch = next(iter(pair.train_dataloader()))["target"]
    assert batch.x.shape == (size, 3)
    assert batch.y.tolist() == [-1] * size
    assert (batch.x[:, None] == X).all(2).any(1).all()
    assert list(pair.evaluations("test")) == ["test/source"]
    torch.manual_seed(0)
    model = DANN(MLP(3, [4]), pair.task)
    training = trainer(1)
    training.fit(model, pair)
    scores = training.test(model, pair, verbose=False)
    assert [sorted(loader) for loader in scores] == [["test/source", "test/source_risk"]]
    assert torch.cat(training.predict(model, pair)).shape == (8, 2)


def test_a_dictionary_of_inputs_is_one_sample():
    samples = Given([{"a": x[:2], "b": x[2:]} for x in X])
    labelled = Given([({"a": x[:2], "b": x[2:]}, y) for x, y in zip(X, Y, strict=True)])
    pair = Datasets(domains={"source": labelled, "target": samples}, task=Classification(2),
                    batch_size=4)  # fmt: skip
    pair.setup()
    batch = next(iter(pair.train_dataloader()))["target"]
    assert {k: tuple(v.shape) for k, v in batch.x.items()} == {"a": (4, 2), "b": (4, 1)}
    assert (batch.y == -1).all()


@pytest.mark.parametrize("some", [False, True])
@pytest.mark.parametrize("task", [Classification(2), Regression()])
def test_hidden_labels_of_samples_read_one_by_one_are_not_scored(some, task):
    """-1 was a label like another: a target without labels scored 0, one with some far too low."""
    classes = hasattr(task, "classes")
    source = TensorDataset(X, Y if classes else Y.float())
    y = [int(v) if classes else float(v) for v in Y]
    hidden = -1 if classes else float("nan")
    target = Given([(x, y[i] if some and i % 2 else hidden) for i, x in enumerate(X)])
    domains = {"source": source, "target": {"train": target, "test": target}}
    pair = Datasets(domains=domains, task=task, batch_size=4)
    model = SourceOnly(MLP(3, [4]), task)
    training = trainer(1)
    training.fit(model, pair)
    tested = training.test(model, pair, verbose=False)
    scores = {name: value for loader in tested for name, value in loader.items()}
    assert ("oracle/target" in scores) is ("oracle/target_risk" in scores) is some
    if some:
        with torch.no_grad():
            out, known = model.eval()(X[1::2]), Y[1::2]
        right = out.argmax(1) == known if classes else (out[:, 0] - known).square()
        assert scores["oracle/target"] == pytest.approx(right.double().mean().item(), abs=1e-5)


@pytest.mark.parametrize("labels", [np.full(40, "unknown"), np.full(40, 7)])
@pytest.mark.parametrize("allowed", [True, "partial"])
def test_a_target_that_shares_no_class_is_asked_about(labels, allowed):
    pair = Arrays(source_x=X, source_y=Y, target_x=X, target_y=labels, batch_size=4, classes=None,
                  allow_class_mismatch=allowed)  # fmt: skip
    with pytest.raises(ValueError, match="they share none, so nothing could be right"):
        pair.setup()


@pytest.mark.parametrize(("samples", "named"), [
    ([{"x": x, "label": 0} for x in X], "dictionaries with 'label'"),
    ([(x, 0, 1) for x in X], "tuple of 3"),
    (["text"] * 40, "str"),
    (list(range(40)), "int"),
])  # fmt: skip
def test_what_is_neither_is_asked_about(samples, named):
    pair = Datasets(domains={"source": TensorDataset(X, Y), "target": Given(samples)},
                    task=Classification(2))  # fmt: skip
    with pytest.raises(ValueError, match=rf"domain 'target': samples are {named}.*pairs \(x, y\)"):
        pair.setup()


def test_a_source_of_inputs_alone_is_refused():
    for alone in ALONE.values():
        pair = Datasets(domains={"source": alone, "target": alone}, task=Classification(2))
        with pytest.raises(ValueError, match="source 'source' holds no label"):
            pair.setup()


@pytest.mark.parametrize(("task", "shape"), [(Regression(), (40,)), (Regression(2), (40, 2))])
def test_a_regression_on_a_target_without_labels(task, shape):
    y = torch.tensor(RNG.normal(size=shape), dtype=torch.float32)
    for alone in (TensorDataset(X), Given(list(X))):
        pair = Datasets(domains={"source": TensorDataset(X, y), "target": alone}, task=task,
                        batch_size=4)  # fmt: skip
        model = SourceOnly(MLP(3, [4]), task)
        training = trainer(1)
        training.fit(model, pair)
        assert [list(v) for v in training.test(model, pair, verbose=False)] == [
            ["test/source", "test/source_risk"]
        ]
        assert next(iter(pair.train_dataloader()))["target"].y.isnan().all()


@pytest.mark.parametrize("wanted", [3, "all"])
def test_labels_that_are_nowhere_can_not_be_granted(wanted):
    numbers = RNG.normal(size=40)  # a hidden number is NaN, which equals not even itself
    for y in (Y.numpy(), numbers):
        pair = Arrays(source_x=X, source_y=y, target_x=X, target_labels=wanted)
        with pytest.raises(ValueError, match="the target has 0 labelled samples"):
            pair.setup()


def test_pairs_and_splits_stay_as_they_are():
    whole = InMemory(X, Y)
    pair = Datasets(domains={"source": {"train": whole, "test": TensorDataset(X, Y)},
                             "target": {"train": TensorDataset(X), "test": whole}},
                    task=Classification(2), batch_size=4)  # fmt: skip
    pair.setup()
    assert list(pair.evaluations("test")) == ["test/source", "oracle/target"]
    assert torch.equal(pair.whole("source")["train"].x, X)
