"""Office-31: things of an office, in a shop's pictures and by two cameras."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from da_bench.data.domain import InMemory
from da_bench.data.pair import DomainPair, Split
from da_bench.data.task import Classification
from da_bench.published.download import obtain
from da_bench.published.registry import REGISTRY, sha256

from .photos import Photos

FEATURES, SHA256 = next(iter(REGISTRY["office31_features"].files.items()))
IMAGES = REGISTRY["office31"].layout
assert IMAGES is not None


class Office31(Photos):
    """31 classes, 4,110 images: ``amazon``, ``dslr`` and ``webcam``.

    Saenko, Kulis, Fritz and Darrell, ECCV 2010. The published photographs are read, or archives of
    them re-encoded with a short side of at most 256 pixels.

    Args:
        source: Name of the labelled domain, or of several.
        target: Name of the target domain, or of several.
        **kwargs: What :class:`Photos` takes.
    """

    benchmark = "office31"

    def __init__(
        self, source: str | list[str] = "amazon", target: str | list[str] = "webcam", **kwargs: Any
    ) -> None:
        super().__init__(source, target, **kwargs)


class Office31Features(DomainPair):
    """Office-31 as features of a frozen network: of MobileNetV2 ``(n, 1280)``, or of one's own.

    All of the source with labels, all of the target without, and the test on the same target
    samples. Logistic regression on the source, C = 10 on features of length one, reaches 69.3 (A to
    W), 73.5 (A to D), 63.9 (D to A), 95.7 (D to W), 62.9 (W to A) and 98.2 (W to D) per cent.

    Args:
        source: ``amazon``, ``dslr`` or ``webcam``, or several.
        target: Name of the target, as ``source``.
        path: An ``.npz`` archive of your own, with entries ``F`` ``(n, d)``, ``y`` ``(n,)`` in
            alphabetical order of the classes and ``domain`` ``(n,)``.
        **kwargs: What :class:`DomainPair` takes; say ``target_test: transductive``.
    """

    def __init__(
        self,
        source: str | list[str] = "amazon",
        target: str | list[str] = "webcam",
        *,
        path: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.path = path
        self.task = Classification(list(IMAGES.classes))  # type: ignore[union-attr, arg-type]

    def dataset(self, name: str, split: Split) -> InMemory:
        """Features ``(n, d)`` in float32 and classes ``(n,)``; all are for training.

        Raises:
            ValueError: There is no such domain, or it has another number of samples.
            FileNotFoundError: The archive is not at hand.
        """
        if name not in IMAGES.domains:  # type: ignore[union-attr]
            raise ValueError(f"unknown domain {name!r}: Office-31 has amazon, dslr, webcam")
        file = Path(self.path) if self.path else obtain("office31_features", FEATURES)
        x, y, domain = archive(file)
        rows = np.flatnonzero(domain == name) if split == "train" else np.zeros(0, int)
        expected = IMAGES.domains[name].images  # type: ignore[union-attr]
        if split == "train" and len(rows) != expected:
            raise ValueError(f"{file}: expected {expected} samples of {name}, found {len(rows)}")
        features = torch.from_numpy(x[rows].astype(np.float32))
        return InMemory(features, torch.from_numpy(y[rows].astype(np.int64)))

    def checksum(self) -> str:
        """Digest of the archive; of the registered one without reading it."""
        return hashlib.sha256(
            (sha256(Path(self.path)) if self.path else SHA256).encode()
        ).hexdigest()


@lru_cache(maxsize=2)
def archive(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features ``(n, d)``, classes ``(n,)`` and domains ``(n,)`` of an archive."""
    with np.load(path) as npz:
        return npz["F"], npz["y"], npz["domain"]
