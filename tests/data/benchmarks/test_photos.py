"""Benchmarks of photographs: real Office-31, and made-up folders in the layout of the others."""

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn.functional import normalize

from da_bench.cli.data import carry_out
from da_bench.config import layers
from da_bench.data.arrays import Folders
from da_bench.data.benchmarks.domainnet import DomainNet
from da_bench.data.benchmarks.office31 import Office31, Office31Features
from da_bench.data.benchmarks.office_home import OfficeHome
from da_bench.data.benchmarks.pacs import PACS
from da_bench.data.benchmarks.visda2017 import VisDA2017
from da_bench.data.formats.image_files import read_list
from da_bench.data.formats.images import ImageTransform
from da_bench.published import registry
from da_bench.published.source import Domain, Layout

PHOTOS = {"office31": Office31, "office_home": OfficeHome, "visda2017": VisDA2017, "pacs": PACS,
          "domainnet": DomainNet}  # fmt: skip
PIXELS = np.random.default_rng(0).integers(0, 256, (20, 24, 3), dtype=np.uint8)


def image(path, shade=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.clip(PIXELS.astype(int) + shade, 0, 255).astype(np.uint8)).save(path)


@pytest.fixture
def made(tmp_path, monkeypatch):
    """Writes a data set of two images a class in its published layout, and declares that size."""

    def make(name):
        monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path))
        monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache" / name)
        source = registry.REGISTRY[name]
        layout, root = source.layout, tmp_path / name
        classes = layout.classes
        classes = ["bird", "axe", "cup"] if isinstance(classes, int) else list(classes)
        count = 2 * len(classes)
        domains = {d: Domain(count, v.folders) for d, v in layout.domains.items()}
        lists = {}
        for domain, value in domains.items():
            files = []
            for label, c in enumerate(classes):
                for i in range(2):
                    place = f"{value.folders[0]}/{c}/{i}.jpg"
                    image(root / place, shade=label)
                    files.append(f"{place} {label}")
            if layout.lists:
                for k, split in enumerate(("train", "test")):
                    (root / f"{domain}_{split}.txt").write_text("\n".join(files[k::2]) + "\n")
                    lists[f"{domain}_{split}.txt"] = len(classes)
        small = Layout(domains, 3 if layout.lists else layout.classes, lists)
        monkeypatch.setitem(registry.REGISTRY, name, source._replace(layout=small))
        return root, classes

    return make


@pytest.mark.parametrize("name", PHOTOS)
def test_the_published_layout_is_whole_and_read(name, made, capsys):
    _, classes = made(name)
    assert {row.status for row in registry.check(name)} == {"ok"}
    assert carry_out("check", name) == 0
    assert carry_out("download", name) == 0
    assert f"{name} is whole" in capsys.readouterr().out
    source, target = layers.tasks(name)[0]
    options = layers.read("data", name)["data"]["init_args"]
    wanted = {k: options[k] for k in ("target_test", "augment") if k in options}
    pair = PHOTOS[name](source, target, image_size=16, resize=20, batch_size=3, **wanted)
    pair.setup()
    held_out = name == "domainnet"
    assert len(pair.view("source", "train")) == len(classes) * (1 if held_out else 2)
    assert len(pair.view("target", "test")) == len(classes) * (1 if held_out else 2)
    batch = next(iter(pair.train_dataloader()))
    assert batch["source"].x.shape == (3, 3, 16, 16)
    assert (batch["target"].y == -1).all()
    assert pair.task.metric == ("class_accuracy" if name == "visda2017" else "accuracy")
    assert len(pair.checksum()) == 64


def test_a_check_names_what_is_missing(made, capsys):
    root, _ = made("pacs")
    (root / "photo" / "dog" / "0.jpg").unlink()
    for file in (root / "sketch" / "horse").iterdir():
        file.unlink()
    (root / "sketch" / "horse").rmdir()
    (root / "cartoon").rename(root / "comic")
    assert carry_out("check", "pacs") == 1
    told = capsys.readouterr().out
    assert "incomplete pacs/photo: 13 of 14 images" in told
    assert "incomplete pacs/sketch: no class horse, 12 of 14 images" in told
    assert "missing    pacs/cartoon" in told
    assert "ok         pacs/art_painting" in told
    assert carry_out("download", "pacs") == 1
    told = capsys.readouterr().out
    for part in ("PACS.zip", "https://domaingeneralization.github.io/", str(root), "cartoon/...",
                 "da-bench data check pacs"):  # fmt: skip
        assert part in told
    with pytest.raises(FileNotFoundError, match=r"(?s)no domain 'cartoon'.*PACS\.zip"):
        PACS("cartoon", "photo").setup()
    with pytest.raises(ValueError, match=r"missing classes \['horse'\].*data check pacs"):
        PACS("sketch", "photo").setup()


