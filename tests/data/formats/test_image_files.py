"""Which pictures are data, and in which class; targets whose pictures have none."""

import unicodedata

import numpy as np
import pytest
import torch
from PIL import Image

from da_bench.config.objects import describe
from da_bench.data.arrays import Folders, read_samples
from da_bench.published.source import images_below

RNG = np.random.default_rng(0)


def draw(path, shade=0):
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = RNG.integers(shade, shade + 60, (16, 18, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, format="PNG")


def domain(root, classes=("cat", "dog"), count=6):
    for k, name in enumerate(classes):
        for i in range(count):
            draw(root / name / f"{i}.png", 60 * k)
    return root


@pytest.fixture
def root(tmp_path):
    domain(tmp_path / "a")
    return tmp_path


def pair(root, **given):
    return Folders("a", "b", root=str(root), image_size=16, batch_size=2, **given)


LEFT_BEHIND = [".ipynb_checkpoints/0.png", "cat/.ipynb_checkpoints/0-checkpoint.png",
               "__MACOSX/cat/._0.png", "cat/._0.png", ".DS_Store", "Thumbs.db", "cat/Thumbs.db",
               "cat/@eaDir/0.png/thumb.jpg", ".git/x.png", "cat/sub/.cache/0.png",
               "notes.txt", "cat/desktop.ini", "__MACOSX/0.png"]  # fmt: skip


@pytest.mark.parametrize("name", LEFT_BEHIND)
def test_what_programs_leave_behind_is_no_data(root, name):
    domain(root / "b")
    before = pair(root)
    draw(root / "a" / name)
    draw(root / "b" / name)
    after = pair(root)
    assert after.task.names == ["cat", "dog"]
    assert after.checksum() == before.checksum()
    assert sum(len(x) for x in read_samples(root / "b", describe(after.transform))) == 12
    assert len(images_below(root / "a")) == 12


def test_a_folder_below_a_hidden_one_is_read(tmp_path):
    domain(tmp_path / ".cache" / "a")
    assert len(images_below(tmp_path / ".cache" / "a")) == 12


def test_links_are_followed_once(root):
    (root / "b").mkdir()
    for name in ("cat", "dog"):
        (root / "b" / name).symlink_to(root / "a" / name)
    (root / "a" / "cat" / "round").symlink_to(root / "a")
    assert len(pair(root).whole("b")) == 12


def test_a_picture_of_a_kind_that_is_not_read_is_named(root):
    domain(root / "b")
    (root / "b" / "cat" / "phone.HEIC").write_bytes(b"x")
    with pytest.raises(ValueError, match=r"phone\.HEIC: \.heic is not read"):
        pair(root)


# Names.


@pytest.mark.parametrize("names", [("Café", "naïve"), ("Å", "é"), ("한글", "b")])
def test_names_are_compared_in_one_form(tmp_path, names):
    composed, apart = ([unicodedata.normalize(f, n) for n in names] for f in ("NFC", "NFD"))
    domain(tmp_path / "a", composed)
    domain(tmp_path / "b", apart)
    data = pair(tmp_path)
    assert data.task.names == sorted(composed)
    assert data.whole("a").targets.tolist() == data.whole("b").targets.tolist()
    lines = [f"a/{name}/{i}.png {k}" for k, name in enumerate(apart) for i in range(6)]
    (tmp_path / "a.txt").write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    lines = [f"b/{name}/{i}.png {k}" for k, name in enumerate(composed) for i in range(6)]
    (tmp_path / "b.txt").write_text("\n".join(lines), encoding="utf-8")
    by_list = pair(tmp_path, lists=str(tmp_path))
    assert by_list.task.names == sorted(composed)
    assert by_list.whole("a")[0][0].shape == (3, 16, 16)
    assert by_list.whole("b")[11][0].shape == (3, 16, 16)


def test_a_domain_is_found_by_its_name_in_either_form(tmp_path):
    domain(tmp_path / "a")
    domain(tmp_path / unicodedata.normalize("NFD", "Köln"))
    data = Folders("a", unicodedata.normalize("NFC", "Köln"), root=str(tmp_path), image_size=16)
    assert data.task.names == ["cat", "dog"]


def test_two_folders_of_one_name_are_refused(tmp_path):
    domain(tmp_path / "a", [unicodedata.normalize(f, "é") for f in ("NFC", "NFD")])
    domain(tmp_path / "b", ["é", "b"])
    with pytest.raises(ValueError, match="two folders that are both called"):
        pair(tmp_path)


@pytest.mark.parametrize("allowed", [False, True, "partial"])
@pytest.mark.parametrize("other", ["Dog", "DOG", "dog ", "ｄｏｇ"])
def test_names_that_differ_by_capitals_are_asked_about(root, other, allowed):
    domain(root / "b", ("cat", other))
    with pytest.raises(ValueError, match="differ by capitals or spaces alone: rename one"):
        pair(root, allow_class_mismatch=allowed)


def test_partial_adaptation_lacks_classes_and_has_no_other(root):
    domain(root / "b", ("cat",))
    assert pair(root, allow_class_mismatch="partial").task.names == ["cat", "dog"]
    domain(root / "b", ("cat", "fox"))
    with pytest.raises(ValueError, match=r"only in 'b': \['fox'\]"):
        pair(root, allow_class_mismatch="partial")
    assert pair(root, allow_class_mismatch=True).task.names == ["cat", "dog", "fox"]


# A target without labels.


def test_pictures_in_no_folder_are_a_target_without_labels(root):
    for i in range(10):
        draw(root / "b" / f"{i}.jpg")
    data = pair(root)
    data.setup()
    assert data.task.names == ["cat", "dog"]
    assert data.whole("b").targets.tolist() == [-1] * 10
    assert list(data.evaluations("test")) == ["test/source"]
    assert (next(iter(data.train_dataloader()))["target"].y == -1).all()
    assert len(data.checksum()) == 64
    with pytest.raises(ValueError, match="the target has 0 labelled samples"):
        pair(root, target_labels="all").setup()
    with pytest.raises(ValueError, match="holds no class sub-folders"):
        Folders("b", "a", root=str(root))  # the source needs them


def test_a_folder_called_unknown_is_no_class_by_accident(root):
    domain(root / "b", ("unknown",))
    for allowed in (False, True, "partial"):
        with pytest.raises(ValueError, match=r"share no class.*target_unlabelled: true"):
            pair(root, allow_class_mismatch=allowed)
    data = pair(root, target_unlabelled=True)
    assert data.task.names == ["cat", "dog"]
    assert data.whole("b").targets.tolist() == [-1] * 6
    twin = Folders("a", "b", root=str(root), target_path=str(root / "b/unknown"), image_size=16)
    assert twin.whole("b").targets.tolist() == [-1] * 6
    domain(root / "b", ("cat", "unknown"))  # a class where others are allowed: open-set adaptation
    assert pair(root, allow_class_mismatch=True).task.names == ["cat", "dog", "unknown"]
    with pytest.raises(ValueError, match=r"only in 'b': \['unknown'\].*allow_class_mismatch"):
        pair(root)


@pytest.mark.parametrize("folders", [("2023/01", "2023/02", "2024"), ("cat", "dog"), ("x",)])
def test_labels_can_be_hidden_whatever_the_folders_are_called(root, folders):
    domain(root / "b", folders)
    data = pair(root, target_unlabelled=True)
    data.setup()
    assert data.whole("b").targets.tolist() == [-1] * 6 * len(folders)
    assert list(data.evaluations("test")) == ["test/source"]


def test_pictures_beside_class_folders_are_asked_about(root):
    domain(root / "b")
    draw(root / "b" / "loose.png")
    with pytest.raises(ValueError, match=r"1 images \(loose\.png, first\) beside the folders"):
        pair(root)
    assert len(pair(root, target_unlabelled=True).whole("b")) == 13
    draw(root / "a" / "loose.png")
    with pytest.raises(ValueError, match="beside the folders"):
        pair(root)


def test_a_list_of_paths_alone_is_a_target_without_labels(root):
    domain(root / "b")
    (root / "a.txt").write_text("\n".join(f"a/cat/{i}.png 0\na/dog/{i}.png 1" for i in range(6)))
    (root / "b.txt").write_text("\n".join(f"b/cat/{i}.png" for i in range(6)))
    data = pair(root, lists=str(root))
    data.setup()
    assert data.whole("b").targets.tolist() == [-1] * 6
    assert torch.is_tensor(data.whole("b")[5][0])
    (root / "b.txt").write_text("b/cat/0.png 0\nb/cat/1.png\n")
    with pytest.raises(ValueError, match=r"b\.txt, line 2: expected 'path number'"):
        pair(root, lists=str(root))
    (root / "b.txt").write_text("b/cat/0.png\n")
    with pytest.raises(ValueError, match=r"b\.txt, line 1: expected 'path number'"):
        Folders("b", "a", root=str(root), lists=str(root))


@pytest.mark.parametrize("line", ["a/{c}/{i}.png\t{k}", "a\\{c}\\{i}.png {k}",
                                  "D:\\data\\a\\{c}\\{i}.png\t{k}"])  # fmt: skip
def test_lists_of_other_machines_are_read(root, line):
    domain(root / "b")
    names = ("cat", "dog")
    lines = [line.format(c=c, i=i, k=k) for i in range(6) for k, c in enumerate(names)]
    (root / "a.txt").write_text("\n".join(lines))
    (root / "b.txt").write_text("\n".join(text.replace("a/", "b/") for text in (
        f"a/{c}/{i}.png {k}" for i in range(6) for k, c in enumerate(names))))  # fmt: skip
    data = pair(root, lists=str(root))
    data.setup()
    assert data.task.names == ["cat", "dog"]
    assert data.whole("a").targets.bincount().tolist() == [6, 6]


@pytest.mark.parametrize("content", [b"", b"no image", b"several"])
def test_a_file_that_is_no_picture_is_named_before_training(root, content):
    domain(root / "b")
    path = root / "b" / "dog" / "5.png"
    path.write_bytes(content)
    if content == b"several":
        one, other = Image.open(root / "a/cat/0.png"), Image.open(root / "a/cat/1.png")
        one.save(path, format="PNG", save_all=True, append_images=[other])
    with pytest.raises(ValueError, match=r"5\.png (can't be read as an image|holds 2 pictures)"):
        pair(root).setup()
