"""MNIST, USPS, SVHN and MNIST-M: digits from four sources, brought to one size and colour."""

import bz2
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from da_bench.config.extras import install_command
from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification
from da_bench.published.download import obtain
from da_bench.published.registry import REGISTRY, digest

from .mnist import read_idx

PARTS = {"mnist": ["mnist"], "usps": ["usps"], "svhn": ["svhn"], "mnist_m": ["mnist", "bsds500"]}
"""Registered data sets that each domain is made of."""
COUNTS = {"mnist": (60000, 10000), "usps": (7291, 2007), "svhn": (73257, 26032),
          "mnist_m": (60000, 10000)}  # fmt: skip
"""Images for training and for test."""
GREY = (0.299, 0.587, 0.114)  # ITU-R BT.601


class DigitImages(DomainPair):
    """Digits of ``mnist``, ``usps``, ``svhn`` and ``mnist_m``, in their published splits.

    The full protocol (CDAN, DeepJDOT and the Transfer Learning Library): all training images, the
    target's without labels, and the target's test images. Images are brought to ``size`` pixels
    by bilinear interpolation, to one colour or three, to ``[0, 1]``, then to ``[-1, 1]`` by mean
    and deviation 0.5. Nothing is mirrored or cropped.

    * ``mnist``: 60,000 and 10,000 of 28 x 28 (LeCun et al. 1998).
    * ``usps``: 7,291 and 2,007 of 16 x 16 (Hull 1994, the split of Hastie et al.).
    * ``svhn``: 73,257 and 26,032 of 32 x 32 in colour (Netzer et al. 2011), without its extra set.
    * ``mnist_m``: made anew from MNIST and photographs (:mod:`da_bench.data.benchmarks.mnist_m`).

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        size: Height and width in pixels.
        channels: 1 for grey (colours by their luminance), 3 for colour.
        validation: Images kept from the end of a source's training set, to choose by.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: There is no such domain.
    """

    def __init__(
        self,
        source: str | list[str] = "mnist",
        target: str | list[str] = "usps",
        *,
        size: int = 28,
        channels: Literal[1, 3] = 1,
        validation: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.size, self.channels, self.validation = size, channels, validation
        for name in (*self.names("source"), *self.names("target")):
            if name not in PARTS:
                raise ValueError(f"unknown domain {name!r}: DigitImages has {', '.join(PARTS)}")
        self.task = Classification([str(digit) for digit in range(10)])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Images ``(n, channels, size, size)`` in ``[-1, 1]`` and digits ``(n,)``.

        Raises:
            ValueError: A file is not what it should be.
            ConnectionError: A file is neither at hand nor to be downloaded.
        """
        x, y = prepare(name, split == "test", self.size, self.channels)
        train_end = len(y) - self.validation
        rows = {"train": slice(train_end), "val": slice(train_end, None), "test": slice(None)}[
            split
        ]
        return InMemory(x[rows], y[rows])  # slices of one tensor, where an index would copy

    def checksum(self) -> str:
        """Digest over the files that both sides use; needs no file."""
        names = {*self.names("source"), *self.names("target")}
        sets = sorted({part for name in names for part in PARTS[name]})
        text = "".join(digest(list(REGISTRY[part].files), part) for part in sets)
        return hashlib.sha256(text.encode()).hexdigest()


@lru_cache(maxsize=8)
def prepare(name: str, test: bool, size: int, channels: int) -> tuple[Tensor, Tensor]:
    """Images ``(n, channels, size, size)`` in ``[-1, 1]`` and digits ``(n,)``, kept in memory."""
    images, y = read(name, test)
    expected = COUNTS[name][test]
    if len(images) != expected or len(y) != expected or set(y.tolist()) != set(range(10)):
        raise ValueError(
            f"{name}: expected {expected:,} images of ten digits, found {len(images):,} images "
            f"and {len(y):,} labels of {sorted(set(y.tolist()))}"
        )
    parts = []
    for part in torch.from_numpy(images).split(4096):  # the float copies would not fit at once
        x = part.float() / 255 if part.dtype == torch.uint8 else part
        x = x[:, None] if x.ndim == 3 else x.permute(0, 3, 1, 2)
        if channels == 1 and x.shape[1] == 3:
            x = (x * torch.tensor(GREY)[:, None, None]).sum(1, keepdim=True)
        if x.shape[-1] != size:
            x = F.interpolate(x, (size, size), mode="bilinear", antialias=x.shape[-1] > size)
        parts.append((x - 0.5) / 0.5)
    x = torch.cat(parts)
    # One grey channel seen three times costs no memory.
    return x.expand(-1, channels, -1, -1), torch.from_numpy(y).long()


def read(name: str, test: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images as published: ``(n, h, w)`` or ``(n, h, w, 3)``, bytes or shares; digits ``(n,)``."""
    if name == "mnist":
        kind = "t10k" if test else "train"
        return read_idx(f"{kind}-images-idx3-ubyte.gz"), read_idx(f"{kind}-labels-idx1-ubyte.gz")
    if name == "usps":
        return usps(obtain("usps", f"digits/usps{'.t' * test}.bz2"), test)
    if name == "svhn":
        from scipy.io import loadmat

        content = loadmat(obtain("svhn", f"digits/{'test' if test else 'train'}_32x32.mat"))
        return content["X"].transpose(3, 0, 1, 2), content["y"][:, 0].astype(np.int64) % 10
    from .mnist_m import synthesise

    return synthesise(test), read("mnist", test)[1]


def usps(path: Path, test: bool) -> tuple[np.ndarray, np.ndarray]:
    """USPS ``(n, 16, 16)`` in ``[0, 1]`` from LIBSVM's text (-1 to 1, digits 1 to 10), or HDF5.

    Raises:
        ModuleNotFoundError: The file is ``usps.h5`` and h5py is not installed.
    """
    if path.suffix == ".bz2":
        from sklearn.datasets import load_svmlight_file

        with bz2.open(path) as text:
            x, y = load_svmlight_file(text, n_features=256, dtype=np.float32, zero_based=False)
        return (x.toarray().reshape(-1, 16, 16) + 1) / 2, y.astype(np.int64) - 1
    try:
        import h5py
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"{path} needs h5py: {install_command('usps')}, or put usps.bz2 and usps.t.bz2 "
            "in its place"
        ) from error
    with h5py.File(path) as file:
        part = file["test" if test else "train"]
        return part["data"][:].reshape(-1, 16, 16), part["target"][:].astype(np.int64)