def test_a_list_that_is_cut_short_is_named(made, capsys):
    root, _ = made("domainnet")
    path = root / "real_test.txt"
    path.write_text("".join(path.read_text().splitlines(True)[:2]))
    (root / "clipart_train.txt").unlink()
    carry_out("check", "domainnet")
    told = capsys.readouterr().out
    assert "incomplete domainnet/real_test.txt: 2 of 3 lines" in told
    assert "missing    domainnet/clipart_train.txt" in told
    with pytest.raises(FileNotFoundError, match=r"(?s)no clipart_train\.txt.*M3SDA"):
        DomainNet("clipart", "real").setup()


@pytest.mark.parametrize("name", PHOTOS)
def test_a_task_is_known_without_files(name, monkeypatch, tmp_path):
    monkeypatch.setenv("DA_BENCH_DATA", str(tmp_path))
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / "cache")
    classes = {"office31": 31, "office_home": 65, "visda2017": 12, "pacs": 7, "domainnet": 345}
    assert PHOTOS[name]().task.outputs == classes[name]
    with pytest.raises(ValueError, match="unknown domain 'film'"):
        PHOTOS[name]("film", layers.tasks(name)[0][1])
    with pytest.raises(FileNotFoundError, match=f"{name}, by hand, into {tmp_path}"):
        PHOTOS[name]().setup()


def test_published_counts_agree_with_their_sums():
    images = {n: sum(d.images for d in s.layout.domains.values())
              for n, s in registry.REGISTRY.items() if s.layout}  # fmt: skip
    assert images == {"office31": 4110, "office_home": 15588, "visda2017": 207785, "pacs": 9991,
                      "domainnet": 586575}  # fmt: skip
    layout = registry.REGISTRY["domainnet"].layout
    for domain, value in layout.domains.items():
        parts = [layout.lists[f"{domain}_{split}.txt"] for split in ("train", "test")]
        assert sum(parts) == value.images


# Lists.


def test_a_list_written_elsewhere(tmp_path):
    for name in ("axe/1.jpg", "cup/a b.jpg"):
        image(tmp_path / "art" / name)
    path = tmp_path / "art.txt"
    path.write_text("/data/their home/art/axe/1.jpg 1\n\n/data/their home/art/cup/a b.jpg 0\n")
    found = read_list(path, tmp_path)
    assert found == {"cup": [tmp_path / "art/cup/a b.jpg"], "axe": [tmp_path / "art/axe/1.jpg"]}
    assert list(read_list(path, tmp_path, by_folder=False)) == ["0", "1"]
    with pytest.raises(FileNotFoundError, match="is nowhere below"):
        read_list(path, tmp_path / "cup")
    path.write_text("art/axe/1.jpg one\n")
    with pytest.raises(ValueError, match=r"line 1: expected 'path number'"):
        read_list(path, tmp_path)
    path.write_text("\n")
    with pytest.raises(ValueError, match="lists no images"):
        read_list(path, tmp_path)


def test_numbers_name_classes_whose_folders_do_not(tmp_path):
    for i in range(12):
        image(tmp_path / "all" / f"{i}.png")
    lines = [f"all/{i}.png {i}" for i in range(12)]
    for name in ("one", "other"):
        (tmp_path / f"{name}_list.txt").write_text("\n".join(lines))
    pair = Folders("one", "other", root=str(tmp_path), lists=str(tmp_path), image_size=8)
    assert pair.task.names == [str(i) for i in range(12)]  # 2 before 10
    whole = pair.whole("one")
    assert whole.targets.tolist() == list(range(12))
    assert [path.stem for path in whole.files] == [str(i) for i in range(12)]


def test_a_published_split_is_kept(tmp_path):
    for split, numbers in (("train", range(6)), ("test", range(6, 8))):
        for name in ("one", "other"):
            for i in numbers:
                image(tmp_path / name / str(i % 2) / f"{i}.png")
            lines = [f"{name}/{i % 2}/{i}.png {i % 2}" for i in numbers]
            (tmp_path / f"{name}_{split}.txt").write_text("\n".join(lines))
    pair = Folders("one", "other", root=str(tmp_path), lists=str(tmp_path), image_size=8,
                   batch_size=2)  # fmt: skip
    pair.setup()
    train, val, test = (pair.dataset("one", split) for split in ("train", "val", "test"))
    assert (len(train), len(val), len(test)) == (5, 1, 2)
    assert {*train.indices, *val.indices} == {*range(6)}  # what validates is cut from the training
    assert pair.checksum()


