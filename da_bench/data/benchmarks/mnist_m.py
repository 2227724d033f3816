"""MNIST-M made anew: MNIST's digits over patches of photographs, the same on every machine."""

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from da_bench.io.files import open_whole
from da_bench.published.download import obtain, process_lock

from .mnist import read_idx

SEED = 1702
"""Seed of the patches: numpy's default generator draws photograph, row and column of each."""
VERSION = 1
"""Version of the cached images; to be raised when other images come out."""
SIDE, PHOTOS = 32, 100
PHOTOS_SHA256 = "fe7be1b693d950e36e378bf4e7a6795931acada0cc63ad18f94e3c7f6be9b7ea"
"""sha256 over the bytes of the photographs, in order of their names."""


def blend(digits: np.ndarray, photos: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    r"""Digits over patches: :math:`|patch - 255\,[digit > 0]|`, in each colour.

    Ganin et al., JMLR 2016, section 5.2.4. The digit is padded to the patch's side and counts as
    ink wherever it is not black: read off 3,000 images of the published set, whose strokes have no
    grey edge and whose middle and border have these means (the digit's greys would not).

    Args:
        digits: ``(n, h, w)`` bytes, at most 32 pixels high and wide.
        photos: Each ``(h, w, 3)`` bytes, at least 32 pixels high and wide.
        rng: Draws photograph, row and column, digit by digit.

    Returns:
        ``(n, 32, 32, 3)`` bytes.
    """
    pads = [((SIDE - side) // 2, SIDE - side - (SIDE - side) // 2) for side in digits.shape[1:]]
    ink = np.pad(digits, [(0, 0), *pads])[..., None] > 0
    patches = np.empty((len(digits), SIDE, SIDE, 3), np.uint8)
    for image in patches:
        photo = photos[rng.integers(len(photos))]
        top_edge, left_edge = (rng.integers(photo.shape[axis] - SIDE + 1) for axis in (0, 1))
        image[:] = photo[top_edge : top_edge + SIDE, left_edge : left_edge + SIDE]
    return np.where(ink, 255 - patches, patches)  # |p - 255| = 255 - p


def synthesise(test: bool) -> np.ndarray:
    """60,000 or, for the ``test`` split, 10,000 images ``(n, 32, 32, 3)``, labelled as MNIST's.

    Made once, in two seconds, and kept in the download cache (176 MiB). They are no copy of the
    published MNIST-M, whose patches are not documented: alike in statistics, and other images.

    Raises:
        ValueError: The photographs are not the first 100 of BSDS500's training set.
        ConnectionError: A file is neither at hand nor to be downloaded.
    """
    import pooch

    name = "t10k" if test else "train"
    path = Path(pooch.os_cache("da_bench")) / "mnist_m" / f"{name}-v{VERSION}.npy"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with process_lock(path.with_suffix(".lock")):
            if not path.is_file():
                digits = read_idx(f"{name}-images-idx3-ubyte.gz")
                images = blend(digits, photographs(), np.random.default_rng([SEED, test]))
                with open_whole(path) as file:
                    np.save(file, images)
    return np.load(path)


def photographs() -> list[np.ndarray]:
    """The first 100 photographs of BSDS500's training set, ``(h, w, 3)`` bytes, by name."""
    from PIL import Image

    path = obtain("bsds500", "bsds500/BSR_bsds500.tgz")
    first_jpegs = dict(sorted(jpegs(path))[:PHOTOS])
    content = hashlib.sha256(b"".join(first_jpegs.values())).hexdigest()
    if content != PHOTOS_SHA256:
        raise ValueError(
            f"{path}: its first {PHOTOS} training photographs are not BSDS500's: expected sha256 "
            f"{PHOTOS_SHA256} over their bytes, found {content}"
        )
    return [
        np.asarray(Image.open(io.BytesIO(data)).convert("RGB")) for data in first_jpegs.values()
    ]


def jpegs(path: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the training photographs in either archive."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                if name.endswith(".jpg"):
                    yield name.rpartition("/")[2], archive.read(name)
        return
    with tarfile.open(path) as tar:
        for member in tar:
            if member.name.endswith(".jpg") and "/images/train/" in member.name:
                file = tar.extractfile(member)
                assert file is not None
                yield member.name.rpartition("/")[2], file.read()
