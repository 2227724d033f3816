import numpy as np
import pytest
import torch
from PIL import Image
from torch.utils.data import TensorDataset

from da_bench.config.objects import describe
from da_bench.data import Classification, Regression
from da_bench.data.arrays import Arrays, Datasets, Folders, ImageTransform, read_array, read_samples
from da_bench.data.columns import Columns, Reading
from da_bench.data.formats.read import read_file
from da_bench.data.formats.tensors import tensors
from da_bench.data.sparse import dense
from da_bench.methods import SourceOnly
from da_bench.methods.stored_run import load_transform
from da_bench.networks import MLP
from tests.conftest import trainer

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(50, 3)), RNG.integers(0, 3, 50)


def make_folders(root, classes=("cat", "dog"), count=10, shade=40):
    for k, name in enumerate(classes):
        (root / name).mkdir(parents=True)
        for i in range(count):
            pixels = RNG.integers(0, 255, (20 + i, 24, 3), dtype=np.uint8)
            pixels[:, :3] = shade * (k + 1)
            Image.fromarray(pixels).save(root / name / f"{i:02}.png")
    return root


@pytest.fixture
def folders(tmp_path):
    for name in ("photo", "sketch"):
        make_folders(tmp_path / name)
    return tmp_path


# Files.


def write_all(folder):
    header = "a,b,c,Label\n"
    rows = "\n".join(f"{a},{b},{c},{y}" for (a, b, c), y in zip(X.tolist(), Y, strict=True))
    (folder / "named.csv").write_text(header + rows)
    np.savetxt(folder / "plain.csv", X, delimiter=",")
    np.save(folder / "x.npy", X)
    np.savez(folder / "both.npz", x=X, y=Y)
    np.savez(folder / "one.npz", anything=X)
    torch.save({"x": torch.tensor(X), "y": torch.tensor(Y)}, folder / "both.pt")
    lines = (
        f"{y} " + " ".join(f"{i}:{v}" for i, v in enumerate(r))
        for r, y in zip(X.tolist(), Y, strict=True)
    )
    (folder / "both.svmlight").write_text("\n".join(lines))


@pytest.mark.parametrize(
    ("name", "labelled"),
    [
        ("named.csv", True),
        ("plain.csv", False),
        ("x.npy", False),
        ("both.npz", True),
        ("one.npz", False),
        ("both.pt", True),
        ("both.svmlight", True),
    ],
)
def test_every_kind_of_file(tmp_path, name, labelled):
    write_all(tmp_path)
    reading = Reading(header=False if name == "plain.csv" else None)
    x, y = read_file(tmp_path / name, reading)[:2]
    assert x.dtype == torch.float32
    x = dense(x, name)
    np.testing.assert_allclose(x, X, rtol=1e-6)
    assert (y is not None) == labelled
    if labelled:
        np.testing.assert_array_equal(y, Y)
    assert torch.equal(torch.cat(list(read_samples(tmp_path / name, reading=reading))), x)
    if name != "plain.csv":
        assert torch.equal(read_array(str(tmp_path / name)), x)


def test_files_that_can_not_be_read(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"none\.npy"):
        read_array(tmp_path / "none.npy")
    (tmp_path / "x.xls").write_text("")
    with pytest.raises(ValueError, match=r"can't read '\.xls'; expected one of \.npy"):
        read_array(tmp_path / "x.xls")
    (tmp_path / "text.csv").write_text("a,colour\n1,red\n")
    with pytest.raises(ValueError, match="'colour' is not numeric"):
        read_array(tmp_path / "text.csv")
    np.savez(tmp_path / "two.npz", a=X, b=X)
    with pytest.raises(ValueError, match="should be called 'x'"):
        read_array(tmp_path / "two.npz")
    np.save(tmp_path / "objects.npy", np.array([{}]), allow_pickle=True)
    with pytest.raises(ValueError, match=r"objects\.npy holds an array as pickled .*plain numbers"):
        read_array(tmp_path / "objects.npy")


@pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv", "x.pt", "head.csv"])
def test_a_torn_or_empty_file_is_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"a,b,y\n" if name == "head.csv" else b"")
    told = "can't be read|is empty|is not whole|holds no inputs"
    with pytest.raises(ValueError, match=f"{name} ({told})"):
        read_array(tmp_path / name)
    if name.endswith(("z", "t")):
        (tmp_path / name).write_bytes(b"PK\x03\x04 torn")
        with pytest.raises(ValueError, match=rf"{name} (can't be read|is not whole)"):
            read_array(tmp_path / name)


# Arrays.