def test_domainnets_test_is_published_and_its_validation_is_cut(made, tmp_path):
    root, classes = made("domainnet")
    pair = DomainNet(val=0.34, lists=str(root), image_size=16, allow_class_mismatch="partial")
    sizes = [len(pair.dataset("clipart", split)) for split in ("train", "val", "test")]
    assert sizes == [len(classes) - 1, 1, len(classes)]
    assert pair.checksum()
    with pytest.raises(ValueError, match=r"test=0\.2: DomainNet's test lists are published"):
        DomainNet(test=0.2)
    image(root / "clipart" / "bird" / "duplicate.jpg")  # in no list: the archives hold such
    assert {row.status for row in registry.check("domainnet")} == {"ok"}


@pytest.mark.parametrize("name", PHOTOS)
def test_a_root_is_the_folder_as_it_is_published(name, made, tmp_path, monkeypatch):
    root, _ = made(name)
    elsewhere = tmp_path / "elsewhere"
    root.rename(elsewhere)
    source, target = layers.tasks(name)[0]
    pair = PHOTOS[name](source, target, root=str(elsewhere), image_size=16)
    pair.setup()
    assert len(pair.view("source", "train"))
    assert len(pair.checksum()) == 64


# Transforms.


def test_the_librarys_transform():
    picture = Image.fromarray(PIXELS)
    plain = ImageTransform(16, False, (0, 0, 0), (1, 1, 1), resize=20)
    whole = np.asarray(picture.resize((20, 20), Image.Resampling.BILINEAR)) / 255
    np.testing.assert_allclose(plain(picture).permute(1, 2, 0), whole[2:18, 2:18], atol=1e-6)
    mirror = ImageTransform(16, "mirror", (0, 0, 0), (1, 1, 1), resize=20)
    seen = {bool(torch.equal(mirror(picture), plain(picture))) for _ in range(20)}
    flipped = plain(picture).flip(2)
    assert seen == {True, False}
    for _ in range(5):
        drawn = mirror(picture)
        assert torch.equal(drawn, plain(picture)) or torch.equal(drawn, flipped)
    random = ImageTransform(16, True, (0, 0, 0), (1, 1, 1), resize=20)
    assert len({random(picture).sum().item() for _ in range(5)}) == 5


# Office-31, as it is at hand.


def test_office31_from_its_archives(data_folder, tmp_path, monkeypatch):
    monkeypatch.setattr("pooch.os_cache", lambda name: tmp_path / name)
    pair = Office31("webcam", "dslr", image_size=32, resize=36, target_test="transductive")
    pair.setup()
    assert len(pair.view("source", "train")) == 795
    assert len(pair.view("target", "test")) == 498
    assert pair.whole("dslr").targets.bincount().tolist()[:5] == [12, 21, 24, 12, 16]
    assert pair.view("target", "test").__getitems__([0, 1]).x.shape == (2, 3, 32, 32)
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize(("task", "expected"), [(("amazon", "webcam"), 69.3),
                                                (("dslr", "amazon"), 63.9)])  # fmt: skip
def test_a_linear_probe_on_the_features(task, expected, data_folder):
    """Logistic regression with C = 10 on features of length one, as INDEX.md's figures are."""
    from sklearn.linear_model import LogisticRegression

    pair = Office31Features(*task, target_test="transductive")
    pair.setup()
    source, target = pair.view("source", "train").data, pair.view("target", "test").data
    probe = LogisticRegression(C=10.0, max_iter=300).fit(normalize(source.x), source.y)
    score = 100 * probe.score(normalize(target.x), target.y)
    assert score == pytest.approx(expected, abs=0.15)


def test_features_of_ones_own(tmp_path):
    path = tmp_path / "own.npz"
    np.savez(path, F=np.zeros((3, 4), np.float16), y=[0, 1, 2], domain=["amazon"] * 3)
    pair = Office31Features(path=str(path), target_test="transductive")
    with pytest.raises(ValueError, match="expected 2817 samples of amazon, found 3"):
        pair.setup()
