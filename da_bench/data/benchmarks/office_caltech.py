"""Office-Caltech: ten classes of objects in four kinds of photos, as bags of SURF words."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch

from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification
from da_bench.published.download import fetch
from da_bench.published.registry import REGISTRY, digest

FILES = {"amazon": "amazon", "caltech": "Caltech10", "dslr": "dslr", "webcam": "webcam"}
ROWS = {"amazon": 958, "caltech": 1123, "dslr": 157, "webcam": 295}
WORDS = 800
CLASSES = ["backpack", "touring-bike", "calculator", "head-phones", "computer-keyboard",
           "laptop-101", "computer-monitor", "computer-mouse", "coffee-mug",
           "video-projector"]  # fmt: skip


class OfficeCaltech(DomainPair):
    """Histograms of 800 visual words, in the preprocessing of every paper since their release.

    Gong, Shi, Sha and Grauman, "Geodesic flow kernel for unsupervised domain adaptation", CVPR
    2012. Each histogram is divided by its sum; then each word is standardised over its whole
    domain, by the population's deviation (a word that never varies is 0). 958, 1,123, 157 and 295
    photos. Nothing is split: the whole source trains, and is its own test set; the whole target
    trains unlabelled and is the test set, as ``target_test: transductive`` says.

    Args:
        source: ``amazon``, ``caltech``, ``dslr`` or ``webcam``, or several.
        target: Name of the target, as ``source``.
        target_test: Only ``transductive``: standardising has seen the whole target.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: Another ``target_test``.
    """

    def __init__(
        self,
        source: str | list[str] = "caltech",
        target: str | list[str] = "amazon",
        *,
        target_test: Literal["transductive"] = "transductive",
        **kwargs: Any,
    ) -> None:
        if target_test != "transductive":
            raise ValueError(
                f"target_test={target_test!r}: Office-Caltech is standardised and tested on the "
                "whole of the target, so only transductive is honest"
            )
        super().__init__(source, target, target_test="transductive", **kwargs)
        self.task = Classification(CLASSES)

    def dataset(self, name: str, split: Split) -> InMemory:
        """Standardised words ``(n, 800)``, float32, and classes ``(n,)``; no validation split.

        Raises:
            ValueError: There is no such domain, or a file is not what it should be.
            ConnectionError: A file is neither at hand nor to be downloaded.
        """
        source, path = REGISTRY["office_caltech"], registered_path(name)
        x, y = parse(fetch(path, source.address(path), source.files[path]), source.files[path])
        if x.shape != (ROWS[name], WORDS) or set(y) != set(range(len(CLASSES))):
            raise ValueError(
                f"{path}: expected {ROWS[name]} histograms of {WORDS} words in {len(CLASSES)} "
                f"classes, found {x.shape} in {len(set(y))}"
            )
        has_samples = {"train": True, "val": False, "test": self.is_source(name)}[split]
        rows = slice(None) if has_samples else slice(0)  # the target's test set is its training set
        return InMemory(torch.from_numpy(x[rows]).float(), torch.from_numpy(y[rows]))

    def is_source(self, name: str) -> bool:
        """Whether a domain is a source and no target."""
        return name in self.names("source") and name not in self.names("target")

    def checksum(self) -> str:
        """Digest over the sha256 of the files that both sides use; needs no file."""
        names = {*self.names("source"), *self.names("target")}
        return digest([registered_path(name) for name in names], "office_caltech")


@lru_cache(maxsize=8)
def parse(path: Path, sha256: str) -> tuple[np.ndarray, np.ndarray]:
    """Standardised words and classes from 0, of a file whose verified digest is given."""
    from scipy.io import loadmat

    content = loadmat(path)
    shares = content["fts"] / content["fts"].sum(1, keepdims=True, dtype=float)
    deviation = shares.std(0)
    x = (shares - shares.mean(0)) / np.where(deviation > 0, deviation, 1)
    return x, content["labels"].ravel().astype(np.int64) - 1


def registered_path(name: str) -> str:
    """Registered path of a domain's file.

    Raises:
        ValueError: There is no such domain.
    """
    if name not in FILES:
        raise ValueError(f"unknown domain {name!r}: OfficeCaltech has {', '.join(FILES)}")
    return f"office_caltech10_surf/{FILES[name]}_SURF_L10.mat"
