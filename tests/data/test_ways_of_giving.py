"""Arrays, Datasets and Folders alike: one small problem given in every way has one answer."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from PIL import Image
from torch.utils.data import Dataset, TensorDataset

from da_bench.data import Arrays, Classification, Datasets, Folders, MultiLabel, Regression
from da_bench.networks import MLP

RNG = np.random.default_rng(0)
K = RNG.integers(0, 3, 60)
X = np.round(2 * RNG.normal(size=(60, 4)) + 3 * K[:, None], 2)
SHIFTED = X + 1
B = K % 2
HOT = np.eye(3)[K]
MANY = (RNG.random((60, 3)) < 0.5).astype(float)
REAL = np.round(X @ [1, -1, 2, 0.5] / 20, 3)


class Listed(Dataset):
    """Samples one by one, as a user's own reader gives them."""

    def __init__(self, x, y):
        self.x, self.y = x, y

    def __len__(self):
        return len(self.x)

    def __getitem__(self, index):
        return self.x[index], self.y[index]


# Ways of giving. Each turns inputs, labels and a folder into a pair.


def from_numpy(x, y, other, folder, task, **said):
    return Arrays(source_x=x, source_y=y, target_x=other, target_y=y, **said)


def from_torch(x, y, other, folder, task, **said):
    x, y, other = (torch.from_numpy(a.copy()) for a in (x, y, other))
    return Arrays(source_x=x, source_y=y, target_x=other.requires_grad_(), target_y=y, **said)


def from_pandas(x, y, other, folder, task, **said):
    x, other = pd.DataFrame(x, columns=list("abcd")), pd.DataFrame(other, columns=list("abcd"))
    y = pd.Series(y) if y.ndim == 1 else pd.DataFrame(y, columns=range(y.shape[1]))
    return Arrays(source_x=x, source_y=y, target_x=other, target_y=y, **said)


def from_scipy(x, y, other, folder, task, **said):
    x, other = scipy.sparse.csr_matrix(x), scipy.sparse.csr_array(other)
    y = scipy.sparse.csr_matrix(y) if y.ndim == 2 and y.dtype.kind in "fi" else y
    return Arrays(source_x=x, source_y=y, target_x=other, target_y=y, **said)


def files(write, name, x, y, other, folder, said):
    for role, held in (("source", x), ("target", other)):
        write(folder / f"{role}.{name}", held, y)
    return Arrays(
        source_x=str(folder / f"source.{name}"), target_x=str(folder / f"target.{name}"), **said
    )


def from_csv(x, y, other, folder, task, **said):
    def write(path, x, y):
        pd.DataFrame(x, columns=list("abcd")).assign(label=y).to_csv(path, index=False)

    return files(write, "csv", x, y, other, folder, said)


def from_npz(x, y, other, folder, task, **said):
    return files(lambda path, x, y: np.savez(path, x=x, y=y), "npz", x, y, other, folder, said)


def from_pt(x, y, other, folder, task, **said):

    def write(path, x, y):
        torch.save({"x": torch.from_numpy(x), "y": torch.from_numpy(y.copy())}, path)

    return files(write, "pt", x, y, other, folder, said)


def from_svmlight(x, y, other, folder, task, **said):

    def write(path, x, y):
        rows = (" ".join(f"{i}:{v}" for i, v in enumerate(row)) for row in x)
        path.write_text("".join(f"{label:g} {row}\n" for label, row in zip(y, rows, strict=True)))

    return files(write, "svmlight", x, y, other, folder, said)


def in_memory(x, y, other, folder, task, **said):
    y = torch.from_numpy(y.copy())
    domains = {"source": x, "target": other}
    return Datasets(
        domains={n: TensorDataset(torch.from_numpy(a), y) for n, a in domains.items()}, task=task
    )


def streamed(x, y, other, folder, task, **said):
    return Datasets(domains={"source": Listed(x, y), "target": Listed(other, y)}, task=task)


WAYS = {
    "numpy": from_numpy, "torch": from_torch, "pandas": from_pandas, "scipy": from_scipy,
    "csv": from_csv, "npz": from_npz, "pt": from_pt, "svmlight": from_svmlight,
    "memory": in_memory, "streamed": streamed,
}  # fmt: skip
CARRIES = {
    "torch": lambda y: y.dtype.kind in "fiub",
    "pt": lambda y: y.dtype.kind in "fiub",
    "memory": lambda y: y.dtype.kind in "fiub",
    "csv": lambda y: y.ndim == 1,
    "svmlight": lambda y: y.ndim == 1 and y.dtype.kind in "fi",
}
"""Which forms of labels a way can carry at all; the others carry any."""
CLASSES, MULTI, NUMBERS = Classification(3), MultiLabel(3), Regression()

