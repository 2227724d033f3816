"""From a picture's file to its pixels: every depth, turn and transparency, against numpy."""

import struct
import warnings

import numpy as np
import pytest
import torch
from PIL import Image

from da_bench.config.objects import describe
from da_bench.data.arrays import Folders, read_samples
from da_bench.data.formats.images import ImageTransform
from da_bench.data.formats.pixels import read_image
from da_bench.methods import SourceOnly
from da_bench.methods.stored_run import load, load_transform
from da_bench.networks import DTN, MLP, LeNet
from tests.conftest import trainer

SHADES = np.linspace(0, 1, 24 * 20).reshape(24, 20)
BYTES = (SHADES * 255).round().astype(np.uint8)
DEEP = (SHADES * 65535).round().astype(np.uint16)
EXACT = ImageTransform((24, 20), mean=[0.0], std=[1.0], mode="L")


def tiff(path, values, kind=1, white_is_zero=False):
    """A TIFF byte by byte: PIL writes only few kinds. ``kind``: 1 unsigned, 2 signed, 3 float."""
    height, width = values.shape
    tags = [(256, width), (257, height), (258, 8 * values.itemsize), (259, 1),
            (262, int(not white_is_zero)), (273, 134), (277, 1), (278, height),
            (279, values.nbytes), (339, kind)]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    head = b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0)
    path.write_bytes(head.ljust(134, b"\0") + values.tobytes())


def seen(path, transform=EXACT):
    """Shades ``(24, 20)`` as a network sees them."""
    return transform.read(path)[0].numpy()


def test_sixteen_bits_are_seen_as_eight_are(tmp_path):
    """They were clipped at 255: 98 % of the shades became white."""
    Image.fromarray(BYTES).save(tmp_path / "a.png")
    Image.fromarray(BYTES.astype(np.uint16) * 257).save(tmp_path / "b.png")
    Image.fromarray(BYTES.astype(np.uint16) * 257).save(tmp_path / "c.tif")
    deep = (BYTES * np.uint16(257)).astype(">u2").tobytes()
    (tmp_path / "d.pgm").write_bytes(b"P5 20 24 65535 " + deep)
    Image.fromarray((BYTES / 255).astype(np.float32)).save(tmp_path / "e.tif")
    tiff(tmp_path / "f.tif", BYTES.astype("<u2") * 257)
    tiff(tmp_path / "g.tif", (65535 - BYTES.astype(int) * 257).astype("<u2"), white_is_zero=True)
    tiff(tmp_path / "h.tif", 1 - (BYTES / 255).astype("<f4"), 3, white_is_zero=True)
    for path in sorted(tmp_path.iterdir()):
        np.testing.assert_allclose(seen(path), BYTES / 255, atol=1e-6, err_msg=path.name)
    many = list(read_samples(tmp_path, describe(ImageTransform(16))))
    assert many[0].shape == (8, 3, 16, 16)
    torch.testing.assert_close(many[0][1:], many[0][:1].expand(7, -1, -1, -1), atol=0.02, rtol=0)


def test_shades_between_two_of_eight_bits_are_kept(tmp_path):
    Image.fromarray(DEEP).save(tmp_path / "a.png")
    assert len(np.unique(seen(tmp_path / "a.png"))) == 480
    np.testing.assert_allclose(seen(tmp_path / "a.png"), DEEP / 65535, atol=1e-7)