def test_arrays_from_python():
    pair = Arrays(source_x=X, source_y=Y, target_x=X[:20] + 1, target_y=Y[:20], batch_size=8)
    pair.setup()
    assert pair.task.names == ["0", "1", "2"]
    sizes = [len(pair.dataset("source", s)) for s in ("train", "val", "test")]
    assert sizes == [35, 5, 10]
    assert (next(iter(pair.train_dataloader()))["target"].y == -1).all()
    together = torch.cat([pair.dataset("source", s).x for s in ("train", "val", "test")])
    assert {tuple(r) for r in together.tolist()} == {
        tuple(r) for r in torch.tensor(X).float().tolist()
    }
    assert pair.checksum() != Arrays(source_x=X, source_y=Y, target_x=X, target_y=Y).checksum()


@pytest.mark.parametrize("name", ["named.csv", "both.npz", "both.pt", "both.svmlight"])
def test_arrays_from_files(tmp_path, name):
    write_all(tmp_path)
    path = str(tmp_path / name)
    pair = Arrays(source_x=path, target_x=path, batch_size=8)
    pair.setup()
    assert torch.equal(pair.whole("source").y, torch.tensor(Y))


def test_labels_in_a_file_of_their_own(tmp_path):
    np.save(tmp_path / "x.npy", X)
    np.save(tmp_path / "y.npy", Y)
    pair = Arrays(source_x=str(tmp_path / "x.npy"), source_y=str(tmp_path / "y.npy"), target_x=X)
    assert torch.equal(pair.whole("source").y, torch.tensor(Y))


def test_a_source_without_a_label_is_refused():
    """It trained, and made a table of the network as it was drawn."""
    data = Arrays(source_x=X, source_y=np.full(len(X), np.nan), target_x=X, classes=3)
    with pytest.raises(ValueError, match="source 'source' holds no label"):
        data.setup()


def test_an_unlabelled_target_is_not_scored():
    pair = Arrays(source_x=X, source_y=Y, target_x=X, batch_size=8, oracle_validation=True)
    pair.setup()
    assert (pair.whole("target").y == -1).all()
    assert list(pair.evaluations("test")) == ["test/source"]
    assert list(pair.evaluations("val")) == ["val/source"]
    assert len(pair.predict_dataloader().dataset) == 10


def test_samples_without_label_are_not_scored():
    y = Y.astype(float)
    y[::2] = np.nan
    pair = Arrays(source_x=X, source_y=Y, target_x=X, target_y=y, batch_size=8)
    pair.setup()
    view = pair.evaluations("test")["oracle/target"]
    assert 0 < len(view) < 10
    assert (view._y.values >= 0).all()


@pytest.mark.parametrize(
    ("labels", "names"),
    [
        (["b", "a", "b", "a"], ["a", "b"]),
        ([-1, 1, -1, 1], ["-1", "1"]),
        ([10, 9, 10, 9], ["9", "10"]),
        ([True, False, True, False], ["False", "True"]),
    ],
)
def test_labels_of_every_kind(labels, names):
    pair = Arrays(source_x=X[:4], source_y=labels, target_x=X[:4], target_y=labels[::-1])
    assert pair.task.names == names
    expected = [names.index(str(int(v) if isinstance(v, float) else v)) for v in labels]
    assert pair.whole("source").y.tolist() == expected
    assert pair.whole("target").y.tolist() == expected[::-1]


def test_named_classes_and_numbered_labels():
    pair = Arrays(source_x=X, source_y=Y, target_x=X, classes=["red", "green", "blue"])
    assert torch.equal(pair.whole("source").y, torch.tensor(Y))


def test_classes_that_differ():
    given = {
        "source_x": X[:4],
        "source_y": list("abab"),
        "target_x": X[:4],
        "target_y": list("bcbc"),
    }
    with pytest.raises(
        ValueError, match=r"target: labels \['c'\] are not among .*allow_class_mismatch"
    ):
        Arrays(**given, batch_size=2).setup()
    pair = Arrays(**given, batch_size=2, allow_class_mismatch=True)
    pair.setup()
    assert pair.task.names == ["a", "b", "c"]
    assert pair.whole("target").y.tolist() == [1, 2, 1, 2]


@pytest.mark.parametrize("outputs", [1, 2])
def test_regression(outputs):
    y = RNG.normal(size=(50, outputs))
    pair = Arrays(source_x=X, source_y=y, target_x=X, target_y=y, batch_size=8)
    pair.setup()
    assert isinstance(pair.task, Regression)
    assert pair.task.outputs == outputs
    batch = next(iter(pair.train_dataloader()))
    assert batch["source"].y.shape == ((8, 2) if outputs == 2 else (8,))
    assert batch["source"].y.dtype == torch.float32
    assert batch["target"].y.isnan().all()
    unlabelled = Arrays(source_x=X, source_y=y, target_x=X)
    assert unlabelled.whole("target").y.shape == pair.whole("target").y.shape
    assert list(unlabelled.evaluations("test")) == ["test/source"]


