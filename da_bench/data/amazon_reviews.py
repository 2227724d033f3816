"""Sentiment of Amazon reviews across four kinds of products: 12 tasks of 5,000 counts."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from ..registry import REGISTRY, digest
from .download import fetch
from .pair import DomainPair, Split
from .task import Classification
from .view import InMemory

DOMAINS = ("books", "dvd", "electronics", "kitchen")
FEATURES = 5000
TRAIN = 1800  # of the 2,000 in the train file; DANN's published code validates on the rest
ROWS = {"books": 4465, "dvd": 3586, "electronics": 5681, "kitchen": 5945}


class AmazonReviews(DomainPair):
    """Reviews as raw counts of 5,000 unigrams and bigrams, positive or negative.

    Blitzer, Dredze and Pereira (ACL 2007) in the preprocessing of Chen, Xu, Weinberger and Sha
    (ICML 2012), with the split of Ganin et al. (JMLR 2016, section 5.1.3) as in their code:
    training takes the first 1,800 reviews of a train file, validation its last 200, and the test
    file is held out (3,586 to 5,945 reviews). As a target, all 2,000 of the train file are the
    unlabelled training set.

    Parsing takes 0.1 s a file at most, so nothing is kept on disk; a process keeps what it parsed.

    Args:
        source: ``books``, ``dvd``, ``electronics`` or ``kitchen``, or several.
        target: The same.
        **kwargs: What :class:`DomainPair` takes.
    """

    def __init__(
        self,
        source: str | list[str] = "books",
        target: str | list[str] = "dvd",
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.task = Classification(["negative", "positive"])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Counts ``(n, 5000)``, float32, and classes ``(n,)``: 0 negative, 1 positive.

        Raises:
            ValueError: There is no such domain, or a file is not what it should be.
            ConnectionError: A file is neither at hand nor to be downloaded.
        """
        source = REGISTRY["amazon_reviews"]
        path = files(name)[split == "test"]
        local = fetch(path, source.address(path), source.files[path])
        x, y = parsed(local, source.files[path])
        expected = ROWS[name] if split == "test" else 2000
        if x.shape[0] != expected or set(y) != {-1, 1}:
            raise ValueError(
                f"{local}: expected {expected} reviews labelled -1 and 1, found {x.shape[0]} "
                f"labelled {sorted(set(y))}"
            )
        rows = {"train": slice(TRAIN), "val": slice(TRAIN, None), "test": slice(None)}[split]
        return InMemory(torch.from_numpy(x[rows].toarray()), torch.from_numpy(y[rows] > 0).long())

    def checksum(self) -> str:
        """Digest over the sha256 of the files that both sides use; needs no file."""
        names = {*self.names("source"), *self.names("target")}
        return digest([path for name in names for path in files(name)], "amazon_reviews")


@lru_cache(maxsize=8)
def parsed(path: Path, sha256: str) -> tuple[Any, np.ndarray]:
    """Sparse counts ``(n, 5000)`` and labels ``(n,)`` of a file whose verified digest is given."""
    from sklearn.datasets import load_svmlight_file

    return load_svmlight_file(str(path), n_features=FEATURES, dtype="float32", zero_based=True)


def files(name: str) -> tuple[str, str]:
    """Registered paths of a domain's train and test file.

    Raises:
        ValueError: There is no such domain.
    """
    if name not in DOMAINS:
        raise ValueError(f"unknown domain {name!r}: AmazonReviews has {', '.join(DOMAINS)}")
    return f"amazon_reviews/{name}_train.svmlight", f"amazon_reviews/{name}_test.svmlight"