# Name -> labels, what is said of them, their task, and the twin that predictions must equal, or
# what is refused; then ways that say otherwise.
FORMS = {
    "int64": (K, {}, CLASSES, K, {}),
    "int32": (K.astype(np.int32), {}, CLASSES, K, {}),
    "uint8": (K.astype(np.uint8), {}, CLASSES, K, {}),
    "column": (K[:, None], {}, CLASSES, K, {}),
    "text": (np.array(["ant", "bee", "cat"])[K], {}, Classification(["ant", "bee", "cat"]), K, {}),
    "one-hot": (HOT, {}, CLASSES, K, {}),
    "one-hot int": (HOT.astype(int), {}, CLASSES, K, {}),
    "one-hot bool": (HOT.astype(bool), {}, CLASSES, K, {}),
    "whole floats, declared": (K.astype(float), {"kind": "classification"}, CLASSES, K, {}),
    "whole float32, classes": (K.astype(np.float32), {"classes": 3}, CLASSES, K, {}),
    "whole floats": (
        K.astype(float), {}, CLASSES, "say kind: classification",
        # A file of svmlight does not tell 1 from 1.0; of data sets the task is declared.
        {"svmlight": K, "memory": K, "streamed": K},
    ),
    "bool": (B.astype(bool), {}, Classification(2), B, {}),
    "one and two": (B + 1, {}, Classification(["1", "2"]), B, {}),
    "minus and plus": (2 * B - 1, {}, Classification(["-1", "1"]), B, {}),
    "half": (B.astype(np.float16), {"classes": 2}, Classification(2), B, {}),
    "several": (MANY, {"kind": "multilabel"}, MULTI, MANY, {}),
    "several int": (MANY.astype(int), {"kind": "multilabel"}, MULTI, MANY, {}),
    "several bool": (MANY.astype(bool), {"kind": "multilabel"}, MULTI, MANY, {}),
    "several, not declared": (MANY, {}, CLASSES, "not one-hot", {}),
    "numbers": (REAL, {}, NUMBERS, REAL, {}),
    "numbers, column": (REAL[:, None], {}, NUMBERS, REAL, {}),
    "whole numbers": (K, {"kind": "regression"}, NUMBERS, K.astype(float), {}),
    "infinite": (np.where(K == 2, np.inf, REAL), {"kind": "regression"}, NUMBERS, "infinite", {}),
    "text as numbers": (
        np.array(["ant", "bee", "cat"])[K], {"kind": "regression"}, NUMBERS, "no number", {},
    ),
}  # fmt: skip
ALIKE = {"seed": 0, "batch_size": 16}


def predictions(pair):
    """What a small network says of the target's test after a few steps on the pair's batches."""
    pair.seed, pair.batch_size = ALIKE["seed"], ALIKE["batch_size"]
    pair.setup()
    torch.manual_seed(0)
    net = torch.nn.Sequential(MLP(4, [8]), torch.nn.Linear(8, pair.task.outputs))
    optimizer = torch.optim.SGD(net.parameters(), 0.02)
    for _ in range(3):
        for batch in pair.train_dataloader():
            optimizer.zero_grad()
            pair.task.loss(net(batch["source"].x), batch["source"].y).backward()
            optimizer.step()
    return torch.cat([net(batch.x) for batch in pair.predict_dataloader()]).detach()


@pytest.mark.parametrize(
    ("way", "form"),
    [(w, f) for w in WAYS for f in FORMS if CARRIES.get(w, lambda y: True)(FORMS[f][0])],
)
def test_one_answer_whatever_the_way(way, form, tmp_path):
    y, said, task, expected, others = FORMS[form]
    expected = others.get(way, expected)

    def pair():
        return WAYS[way](X, y, SHIFTED, tmp_path, task, **said)

    if isinstance(expected, str):
        with pytest.raises(ValueError, match=expected):
            predictions(pair())
        return
    made = pair()
    kind = {Classification: "classification", MultiLabel: "multilabel", Regression: "regression"}
    like = Arrays(
        source_x=X, source_y=expected, target_x=SHIFTED, target_y=expected, kind=kind[type(task)]
    )
    assert type(made.task) is type(like.task)
    found = predictions(made)
    torch.testing.assert_close(found, predictions(like), rtol=1e-5, atol=1e-5)
    assert found.std() > 0.01


