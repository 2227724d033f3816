"""Sentiment of Amazon reviews across four kinds of products: 12 tasks of 5,000 counts."""

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

DOMAINS = ("books", "dvd", "electronics", "kitchen")
FEATURES = 5000
LABELLED = 2000  # reviews of a train file
VALIDATION = 200  # the last of them, where DANN's published code validates
ROWS = {"books": 4465, "dvd": 3586, "electronics": 5681, "kitchen": 5945}


class AmazonReviews(DomainPair):
    """Reviews as raw counts of 5,000 unigrams and bigrams, positive or negative.

    Blitzer, Dredze and Pereira (ACL 2007) in the preprocessing of Chen, Xu, Weinberger and Sha
    (ICML 2012), with the split of Ganin et al. (JMLR 2016, section 5.1.3) as in their code:
    training takes the first 1,800 reviews of a train file, validation its last 200, and the test
    file is held out (3,586 to 5,945 reviews). As a target, all 2,000 of the train file are the
    unlabelled training set.

    Parsing takes 0.1 s a file at most, so counts are not kept on disk; a process keeps what it
    parsed. ``msda`` adds the five layers of marginalised denoising autoencoders (Chen et al.),
    30,000 features, fitted as there on the 4,000 unlabelled reviews of both train files: 100 s of
    one core a pair, which both directions share, and 0.6 GiB in the download cache.

    Args:
        source: ``books``, ``dvd``, ``electronics`` or ``kitchen``, or several.
        target: Name of the target, as ``source``.
        representation: ``counts``, or ``msda`` of one source and one target.
        validation: Reviews kept from the train file's end; with 0, all 2,000 train and the source
            has no validation split, for methods whose settings are fixed.
        **kwargs: What :class:`DomainPair` takes.
    """

    columns = {"reading": {"first_index": 0}}  # as its files count

    def __init__(
        self,
        source: str | list[str] = "books",
        target: str | list[str] = "dvd",
        *,
        representation: Literal["counts", "msda"] = "counts",
        validation: int = VALIDATION,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.representation, self.validation = representation, validation
        if not 0 <= validation < LABELLED:
            raise ValueError(f"validation={validation}: a train file has {LABELLED} reviews, and "
                             "some must train; choose 0 to 1999")  # fmt: skip
        if representation == "msda" and len(self.pair) != 2:
            raise ValueError("representation='msda' is fitted to one source and one target, two "
                             f"domains; these are {', '.join(self.pair)}")  # fmt: skip
        self.task = Classification(["negative", "positive"])

    def dataset(self, name: str, split: Split) -> InMemory:
        """Counts ``(n, 5000)`` and classes ``(n,)``: 0 negative, 1 positive.

        As ``msda`` the inputs are counts and denoised layers, ``(n, 30000)``. All are float32.

        Raises:
            ValueError: There is no such domain, or a file is not what it should be.
            ConnectionError: A file is neither at hand nor to be downloaded.
        """
        source = REGISTRY["amazon_reviews"]
        path = files(name)[split == "test"]
        local = fetch(path, source.address(path), source.files[path])
        x, y = parse(local, source.files[path])
        expected = ROWS[name] if split == "test" else LABELLED
        if x.shape[0] != expected or set(y) != {-1, 1}:
            raise ValueError(
                f"{local}: expected {expected} reviews labelled -1 and 1, found {x.shape[0]} "
                f"labelled {sorted(set(y))}"
            )
        end = LABELLED - self.validation
        rows = {"train": slice(end), "val": slice(end, None), "test": slice(None)}[split]
        features = torch.from_numpy(x[rows].toarray())
        if self.representation == "msda":
            layers = stacked_layers(*self.pair)[path.rpartition("/")[2]]
            features = torch.cat((features, torch.from_numpy(layers[rows].astype(np.float32))), 1)
        return InMemory(features, torch.from_numpy(y[rows] > 0).long())

    @property
    def pair(self) -> list[str]:
        """The domains in alphabetical order, each once."""
        return sorted({*self.names("source"), *self.names("target")})

    def checksum(self) -> str:
        """Digest over the sha256 of the files that both sides use; needs no file."""
        names = {*self.names("source"), *self.names("target")}
        return digest([path for name in names for path in files(name)], "amazon_reviews")


@lru_cache(maxsize=8)
def parse(path: Path, sha256: str) -> tuple[Any, np.ndarray]:
    """Sparse counts ``(n, 5000)`` and labels ``(n,)`` of a file whose verified digest is given."""
    from sklearn.datasets import load_svmlight_file

    return load_svmlight_file(str(path), n_features=FEATURES, dtype="float32", zero_based=True)


def stacked_layers(*pair: str) -> dict[str, np.ndarray]:
    """Denoised layers ``(n, 25000)``, float16, of a pair's four files; fitted without labels.

    Half precision moves no prediction of a linear SVM on books and dvd, either way (measured).
    Returned are maps of the files in the cache: only rows that are asked for are read.
    """
    from .denoised import cached_layers

    source = REGISTRY["amazon_reviews"]
    paths = {path: source.files[path] for name in sorted(pair) for path in files(name)}

    def counts() -> dict[str, torch.Tensor]:
        counts_of = {p: parse(fetch(p, source.address(p), sha), sha)[0] for p, sha in paths.items()}
        return {p: torch.from_numpy(x.toarray()) for p, x in counts_of.items()}

    train = [path for path in paths if path.endswith("_train.svmlight")]
    return cached_layers("amazon_reviews", paths, train, counts, layers=5, corruption=0.5)


def files(name: str) -> tuple[str, str]:
    """Registered paths of a domain's train and test file.

    Raises:
        ValueError: There is no such domain.
    """
    if name not in DOMAINS:
        raise ValueError(f"unknown domain {name!r}: AmazonReviews has {', '.join(DOMAINS)}")
    return f"amazon_reviews/{name}_train.svmlight", f"amazon_reviews/{name}_test.svmlight"
