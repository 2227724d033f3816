"""UCI HAR: AdaTime's split and scenarios, and the published archive, made up in small."""

import io
import zipfile

import numpy as np
import pytest
import torch

from da_bench.config import layers
from da_bench.data.benchmarks.ucihar import SIGNALS, UCIHAR, windows


def test_adatimes_split_of_its_persons(data_folder):
    sizes = {}
    for source, target in layers.tasks("ucihar"):
        pair = UCIHAR(source, target)
        for name in (source, target):
            sizes[name] = [len(pair.dataset(name, split)) for split in ("train", "test")]
    assert len(sizes) == 17
    assert sum(map(sum, sizes.values())) == 5747
    assert sizes["2"] == [211, 91]
    assert sizes["11"] == [221, 95]
    for train, test in sizes.values():
        assert test / (train + test) == pytest.approx(0.3, abs=0.005)
    x, y = UCIHAR().dataset("2", "train")[:]
    assert x.shape == (211, 9, 128)
    assert x.dtype == torch.float32
    assert y.unique().tolist() == list(range(6))
    np.testing.assert_allclose(x.mean((0, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(x.std((0, 2), correction=0), 1, atol=1e-5)


def test_the_scenarios_are_adatimes():
    written = "2>11 6>23 7>13 9>18 12>16 18>27 20>5 24>8 28>27 30>20"
    assert [f"{s}>{t}" for s, t in layers.tasks("ucihar")] == written.split()


def test_a_pair_is_ready(data_folder):
    pair = UCIHAR("7", "13", batch_size=32, epoch_length="source", drop_last=False, validation=0.1)
    pair.setup()
    assert pair.task.metric == "macro_f1"
    parts = [set(map(tuple, pair.dataset("7", s).x[:, 0, :4].tolist())) for s in ("train", "val")]
    assert not parts[0] & parts[1]
    assert len(pair.view("source", "val")) == round(0.1 * (len(parts[0]) + len(parts[1])))
    batches = list(pair.train_dataloader())
    assert len(batches) == -(-len(pair.view("source", "train")) // 32)
    assert (batches[0]["target"].y == -1).all()


def test_wrong_persons_and_shares(data_folder):
    for name in ("1", "two"):
        with pytest.raises(ValueError, match=f"unknown domain '{name}': UCI HAR has persons 2, 5"):
            UCIHAR(name, "11").setup()
    with pytest.raises(ValueError, match="validation=1"):
        UCIHAR(validation=1)


def published(folder, activities=6):
    """An archive in the layout that UCI serves: an archive within it, text files within that."""
    rng, held = np.random.default_rng(0), io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for part, persons in (("train", (1, 3)), ("test", (2,))):
            y = np.tile(np.arange(activities), 10 * len(persons))
            person = np.repeat(persons, 10 * activities)
            tables = {"y": y + 1, "subject": person}
            tables |= {f"Inertial Signals/{s}": rng.normal(k, 1, (len(y), 128))
                       for k, s in enumerate(SIGNALS)}  # fmt: skip
            for name, table in tables.items():
                text = io.StringIO()
                np.savetxt(text, table, fmt="%.4f" if table.ndim > 1 else "%d")
                archive.writestr(f"UCI HAR Dataset/{part}/{name}_{part}.txt", text.getvalue())
    path = folder / "human.zip"
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("UCI HAR Dataset.zip", held.getvalue())
    (folder / "UCI HAR Dataset.zip").write_bytes(held.getvalue())
    return path


def test_the_published_archive(tmp_path):
    path = published(tmp_path)
    found = windows(path)
    assert found.x.shape == (180, 9, 128)
    np.testing.assert_allclose(found.x.mean((0, 2)), np.arange(9), atol=0.05)
    assert sorted(set(found.person.tolist())) == [1, 2, 3]
    for p in (1, 2, 3):  # of each person and activity three of ten windows
        for c in range(6):
            assert found.test[(found.person == p) & (found.y == c)].sum() == 3
    inner = windows(tmp_path / "UCI HAR Dataset.zip")
    assert all(np.array_equal(a, b) for a, b in zip(found, inner, strict=True))


def test_an_archive_of_another_kind(tmp_path):
    with pytest.raises(ValueError, match=r"expected windows of 9 x 128 in six activities"):
        windows(published(tmp_path, activities=4))