def test_whole_numbers_can_be_regressed_on():
    pair = Arrays(source_x=X, source_y=Y, target_x=X, kind="regression")
    assert pair.whole("source").y.dtype == torch.float32


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor])
def test_what_float32_would_round_away_is_told(kind):
    """Values near 1e8 once lost their differences, and a method learned from noise."""
    second = np.array([0, 1, 0])
    for bad in (X + 1e8 * second, np.round(10 * X + 1e9 * second).astype(int)):
        with pytest.raises(ValueError, match=r"x: column 1 varies .*subtract its mean"):
            tensors(kind(bad), "x")
    noise = 0.1 * second + 1e-16 * X  # a constant but for rounding
    for good in (X + 1e4, 1e8 * X, noise, 0 * X + 1e9, np.array([[np.inf], [np.nan]]), X[:0]):
        float32 = tensors(kind(good), "x")
        assert float32.dtype == torch.float32
        assert np.allclose(float32, good, rtol=1e-6, equal_nan=True)


def test_arrays_refuse():
    with pytest.raises(ValueError, match="source_x is missing"):
        Arrays()
    with pytest.raises(ValueError, match="source_y is missing"):
        Arrays(source_x=X, target_x=X)
    with pytest.raises(ValueError, match="50 inputs but 49 labels"):
        Arrays(source_x=X, source_y=Y[1:], target_x=X)
    with pytest.raises(ValueError, match="shares"):
        Arrays(source_x=X, source_y=Y, target_x=X, val=0.5, test=0.5)
    with pytest.raises(ValueError, match="a source and of a target"):
        Arrays("one", "one", source_x=X, source_y=Y, target_x=X)
    with pytest.raises(ValueError, match=r"shape \[\(3,\)\].*\[\(2,\)\].*target_encoder"):
        Arrays(source_x=X, source_y=Y, target_x=X[:, :2]).setup()


# Data sets.


def test_any_data_sets():
    whole = TensorDataset(torch.tensor(X).float(), torch.tensor(Y))
    pair = Datasets(domains={"source": whole, "target": {"train": whole, "test": whole}},
                    task=Classification(3), batch_size=8)  # fmt: skip
    pair.setup()
    assert [len(pair.dataset("source", s)) for s in ("train", "val", "test")] == [35, 5, 10]
    assert [len(pair.dataset("target", s)) for s in ("train", "val", "test")] == [45, 5, 50]
    given = {"train": whole, "val": whole, "test": whole}
    pair = Datasets(domains={"source": given, "target": whole}, task=Classification(3))
    assert [len(pair.dataset("source", s)) for s in ("train", "val", "test")] == [50, 50, 50]
    assert (next(iter(pair.train_dataloader()))["target"].y == -1).all()
    with pytest.raises(ValueError, match="unknown domain 'c'"):
        Datasets("source", "c", domains={"source": whole}, task=Classification(3)).setup()


# Folders.


def test_folders(folders):
    pair = Folders("photo", "sketch", root=str(folders), image_size=16, batch_size=4)
    pair.setup()
    assert pair.task.names == ["cat", "dog"]
    batch = next(iter(pair.train_dataloader()))
    assert batch["source"].x.shape == (4, 3, 16, 16)
    assert (batch["target"].y == -1).all()
    sizes = [len(pair.dataset("photo", s)) for s in ("train", "val", "test")]
    assert sizes == [14, 2, 4]
    assert pair.whole("photo").targets.tolist() == [0] * 10 + [1] * 10
    twin = Folders(
        source_path=str(folders / "photo"), target_path=str(folders / "sketch"), image_size=16
    )
    assert twin.whole("source").files == pair.whole("photo").files


def test_augmentation_reaches_training_batches_alone(folders):
    given = {"root": str(folders), "image_size": 16, "batch_size": 4}
    pair = Folders("photo", "sketch", **given, target_test="transductive")
    plain = pair.view("target", "test").__getitems__([0, 1]).x
    torch.testing.assert_close(
        plain, torch.stack([pair.dataset("sketch", "train")[i][0] for i in (0, 1)])
    )
    moved = pair.view("target", "train").__getitems__([0, 1]).x
    assert not torch.equal(moved, plain)
    swept = next(iter(pair.sweep("target")))
    assert torch.equal(swept.x[:2], plain)
    assert (swept.y == -1).all()
    still = Folders("photo", "sketch", **given, augment=False)
    whole = still.dataset("photo", "train")[0][0]
    assert torch.equal(still.view("source", "train").__getitems__([0]).x[0], whole)


