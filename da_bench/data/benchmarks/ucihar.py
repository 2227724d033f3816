"""Human activity from a phone's sensors: a person is a domain, AdaTime's ten scenarios."""

import hashlib
import io
import tarfile
import zipfile
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
import torch

from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification
from da_bench.published.download import obtain
from da_bench.published.registry import REGISTRY, find_copy

FILE = next(iter(REGISTRY["ucihar"].files))
CLASSES = ["walking", "upstairs", "downstairs", "sitting", "standing", "lying"]
SIGNALS = [f"{kind}_{axis}" for kind in ("body_acc", "body_gyro", "total_acc") for axis in "xyz"]
TEST = 0.3  # share of each person's windows


class UCIHAR(DomainPair):
    """Windows of 2.56 s, nine signals of 128 steps, in six activities of 30 persons.

    Anguita, Ghio, Oneto, Parra and Reyes-Ortiz, ESANN 2013. A domain is a person, named by number.
    Of each, 70 % of the windows train (the target's unlabelled) and 30 % test, as in AdaTime
    (Ragab et al., ACM TKDD 2023). Each signal is standardised by mean and deviation of the person's
    training windows; AdaTime takes those of each split.

    Read are AdaTime's own split of its 17 persons where that file lies in the data folder
    (``ucihar_17subjects_f32.tar.xz``), else the public archive, cut at random, class by class, by a
    fixed seed: like AdaTime's, and not the same windows.

    Args:
        source: Number of a person, or of several.
        target: Name of the target, as ``source``.
        validation: Share of a source's training windows kept to choose by, as a fixed random part;
            AdaTime keeps none.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: ``validation`` leaves nothing to train on.
    """

    def __init__(
        self,
        source: str | list[str] = "2",
        target: str | list[str] = "11",
        *,
        validation: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.validation = validation
        if not 0 <= validation < 1:
            raise ValueError(f"validation={validation}: a share of at least 0 and below 1")
        self.task = Classification(CLASSES, metric="macro_f1")

    def dataset(self, name: str, split: Split) -> InMemory:
        """Signals ``(n, 9, 128)``, standardised, and activities ``(n,)``.

        Raises:
            ValueError: There is no such person, or the file is not what it should be.
            ConnectionError: The file is neither at hand nor to be downloaded.
        """
        all_windows = windows(obtain("ucihar", FILE))
        of_person = all_windows.person == int(name) if name.isdecimal() else np.zeros(0, bool)
        if not of_person.any():
            known_persons = ", ".join(map(str, sorted(set(all_windows.person.tolist()))))
            raise ValueError(f"unknown domain {name!r}: UCI HAR has persons {known_persons}")
        train = np.flatnonzero(of_person & ~all_windows.test)
        x = all_windows.x[train]
        mean, deviation = x.mean((0, 2), keepdims=True), x.std((0, 2), keepdims=True)
        order = np.random.default_rng(0).permutation(len(train))
        n_val = round(self.validation * len(train))
        rows = {"val": train[np.sort(order[:n_val])], "train": train[np.sort(order[n_val:])],
                "test": np.flatnonzero(of_person & all_windows.test)}[split]  # fmt: skip
        signals = (all_windows.x[rows] - mean) / deviation
        return InMemory(torch.from_numpy(signals), torch.from_numpy(all_windows.y[rows]).long())

    def checksum(self) -> str:
        """Digest of the form that is read, or would be downloaded."""
        copy = find_copy("ucihar", FILE)
        text = copy[1] if copy else REGISTRY["ucihar"].files[FILE]
        return hashlib.sha256(text.encode()).hexdigest()


class Windows(NamedTuple):
    """All windows of all persons."""

    x: np.ndarray
    """``(n, 9, 128)`` float32."""
    y: np.ndarray
    """``(n,)`` activity ``0..5``."""
    person: np.ndarray
    """``(n,)``."""
    test: np.ndarray
    """``(n,)`` bool."""


@lru_cache(maxsize=1)
def windows(path: Path) -> Windows:
    """The windows that a verified file holds: AdaTime's arrays, or a public archive."""
    if path.suffix == ".xz":
        with tarfile.open(path) as archive:
            parts = {
                n: np.load(_member(archive, f"{n}.npy")) for n in ("X", "y", "subject", "split")
            }
        return Windows(parts["X"], parts["y"], parts["subject"], parts["split"] == 1)
    with zipfile.ZipFile(path) as archive:
        inner_archives = [n for n in archive.namelist() if n.endswith("UCI HAR Dataset.zip")]
        if not inner_archives:
            return read_published(archive)
        with zipfile.ZipFile(io.BytesIO(archive.read(inner_archives[0]))) as nested:
            return read_published(nested)


def read_published(archive: zipfile.ZipFile) -> Windows:
    """The windows of the published archive, whose own two splits are of different persons."""

    def table(part: str, name: str) -> np.ndarray:
        with archive.open(f"UCI HAR Dataset/{part}/{name}_{part}.txt") as file:
            return np.loadtxt(file, dtype=np.float32, ndmin=2)

    parts = ("train", "test")
    x = np.concatenate([np.stack([table(p, f"Inertial Signals/{s}") for s in SIGNALS], 1)
                        for p in parts])  # fmt: skip
    y = np.concatenate([table(p, "y")[:, 0] for p in parts]).astype(np.int64) - 1
    person = np.concatenate([table(p, "subject")[:, 0] for p in parts]).astype(np.int64)
    if x.shape[1:] != (9, 128) or set(y) != set(range(6)):
        raise ValueError(f"{archive.filename}: expected windows of 9 x 128 in six activities, "
                         f"found {x.shape[1:]} and {sorted(set(y))}")  # fmt: skip
    test = np.zeros(len(y), bool)
    for p in np.unique(person):
        for c in range(6):
            index = np.flatnonzero((person == p) & (y == c))
            order = np.random.default_rng([int(p), c]).permutation(index)
            test[order[: round(TEST * len(index))]] = True
    return Windows(x, y, person, test)


def _member(archive: tarfile.TarFile, name: str) -> BinaryIO:
    file = archive.extractfile(name)
    assert file is not None
    return io.BytesIO(file.read())