@pytest.mark.parametrize(("kind", "values", "black", "white", "named"), [
    (1, (SHADES * 4e9).astype("<u4"), 0, 4e9, "uint32 values from 0 to 4e+09"),
    (2, (SHADES * 5000 - 1000).astype("<i4"), -1000, 4000, "int32 values from -1000 to 4000"),
    (2, (SHADES * 5000 - 1000).astype("<i2"), -1000, 4000, "int32 values from -1000 to 4000"),
    (3, (SHADES * 255).astype("<f4"), 0, 255, "float32 values from 0 to 255"),
    (3, (SHADES * 2 - 1).astype("<f4"), -1, 1, "float32 values from -1 to 1"),
])  # fmt: skip
def test_what_no_file_tells_is_asked(tmp_path, kind, values, black, white, named):
    path = tmp_path / "a.tif"
    tiff(path, values, kind)
    with pytest.raises(ValueError, match=r"a\.tif holds") as error:
        read_image(path)
    for part in (str(path), named, "value_range: [BLACK, WHITE]"):
        assert part in str(error.value)
    there = ImageTransform((24, 20), mean=[0], std=[1], mode="L", value_range=[black, white])
    np.testing.assert_allclose(seen(path, there), SHADES, atol=2e-3)
    back = ImageTransform((24, 20), mean=[0], std=[1], mode="L", value_range=[white, black])
    np.testing.assert_allclose(seen(path, back), 1 - SHADES, atol=2e-3)
    with pytest.raises(ValueError, match=r"0 \(black\) to 0\.1 \(white\)"):
        read_image(path, [0, 0.1])


def test_rounding_is_no_other_range(tmp_path):
    tiff(tmp_path / "a.tif", (SHADES * (1 + 2e-7)).astype("<f4"), 3)
    assert seen(tmp_path / "a.tif").max() == 1
    np.testing.assert_allclose(seen(tmp_path / "a.tif"), SHADES, atol=1e-6)


