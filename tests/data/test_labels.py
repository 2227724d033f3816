"""A label stands for itself, never for a position; what can be read in two ways is asked about."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.utils.data import ConcatDataset, Dataset, IterableDataset, Subset, TensorDataset

from da_bench.data import Arrays, Classification, Datasets, InMemory, MultiLabel, Regression
from da_bench.data.domain import grant_labels
from da_bench.data.labels import infer_coding
from da_bench.shift.sentences import diagnose
from tests.data.test_ways_of_giving import Listed

RNG = np.random.default_rng(0)
X, K = RNG.normal(size=(60, 3)), np.arange(60) % 3


def arrays(source, target, **said):
    return Arrays(source_x=X, source_y=source, target_x=X, target_y=target, batch_size=8, **said)


def refused(says, *labels, **said):
    with pytest.raises(ValueError, match=says):
        arrays(*labels, **said).setup()


# Identities.


@pytest.mark.parametrize(
    ("source", "target", "wrong"),
    [
        (K + 1, K, "0"),  # a model that was right everywhere scored 0
        (2 * K, K, "1"),  # the real class 2 was taken for class "4"
        (K, K + 1, "3"),
        (K, np.where(K == 2, 9, K), "9"),  # one stranger turned the whole target into positions
        (np.array(list("abc"))[K], K, "0"),
        (K, np.array(list("012 "))[K + (K == 2)], " "),
        (K, np.array(list("abc"))[K], "a"),
        (np.array([10, 20, 30])[K], np.array([10, 20, 40])[K], "40"),
        (np.eye(3)[K], K + 1, "3"),
        (K + 1, np.eye(3)[K], "0"),
        (K, K + 0.5, "0.5"),
        (2 * (K % 2) - 1, K % 2, "0"),  # svmlight's -1 and 1 against 0 and 1
        (K, -2 * (K % 2), "-2"),
        (K % 2 == 0, K, "2"),
        (pd.get_dummies(pd.Series(list("abc"))[K]), np.array(list("abd"))[K], "d"),
    ],
)
@pytest.mark.parametrize("library", ["numpy", "torch"])
def test_a_label_is_never_a_position(source, target, wrong, library):
    if library == "torch":
        convert = lambda y: torch.tensor(y) if y.dtype.kind in "fiub" else y  # noqa: E731
        source, target = (convert(np.asarray(y)) for y in (source, target))
        if np.asarray(source).dtype.kind == "b" and np.asarray(source).ndim == 2:
            return  # a table of one-hot columns loses its names on the way
    says = r"are not among the classes \[.*target has \[.*allow_class_mismatch"
    refused(rf"target: labels \['{wrong}'.* {says}", source, target)


def test_what_is_equal_is_one_label_however_it_is_written():
    for source, target in [
        (K, K.astype(float)), (K, np.array(list("012"))[K]), (np.array(list("012"))[K], K),
        (K % 2, K % 2 == 1), (K % 2 == 1, K % 2), (np.array(list("é"))[0 * K], ["e\u0301"] * 60),
        (K, pd.Series(K).astype("category")), (K, pd.Series(K).convert_dtypes()),
        (np.array([b"a", b"b"])[K % 2], np.array(list("ab"))[K % 2]),
    ]:  # fmt: skip
        both = [source, target]
        if len(set(map(str, np.asarray(source).tolist()))) == 1:
            both = [[*y[:30], *["z"] * 30] for y in both]
        pair = arrays(*both)
        assert torch.equal(pair.whole("source").y, pair.whole("target").y)


def test_the_target_knows_no_more_classes_by_another_name():
    pair = arrays(K % 2, K % 2 == 1, allow_class_mismatch=True)
    assert pair.task.names == ["0", "1"]


def test_declared_names_for_numbers_take_all_of_them():
    """Numbers 1 and 2 of three named classes are as likely counted from 1."""
    names = ["red", "green", "blue"]
    assert torch.equal(arrays(K, K, classes=names).whole("target").y, torch.from_numpy(K))
    both = arrays(K, np.array(names)[K], classes=names)
    assert torch.equal(both.whole("source").y, both.whole("target").y)
    refused(r"source: labels \['1', '2'\] are not among", K % 2 + 1, None, classes=names)
    refused(r"labels \['0'\] are not among", K, None, classes=["1", "2", "3"])
    refused(r"labels \['0'", np.array(names)[K], K, classes=names)


def test_minus_one_is_a_class_or_a_gap_and_never_both():
    assert arrays(2 * (K % 2) - 1, 2 * (K % 2) - 1).whole("target").y.min() == 0
    refused("is -1 a class", K - 1, None)
    assert arrays(K - 1, K - 1, classes=[-1, 0, 1]).whole("source").y.min() == 0
    pair = arrays(K, np.where(K == 0, -1, K))
    assert (pair.whole("target").y == -1).sum() == 20
    partly = arrays(np.where(K == 2, -1, K), None, classes=2, val=0, test=0)
    with pytest.warns(UserWarning, match="20 of 60 samples have labels that are not known"):
        partly.setup()
    held = TensorDataset(torch.tensor(X), torch.tensor(K - 1))
    three = Datasets(domains=both(held), task=Classification(3))
    with pytest.raises(ValueError, match=r"labels \[-1, 0, 1\] of 3 classes: -1 says"):
        three.setup()


def test_diagnose_names_a_class_that_the_source_lacks():
    x = torch.randn(120, 2, generator=torch.Generator().manual_seed(0))
    y = np.arange(120) % 2
    says = r"\['2'\] are not among the source's classes \['0', '1'\]"
    with pytest.raises(ValueError, match=says):
        diagnose(x, x + 1, y, np.where(np.arange(120) == 7, 2, y))
    with pytest.raises(ValueError, match=says):
        diagnose(x, x + 1, y, y + 1)


def test_only_known_numbers_are_granted():
    """NaN is not NaN, so a hidden number was granted as if it were known."""
    y = torch.tensor([0.5, float("nan"), 1.5, float("nan")])
    train, _ = grant_labels(InMemory(torch.zeros(4, 1), y), "all", 0.0, 0)
    assert sorted(train.tolist()) == [0, 2]
    with pytest.raises(ValueError, match="2 labelled samples"):
        grant_labels(InMemory(torch.zeros(4, 1), y), 3, 0.0, 0)


# Two readings.


@pytest.mark.parametrize(
    ("y", "says"),
    [
        (K.astype(float), "say kind: classification if they are classes, regression"),
        ([1.0, None, 2.0] * 20, "say kind: classification"),
        (pd.Series(K, dtype="Float64"), "say kind: classification"),
        (np.eye(3)[K] + np.eye(3)[(K + 1) % 3], "2 ones in a row.*kind: multilabel"),
        (np.zeros((60, 3)), "0 ones in a row.*kind: multilabel"),
        (np.full((60, 4), 0.25), "shares that sum to 1.*argmax"),
        (np.stack([K, K], 1), "whole numbers: for amounts say kind: regression"),
        (np.arange(60), "60 different whole numbers.*kind: regression"),
        (np.array(["a", "b", np.nan])[K], "'nan' is text: a gap that became text"),
        ([["a"], ["a", "b"]] * 30, "rows of one shape"),
        (np.array([["a", "b"]] * 60), "'a'.* is no number; text is for classes"),
        (np.zeros((60, 2, 2)), r"shape \(60, 2, 2\)"),
        (np.ma.masked_equal(K, 1), "source_y: 20 of 60 values are masked"),
        ([None] * 60, "no label is known"),
        ({0: 1}, "source_y: a dict is no column of labels"),
        (iter(K), "is no column of labels"),
        (torch.tensor(1), "is no column of labels"),
        (K[None], "60 inputs but 1 labels"),
        (np.where(K == 1, np.inf, K), "label .row 1, counted from 0. is infinite"),
        (np.zeros(60, int), r"\['0'\]: a classification needs at least two"),
    ],
)
def test_labels_that_can_be_read_in_two_ways_are_asked_about(y, says):
    refused(says, y, None)


def test_what_is_said_of_labels_answers_the_question():
    assert arrays(K.astype(float), None, kind="classification").task.names == ["0", "1", "2"]
    assert arrays(K.astype(float), None, kind="regression").task.outputs == 1
    assert arrays(np.stack([K, K], 1), None, kind="regression").task.outputs == 2
    assert arrays(np.arange(60), None, kind="regression").task.outputs == 1
    many = arrays((X > 0), None, kind="multilabel", classes=["a", "b", "c"])
    assert many.task.columns == ["a", "b", "c"]
    refused("expected classification, regression, multilabel", K, None, kind="ranking")
    refused("expected .n, k., a 0 or 1", K, None, kind="multilabel")
    refused("label 2, column 0", np.stack([K, K], 1), None, kind="multilabel")
    refused("not one-hot", X > 0, None, kind="classification")


def test_columns_of_labels_go_by_their_names():
    names = ["sun", "rain", "wind"]
    source = pd.DataFrame(X > 0, columns=names)
    pair = arrays(source, source[["wind", "sun", "rain"]], kind="multilabel")
    assert pair.task.columns == names
    assert torch.equal(pair.whole("source").y, pair.whole("target").y)
    refused("columns .*'fog'.* are not the labels",
            source, source.rename(columns={"sun": "fog"}), kind="multilabel")  # fmt: skip
    hot = pd.get_dummies(pd.Series(np.array(["cat", "ant", "bee"])[K]))
    assert arrays(hot, np.array(["cat", "ant", "bee"])[K]).task.names == ["ant", "bee", "cat"]


# What fit refuses names the user's own row.


def set_up(**given):
    Arrays(**given).setup()


def spoilt(row, value, like=X):
    held = np.array(like, dtype=float)
    held[row] = value
    return held


@pytest.mark.parametrize("row", [0, 17, 59])
@pytest.mark.parametrize("role", ["source", "target"])
def test_an_array_that_is_refused_names_its_own_row(role, row, tmp_path):
    """It was a position in a shuffled split."""
    given = {"source_x": X, "target_x": X, "source_y": K, "target_y": K}
    with pytest.raises(ValueError, match=rf"{role}_x, row {row} .*NaN"):
        Arrays(**given | {f"{role}_x": spoilt(row, np.nan)})
    np.savez(tmp_path / "held.npz", x=spoilt(row, np.inf), y=K)
    with pytest.raises(ValueError, match=rf"held\.npz, row {row} .* inf"):
        Arrays(**given | {f"{role}_x": str(tmp_path / "held.npz")})
    real = X[:, 0]
    for bad, says in ((np.inf, "infinite"), (-np.inf, "infinite"), (1e39, "float32")):
        y = {"source_y": real, "target_y": real, f"{role}_y": spoilt(row, bad, real)}
        at = "" if says == "float32" else f".*row {row}, counted from 0.*"
        with pytest.raises(ValueError, match=f"{role}{at}.*{says}"):
            set_up(**given | y, kind="regression")


@pytest.mark.parametrize("bad", ["inf", "7", "lion"])
def test_a_label_of_a_file_is_named_by_its_line(bad, tmp_path):
    lines = [f"{a},{b},{k}" for (a, b), k in zip(X[:, :2].tolist(), K, strict=True)]
    good, wrong = tmp_path / "good.csv", tmp_path / "wrong.csv"
    good.write_text("\n".join(["a,b,label", *lines]))
    lines[9] = f"0,0,{bad}"
    wrong.write_text("\n".join(["", "a,b,label", *lines]))
    with pytest.raises(ValueError, match=r"line 12"):
        set_up(source_x=str(good), target_x=str(wrong), batch_size=8)


def test_a_number_that_is_missing_is_refused_in_the_source_alone():
    y = spoilt(5, np.nan, X[:, 0])
    with pytest.raises(ValueError, match=r"source: a label .row 5, counted from 0. is NaN"):
        Arrays(source_x=X, source_y=y, target_x=X, kind="regression").setup()
    Arrays(source_x=X, source_y=X[:, 0], target_x=X, target_y=y).setup()
    with pytest.raises(ValueError, match="rounds away"):
        Arrays(source_x=X, source_y=X[:, 0] + 1e9, target_x=X).setup()


def both(data, **other):
    return {"source": data, "target": data} | other


@pytest.mark.parametrize("wrap", [
    lambda data: data, lambda data: Subset(data, range(59, -1, -1)),
    lambda data: ConcatDataset([Subset(data, range(20)), Subset(data, range(20, 60))]),
])  # fmt: skip
@pytest.mark.parametrize("held", [True, False])
@pytest.mark.parametrize("split", [True, False])
def test_data_sets_are_checked_whole_or_as_they_stream(wrap, held, split):
    """Sample by sample, NaN trained until the loss was NaN, and labels were never looked at."""

    def given(x, y):
        data = TensorDataset(torch.tensor(x), torch.tensor(y)) if held else Listed(x, y)
        data = wrap(data)
        return {"train": data, "test": data} if split else data

    def run(x, y, task=Classification(3)):
        pair = Datasets(domains=both(given(x, y)), task=task, batch_size=8, val=0.0)
        pair.setup()
        for _ in pair.train_dataloader():
            pass

    run(X, K)
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=r"(source|target).*sample .* holds NaN or infinity"):
            run(spoilt(31, bad), K)
    for y in (np.where(np.arange(60) == 40, 3, K), np.where(np.arange(60) == 40, -2, K)):
        with pytest.raises(ValueError, match=r"(source|target).*are not among the classes"):
            run(X, y)
    with pytest.raises(ValueError, match="infinite"):
        run(X, spoilt(40, np.inf, X[:, 0]), Regression())
    with pytest.raises(ValueError, match=r"label 2"):
        run(X, spoilt(40, 2, X > 0), MultiLabel(3))


def test_a_streamed_sample_is_named_by_its_own_number():
    bad, good = Listed(spoilt(43, np.nan), K), Listed(X, K)
    pair = Datasets(domains={"source": bad, "target": good}, task=Classification(3), batch_size=4)

    def read():
        pair.setup()
        for loader in (pair.train_dataloader(), *pair.val_dataloader(), *pair.test_dataloader()):
            list(loader)

    with pytest.raises(ValueError, match=r"source, sample 43 \(counted from 0\), holds NaN"):
        read()


def test_data_sets_that_can_not_be_read():
    class Stream(IterableDataset):
        def __iter__(self):
            yield from ()

    class Pictures(Listed):
        def __getitem__(self, index):
            from PIL import Image

            return Image.new("RGB", (2, 2)), 0

    three = TensorDataset(*(torch.zeros(9, 1),) * 3)
    for data, says in [
        (Stream(), "no length"), (three, "3 tensors; expected inputs and labels"),
        (Pictures(X, K), "the input is a Image; expected an array.*ToTensor"),
        (Listed(X, [(1, 2)] * 60), "not one-hot"),
        (Listed(list(zip(X, X, strict=True)), K), ""),
    ]:  # fmt: skip
        pair = Datasets(domains=both(data), task=Classification(3), batch_size=4)
        if not says:
            pair.setup()
            continue
        with pytest.raises(ValueError, match=says):
            pair.setup()


def test_a_data_set_of_inputs_alone_is_an_unlabelled_target():
    class Alone(Dataset):
        def __len__(self):
            return 60

        def __getitem__(self, index):
            return torch.tensor(X[index])

    for task in (Classification(3), Regression(), Regression(2), MultiLabel(3)):
        y = {Classification: K, MultiLabel: X > 0}.get(type(task), X[:, : task.outputs])
        source = TensorDataset(torch.tensor(X), torch.tensor(y))
        for target in (Alone(), TensorDataset(torch.tensor(X))):
            pair = Datasets(domains={"source": source, "target": target}, task=task, batch_size=8)
            pair.setup()
            batch = next(iter(pair.train_dataloader()))
            assert batch["source"].y.shape[1:] == batch["target"].y.shape[1:]
            assert list(pair.evaluations("test")) == ["test/source"]
    alone = Datasets(domains=both(TensorDataset(torch.tensor(X))), task=Classification(3))
    with pytest.raises(ValueError, match="holds no label"):
        alone.setup()


def test_targets_of_a_data_set_are_the_labels_of_its_samples():
    class Changed(Listed):
        targets = K.tolist()

    class Named(Listed):
        targets = list(np.array(list("abc"))[K])

    named = both(Named(X, np.array(list("abc"))[K]))
    task = Classification(["a", "b", "c"])
    pair = Datasets(domains=named, task=task, balanced=True, batch_size=9)
    pair.setup()
    assert next(iter(pair.train_dataloader()))["source"].y.bincount().tolist() == [3, 3, 3]
    pair = Datasets(domains=both(Changed(X, 2 - K)), task=Classification(3), batch_size=8)
    with pytest.raises(ValueError, match="its label is 0, and the data set's `targets` say 2"):
        pair.setup()


def test_names_that_are_numbers_are_read_as_names():
    """Classes called 1, 2 and 3: a label 1 is the first of them and no position."""
    data = TensorDataset(torch.tensor(X), torch.tensor(K + 1))
    pair = Datasets(domains=both(data), task=Classification(["1", "2", "3"]))
    assert pair.whole("source").y.tolist() == K.tolist()
    says = r"labels \['0'\] are not among the classes \['1', '2', '3'\]"
    with pytest.raises(ValueError, match=says):
        Datasets(domains=both(TensorDataset(torch.tensor(X), torch.tensor(K))),
                 task=Classification(["1", "2", "3"])).setup()  # fmt: skip


def test_a_coding_says_which_label_is_which():
    code = infer_coding(np.array(["b", "a"]), np.array(["c"]))
    assert code.numbers == {"a": 0, "b": 1, "c": 2}
    assert code.encode(["c", None, "", "-1"], "target").tolist() == [2, -1, -1, -1]
