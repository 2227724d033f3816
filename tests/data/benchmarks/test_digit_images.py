"""Digits: published counts, values and shapes; MNIST-M against the published images' statistics."""

import bz2
import io
import zipfile

import numpy as np
import pytest
import torch
from PIL import Image

from da_bench.config import layers
from da_bench.data.benchmarks import mnist_m
from da_bench.data.benchmarks.digit_images import COUNTS, DigitImages, prepare, read, usps
from da_bench.published import registry


@pytest.mark.parametrize("name", ["mnist", "usps"])
def test_counts_and_values(name, data_folder):
    for test in (False, True):
        x, y = prepare(name, test, 28, 1)
        assert x.shape == (COUNTS[name][test], 1, 28, 28)
        assert x.dtype == torch.float32
        assert float(x.min()) == pytest.approx(-1, abs=1e-6)
        assert float(x.max()) == pytest.approx(1, abs=1e-6)
        assert len(y) == COUNTS[name][test]


def test_known_numbers_of_digits(data_folder):
    assert read("mnist", False)[1][:5].tolist() == [5, 0, 4, 1, 9]
    assert np.bincount(read("mnist", True)[1]).tolist() == [980, 1135, 1032, 1010, 982, 892, 958,
                                                           1028, 974, 1009]  # fmt: skip
    assert np.bincount(read("usps", True)[1]).tolist() == [359, 264, 198, 166, 200, 160, 170, 147,
                                                          166, 177]  # fmt: skip


def test_both_forms_of_usps_are_read_alike(tmp_path):
    h5py = pytest.importorskip("h5py")
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 2001, (5, 256)) / 2000, np.array([0, 9, 3, 3, 1])
    with h5py.File(tmp_path / "usps.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/data"], file[f"{part}/target"] = x.astype("float32"), y
    lines = (f"{c + 1} " + " ".join(f"{i + 1}:{2 * v - 1:g}" for i, v in enumerate(row))
             for row, c in zip(x.tolist(), y, strict=True))  # fmt: skip
    (tmp_path / "usps.bz2").write_bytes(bz2.compress("\n".join(lines).encode()))
    one, other = (usps(tmp_path / f"usps.{end}", False) for end in ("h5", "bz2"))
    np.testing.assert_allclose(one[0], other[0], atol=1e-6)
    assert one[1].tolist() == other[1].tolist() == y.tolist()


def test_a_pair_is_ready_and_whole_batches_come(data_folder):
    pair = DigitImages("mnist", "usps", batch_size=64, epoch_length=3)
    pair.setup()
    assert len(pair.view("source", "train")) == 60000
    assert len(pair.view("target", "train")) == 7291
    assert len(pair.view("target", "test")) == 2007
    batches = list(pair.train_dataloader())
    assert len(batches) == 3
    assert batches[0]["source"].x.shape == (64, 1, 28, 28)
    assert (batches[0]["target"].y == -1).all()
    assert list(pair.evaluations("val")) == []


def test_grey_as_three_colours_costs_no_memory(data_folder):
    x, _ = prepare("usps", True, 32, 3)
    assert x.shape == (2007, 3, 32, 32)
    assert x.untyped_storage().nbytes() == 2007 * 32 * 32 * 4
    assert torch.equal(x[:, 0], x[:, 2])


def test_unknown_domains_and_checksums(monkeypatch):
    with pytest.raises(ValueError, match="unknown domain 'film'"):
        DigitImages("film", "usps")
    monkeypatch.setenv("DA_BENCH_DATA", "/nowhere")
    sums = {DigitImages(*task).checksum() for task in
            (("mnist", "usps"), ("svhn", "mnist"), ("mnist", "mnist_m"))}  # fmt: skip
    assert len(sums) == 3
    assert registry.names_of_benchmark("mnist_usps") == ["mnist", "usps"]
    assert ("mnist", "mnist_m") in layers.tasks("colour_digits")


# MNIST-M.


def test_a_blend_is_the_absolute_difference():
    rng = np.random.default_rng(0)
    digits = rng.integers(0, 2, (4, 28, 28), dtype=np.uint8) * 200
    photos = [rng.integers(0, 256, (40, 50, 3), dtype=np.uint8) for _ in range(3)]
    made = mnist_m.blend(digits, photos, np.random.default_rng(1))
    again = np.random.default_rng(1)
    for image, digit in zip(made, digits, strict=True):
        photo = photos[again.integers(3)]
        top, left = again.integers(40 - 31), again.integers(50 - 31)
        for row in range(32):
            for column in range(32):
                ink = 2 <= row < 30 and 2 <= column < 30 and digit[row - 2, column - 2] > 0
                patch = photo[top + row, left + column].astype(int)
                assert image[row, column].tolist() == abs(patch - 255 * ink).tolist()


def test_it_is_like_the_published_images(data_folder):
    """Mean, deviation and roughness of each colour; not the same images, and never said to be."""
    with np.load(f"{data_folder}/digits/mnist_m_real_classes0to5_3000.npz") as held:
        real, y = held["X"], held["y"]
    digits, labels = read("mnist", False)
    chosen = np.concatenate([np.flatnonzero(labels == c)[:500] for c in range(6)])
    assert np.bincount(y).tolist() == [500] * 6
    photos = mnist_m.photographs()
    made = mnist_m.blend(digits[chosen], photos, np.random.default_rng(mnist_m.SEED))
    for ours, theirs in ((made, real), (made[:, 12:20, 12:20], real[:, 12:20, 12:20])):
        axes = (0, 1, 2)
        np.testing.assert_allclose(ours.mean(axes) / 255, theirs.mean(axes) / 255, atol=0.03)
        np.testing.assert_allclose(ours.std(axes) / 255, theirs.std(axes) / 255, atol=0.03)
    rough = [np.abs(np.diff(images.astype(float), axis=2)).mean() / 255 for images in (made, real)]
    assert rough[0] == pytest.approx(rough[1], rel=0.1)


def test_the_photographs_are_checked(tmp_path, monkeypatch):
    image = io.BytesIO()
    Image.fromarray(np.zeros((40, 40, 3), np.uint8)).save(image, "JPEG")
    (tmp_path / "bsds500").mkdir()
    path = tmp_path / "bsds500" / "BSR_bsds500.tgz"
    import tarfile

    with tarfile.open(path, "w:gz") as archive:
        for i in range(101):
            member = tarfile.TarInfo(f"BSR/BSDS500/data/images/train/{i}.jpg")
            member.size = len(image.getvalue())
            archive.addfile(member, io.BytesIO(image.getvalue()))
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path))
    with pytest.raises(ValueError, match="first 100 training photographs are not BSDS500's"):
        mnist_m.photographs()


def test_public_archive_and_excerpt_give_the_same_photographs(data_folder, tmp_path):
    import tarfile

    held = f"{data_folder}/bsds500/bsds500_train_first100.zip"
    path = tmp_path / "BSR_bsds500.tgz"
    with zipfile.ZipFile(held) as given, tarfile.open(path, "w") as archive:
        for name in [*given.namelist()[::-1], "train/99999.jpg"]:
            data = given.read(name) if name in given.namelist() else b"the 101st"
            member = tarfile.TarInfo(f"BSR/BSDS500/data/images/{name}")
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    one, other = (sorted(mnist_m.jpegs(p))[:100] for p in (mnist_m.Path(held), path))
    assert one == other