def test_twelve_bits_in_sixteen_are_told_of(pictures):
    """They are read by 65535, as written; that they are all dark is no accident."""
    for path in (pictures / "sketch").rglob("*.png"):
        Image.fromarray(DEEP // 16).save(path)
    given = {"root": str(pictures), "image_size": 28}
    with pytest.warns(UserWarning, match=r"16 images of 'sketch'.*reaches 6\.2% of white"):
        Folders("photo", "sketch", **given).setup()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Folders("sketch", "sketch2", root=str(pictures), image_size=28, value_range=[0, 4095],
                source_path=str(pictures / "sketch"), target_path=str(pictures / "sketch")
                ).setup()  # fmt: skip


def test_values_that_are_no_shades_are_named(tmp_path):
    broken = SHADES.astype("<f4")
    broken[3, 3] = np.nan
    tiff(tmp_path / "a.tif", broken, 3)
    with pytest.raises(ValueError, match=r"a\.tif holds NaN"):
        read_image(tmp_path / "a.tif")
    tiff(tmp_path / "b.tif", (SHADES * 100).astype("i1"), 2)
    with pytest.raises(ValueError, match=r"b\.tif holds signed bytes"):
        read_image(tmp_path / "b.tif")
    for wrong in ([1], [0, 0], [0, np.inf], [0, 1, 2]):
        with pytest.raises(ValueError, match="value_range"):
            ImageTransform(value_range=wrong)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp", "a.tif"])
def test_pictures_are_turned_as_their_exif_says(tmp_path, name):
    upright = np.zeros((48, 32), np.uint8)
    upright[:16, :16] = 255  # its upper left
    stored = {1: upright, 2: upright[:, ::-1], 3: upright[::-1, ::-1], 4: upright[::-1],
              5: upright.T, 6: np.rot90(upright), 7: np.rot90(upright, 2).T,
              8: np.rot90(upright, -1)}  # fmt: skip
    for orientation, pixels in stored.items():
        exif = Image.Exif()
        exif[274] = orientation
        image = Image.fromarray(np.ascontiguousarray(pixels)).convert("RGB")
        image.save(tmp_path / name, exif=exif)
        found = np.asarray(read_image(tmp_path / name).convert("L"), dtype=int)
        assert found.shape == upright.shape
        assert np.abs(found - upright).mean() < 4, orientation


def test_what_is_transparent_is_white(tmp_path):
    alpha = np.zeros((24, 20), np.uint8)
    alpha[:12] = 255
    half = np.full_like(alpha, 128)
    black = np.zeros_like(alpha)
    made = {
        "rgba.png": Image.fromarray(np.stack([black, black, black, alpha], 2)),
        "rgba.webp": Image.fromarray(np.stack([black, black, black, alpha], 2)),
        "rgba.tif": Image.fromarray(np.stack([black, black, black, alpha], 2)),
        "la.png": Image.merge("LA", [Image.fromarray(black), Image.fromarray(alpha)]),
    }
    for name, image in made.items():
        image.save(tmp_path / name, **({"lossless": True} if name.endswith("webp") else {}))
    palette = Image.fromarray((alpha == 0).astype(np.uint8))
    palette = palette.convert("P")
    palette.putpalette([0, 0, 0, 200, 0, 0])
    palette.save(tmp_path / "p.png", transparency=1)
    palette.save(tmp_path / "p.gif", transparency=1)
    Image.fromarray(255 - alpha).save(tmp_path / "grey.png", transparency=255)
    deep = (255 - alpha).astype(np.uint16) * 200
    Image.fromarray(deep).save(tmp_path / "deep.png", transparency=51000)
    for path in sorted(tmp_path.iterdir()):
        np.testing.assert_allclose(seen(path), 1 - alpha / 255, atol=0.01, err_msg=path.name)
    Image.fromarray(np.stack([black, black, black, half], 2)).save(tmp_path / "half.png")
    np.testing.assert_allclose(seen(tmp_path / "half.png"), 127 / 255, atol=0.005)


@pytest.mark.parametrize("mode", ["P", "CMYK", "YCbCr", "1", "L", "RGB", "HSV"])
def test_every_usual_mode_is_seen_as_it_is(tmp_path, mode):
    black_white = np.where(BYTES > 127, 255, 0).astype(np.uint8)
    image = Image.fromarray(black_white).convert("RGB").convert(mode)
    np.testing.assert_allclose(EXACT(image)[0], black_white / 255, atol=0.02)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.bmp", "a.webp", "a.tif", "a.ppm", "a.gif"])
def test_a_cut_file_is_named(tmp_path, name):
    path = tmp_path / name
    Image.fromarray(BYTES).convert("RGB").save(path)
    content = path.read_bytes()
    for keep in (0, 10, len(content) * 2 // 3):
        path.write_bytes(content[:keep])
        with pytest.raises(ValueError, match=rf"{name} can't be read as an image"):
            read_image(path)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.tif", "a.png"])
def test_several_pictures_in_a_file_are_refused(tmp_path, name):
    one, *more = (Image.fromarray(BYTES).rotate(k).convert("RGB") for k in (0, 90, 45))
    one.save(tmp_path / name, save_all=True, append_images=more)
    with pytest.raises(ValueError, match=rf"{name} holds 3 pictures"):
        read_image(tmp_path / name)
    one.save(tmp_path / "a.mpo", save_all=True, append_images=more)  # a phone's, beside a depth map
    assert read_image(tmp_path / "a.mpo").size == (20, 24)


# What a network gets.


def test_shapes_and_channels(tmp_path):
    picture = Image.fromarray(np.stack([BYTES, BYTES // 2, BYTES // 4], 2))
    for size, height, width in ((16, 16, 16), ((28, 20), 28, 20), ([8, 30], 8, 30)):
        for augment in (False, True, "mirror"):
            for resize in (None, (32, 40)):
                for mode, channels in (("RGB", 3), ("L", 1)):
                    x = ImageTransform(size, augment, resize=resize, mode=mode)(picture)
                    assert x.shape == (channels, height, width)
    grey = ImageTransform((24, 20), mean=[0], std=[1], mode="L")(picture)[0]
    expected = BYTES * 0.299 + (BYTES // 2) * 0.587 + (BYTES // 4) * 0.114  # ITU-R 601
    np.testing.assert_allclose(grey * 255, expected, atol=1)
    whole = ImageTransform((12, 10), mean=[0] * 3, std=[1] * 3)(picture)  # halved, nothing cut
    assert abs(whole[0].mean() - BYTES.mean() / 255) < 0.01


def test_a_square_is_cut_as_torchvision_cuts_it():
    from torchvision import transforms as t

    ends = [t.ToTensor(), t.Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))]
    rng = np.random.default_rng(0)
    for shape in ((20, 24), (33, 20), (16, 16), (301, 227)):
        image = Image.fromarray(rng.integers(0, 256, (*shape, 3), dtype=np.uint8))
        plain = t.Compose([t.Resize(16), t.CenterCrop(16), *ends])
        assert torch.equal(ImageTransform(16)(image), plain(image))
        random = t.Compose([t.Resize(18), t.RandomCrop(16), t.RandomHorizontalFlip(), *ends])
        torch.manual_seed(0)
        expected = random(image)
        torch.manual_seed(0)
        assert torch.equal(ImageTransform(16, True)(image), expected)


@pytest.mark.parametrize(("given", "named"), [
    ({"mode": "L", "mean": [0.5] * 3}, "mean=.*mode L has 1 channel"),
    ({"mean": [0.5], "std": [0.5]}, "mean=.*mode RGB has 3 channel"),
    ({"std": [0.2, 0.2]}, "std="),
    ({"std": [0.2, 0.2, 0]}, "above 0"),
    ({"mode": "grey"}, "mode='grey'"),
    ({"size": 0}, "size=0"),
    ({"size": (28, 20, 3)}, "size="),
    ({"size": 28.5}, "size=28.5"),
    ({"size": (28, 20), "resize": 24}, "resize=24: smaller"),
])  # fmt: skip
def test_settings_that_fit_nothing(given, named):
    with pytest.raises(ValueError, match=named):
        ImageTransform(**given)


@pytest.fixture
def pictures(tmp_path):
    for domain in ("photo", "sketch"):
        for k, name in enumerate(("dark", "light")):
            (tmp_path / domain / name).mkdir(parents=True)
            for i in range(10):
                shade = (DEEP // 4 + 40000 * k).astype(np.uint16)
                Image.fromarray(shade).save(tmp_path / domain / name / f"{i}.png")
    return tmp_path


@pytest.mark.parametrize("encoder", [LeNet(1, (28, 20), 8), DTN(1, (28, 20), 8), MLP(560, [8])])
def test_a_run_of_one_channel_and_no_square(pictures, tmp_path, encoder):
    pair = Folders("photo", "sketch", root=str(pictures), image_size=(28, 20), batch_size=4,
                   mode="L", mean=[0.5], std=[0.25])  # fmt: skip
    model = SourceOnly(encoder, pair.task)
    training = trainer(1)
    training.fit(model, pair)
    training.save_checkpoint(tmp_path / "model.ckpt")
    transform = load_transform(tmp_path)
    assert (transform.mode, tuple(transform.size), transform.mean) == ("L", (28, 20), [0.5])
    (x,) = read_samples(pictures / "sketch", transform)
    assert x.shape == (20, 1, 28, 20)
    expected = torch.stack([pair.whole("sketch")[i][0] for i in range(20)])
    assert torch.equal(x, expected)
    with torch.no_grad():
        torch.testing.assert_close(load(tmp_path)(x), model.eval()(expected))


def test_a_network_of_other_channels_is_refused_before_training(pictures):
    pair = Folders("photo", "sketch", root=str(pictures), image_size=28, batch_size=4)
    for encoder, named in ((LeNet(1, 28, 8), r"shape \(3, 28, 28\), and LeNet takes 1 channels"),
                           (LeNet(3, 20, 8), "LeNet takes another size"),
                           (MLP(784, [8]), "MLP takes 784 numbers")):  # fmt: skip
        with pytest.raises(ValueError, match=named) as error:
            trainer(1).fit(SourceOnly(encoder, pair.task), pair)
        assert "mode: L" in str(error.value)


def test_a_transform_stored_by_an_earlier_release_is_read(tmp_path):
    Image.fromarray(BYTES).save(tmp_path / "a.png")
    stored = {"class_path": "da_bench.data.formats.images.ImageTransform",
              "init_args": {"size": 16, "augment": False, "mean": [0.485, 0.456, 0.406],
                            "std": [0.229, 0.224, 0.225], "resize": None}}  # fmt: skip
    (x,) = read_samples(tmp_path / "a.png", stored)
    assert torch.equal(x[0], ImageTransform(16).read(tmp_path / "a.png"))


def test_nothing_else_opens_a_picture():
    """One way from a file to pixels; BSDS500's archive alone is read where MNIST-M is made."""
    from pathlib import Path

    import da_bench

    package = Path(da_bench.__file__).parent
    opening = {path.name for path in package.rglob("*.py") if "Image.open" in path.read_text()}
    assert opening == {"pixels.py", "mnist_m.py"}