@pytest.mark.parametrize("way", ["numpy", "pandas", "npz", "streamed", "memory"])
def test_hidden_labels_are_the_same_in_every_form(way, tmp_path):
    """Gaps, -1 and rows of either; of the target, whose other labels are still scored."""
    task = Classification(3)
    gaps = K.astype(float)
    gaps[::3] = np.nan
    minus = np.where(np.arange(60) % 3 == 0, -1, K)
    rows = np.where(np.arange(60)[:, None] % 3 == 0, np.nan, HOT)
    sizes = []
    for y in (gaps, minus, rows):
        made = WAYS[way](X, y, SHIFTED, tmp_path, task, classes=3)
        with pytest.warns(UserWarning, match="labels that are not known"):  # of the source, too
            made.setup()
        sizes.append(len(made.evaluations("test")["oracle/target"]))
    assert sizes[0] == sizes[1] == sizes[2] > 0


# Folders, against arrays of the decoded pixels.


@pytest.mark.parametrize("names", [("ant", "bee", "cat"), ("1", "2", "10")])
def test_folders_are_arrays_of_their_pixels(names, tmp_path):
    for domain in ("source", "target"):
        for i, k in enumerate(K):
            place = tmp_path / domain / names[k]
            place.mkdir(parents=True, exist_ok=True)
            shade = np.full((2, 2, 3), 60 * k + 10 * (domain == "target"), np.uint8)
            Image.fromarray(shade + RNG.integers(0, 9, shade.shape, np.uint8)).save(
                place / f"{i:02}.png"
            )
    folders = Folders(root=str(tmp_path), image_size=2, augment=False)
    held = {}
    for domain in ("source", "target"):
        whole = folders.whole(domain)
        held[f"{domain}_x"] = torch.stack([whole[i][0] for i in range(len(whole))]).numpy()
        held[f"{domain}_y"] = np.array([f.parent.name for f in whole.files])
    found = Arrays(**held)
    assert found.task.names == folders.task.names
    for pair in (folders, found):
        pair.batch_size = 16
        pair.setup()
    for one, other in zip(folders.train_dataloader(), found.train_dataloader(), strict=True):
        for role in ("source", "target"):
            assert torch.equal(one[role].x, other[role].x)
            assert torch.equal(one[role].y, other[role].y)


# Inputs of every library.


@pytest.mark.parametrize("make", [
    lambda x: x, lambda x: x.tolist(), torch.from_numpy, lambda x: torch.from_numpy(x).float(),
    lambda x: torch.from_numpy(x).requires_grad_(), scipy.sparse.csr_matrix, scipy.sparse.coo_array,
    pd.DataFrame, lambda x: np.ma.masked_array(x, mask=False), lambda x: x.astype(">f8"),
    lambda x: np.asfortranarray(x), lambda x: x[::-1][::-1], lambda x: x.astype(object),
    lambda x: pd.DataFrame(x).convert_dtypes(), lambda x: torch.from_numpy(x).to_sparse(),
    lambda x: torch.from_numpy(x).to_sparse_csr(), lambda x: [torch.from_numpy(r) for r in x],
    lambda x: [tuple(r) for r in x],
])  # fmt: skip
@pytest.mark.filterwarnings("ignore:Sparse")
def test_inputs_of_every_library_are_one_tensor(make):
    from da_bench.data.formats.tensors import tensors
    from da_bench.data.sparse import dense

    found = dense(tensors(make(X), "x"), "x")
    assert not found.requires_grad
    assert torch.equal(found, torch.from_numpy(X).float())


@pytest.mark.parametrize("kind", ["uint8", "int64", "int8", "bool", "float16", "uint16"])
@pytest.mark.parametrize("library", [np.asarray, torch.as_tensor])
def test_numbers_of_every_type_go_one_way(kind, library):
    from da_bench.data.formats.tensors import tensors

    x = (np.arange(12).reshape(6, 2) % 5).astype(kind)
    assert torch.equal(tensors(library(x), "x"), torch.from_numpy(x.astype(np.float32)))
    one = torch.from_numpy(x[:, :1].astype(np.float32))
    assert torch.equal(tensors(library(x[:, 0]), "x"), one)


def test_tokens_below_a_name_stay_whole():
    from da_bench.data.formats.tensors import tensors

    for library in (np.asarray, torch.as_tensor):
        ids = library(np.arange(6).reshape(2, 3).astype(np.int32))
        found = tensors({"ids": ids, "mask": ids > 2, "size": ids / 2}, "x")
        assert [found[k].dtype for k in found] == [torch.int64, torch.bool, torch.float32]