def test_folders_whose_classes_differ(tmp_path):
    make_folders(tmp_path / "a", ("cat", "dog"))
    make_folders(tmp_path / "b", ("bird", "dog"))
    with pytest.raises(ValueError, match=r"only in 'a': \['cat'\]; only in 'b': \['bird'\]"):
        Folders("a", "b", root=str(tmp_path))
    pair = Folders("a", "b", root=str(tmp_path), allow_class_mismatch=True)
    assert pair.task.names == ["bird", "cat", "dog"]
    assert set(pair.whole("a").targets.tolist()) == {1, 2}
    assert set(pair.whole("b").targets.tolist()) == {0, 2}


def test_folders_that_are_wrong(folders):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        Folders("photo", "nowhere", root=str(folders))
    (folders / "photo" / "empty").mkdir()
    with pytest.raises(ValueError, match="empty holds no images"):
        Folders("photo", "sketch", root=str(folders))
    with pytest.raises(ValueError, match="Give root"):
        Folders("photo", "sketch")
    (folders / "photo" / "empty").rmdir()
    (folders / "photo" / "cat" / "00.png").write_bytes(b"no image")
    data = Folders("photo", "sketch", root=str(folders)).whole("photo")
    with pytest.raises(ValueError, match=r"00\.png can't be read as an image"):
        data[0]


def test_checksum_follows_the_images(folders):
    def digest():
        return Folders("photo", "sketch", root=str(folders)).checksum()

    before = digest()
    assert before == digest()
    Image.new("RGB", (20, 20)).save(folders / "photo" / "cat" / "00.png")
    assert before != digest()


def test_predicting_images(folders):
    transform = ImageTransform(16, mean=[0.5] * 3, std=[0.5] * 3)
    (x,) = read_samples(folders / "photo", describe(transform))
    assert x.shape == (20, 3, 16, 16)
    (one,) = read_samples(folders / "photo" / "cat" / "00.png", transform)
    assert torch.equal(one[0], x[0])
    pair = Folders("photo", "sketch", root=str(folders), image_size=16)
    assert describe(pair.transform)["init_args"]["augment"] is False
    with pytest.raises(ValueError, match="stores no image transform"):
        next(read_samples(folders / "photo"))
    with pytest.raises(FileNotFoundError, match="none: there is no such file"):
        next(read_samples(folders / "photo" / "cat" / "none", transform))
    (folders / "empty").mkdir()
    with pytest.raises(ValueError, match="holds no images"):
        next(read_samples(folders / "empty", transform))


def test_grey_images_become_three_channels(tmp_path):
    Image.new("L", (30, 20)).save(tmp_path / "grey.png")
    (x,) = read_samples(tmp_path, ImageTransform(16))
    assert x.shape == (1, 3, 16, 16)


def test_a_stored_run_predicts_images(folders, tmp_path):
    pair = Folders("photo", "sketch", root=str(folders), image_size=16, batch_size=4)
    model = SourceOnly(MLP(3 * 16 * 16, [8]), pair.task)
    training = trainer(1)
    training.fit(model, pair)
    training.save_checkpoint(tmp_path / "last.ckpt")
    (x,) = read_samples(folders / "sketch", load_transform(tmp_path))
    expected = torch.stack([pair.whole("sketch")[i][0] for i in range(20)])
    assert torch.equal(x, expected)


def test_a_sparse_file_is_filled_up_to_what_a_model_takes(tmp_path):
    """Of two reviews that lack the last words, `predict` once said "mat1 and mat2 shapes"."""
    from sklearn.datasets import dump_svmlight_file

    x = np.array([[0.0, 1.0, 0.0], [2.0, 0.0, 0.0]])
    dump_svmlight_file(x, [0, 1], str(tmp_path / "a.svmlight"))
    (found,) = read_samples(tmp_path / "a.svmlight", expected=Columns(shapes=[[5]]))
    assert found.tolist() == np.pad(x, ((0, 0), (0, 2))).tolist()
    np.save(tmp_path / "a.npy", x)  # tells its zeros, so another width is no oversight
    for name, width in (("a.npy", 5), ("a.svmlight", 1)):
        with pytest.raises(
            ValueError, match=f"features a sample, and the run was trained on {width}"
        ):
            list(read_samples(tmp_path / name, expected=Columns(shapes=[[width]])))
