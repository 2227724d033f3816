"""The runs of one folder, kept up to date while a server runs; only changed files are read."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import RLock
from time import monotonic, time
from typing import TypeVar

from da_bench.results.collection import Results, read
from da_bench.results.index import Index

Made = TypeVar("Made")
MOST = 128
"""Largest number of cached values; the least recently used is dropped first."""


class Live:
    """Results below a folder for any number of threads; nothing is written there.

    A sweep may write at the same time: a result is renamed when it is complete, and files that
    can't be read are in :attr:`da_bench.results.collection.Results.damaged`.

    Args:
        folder: Folder of a comparison or sweep; it may hold no run.
        every: Least number of seconds between two looks at the folder.

    Attributes:
        read_at: Time of the last look, in seconds since 1970.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
    """

    def __init__(self, folder: Path | str, every: float = 2.0) -> None:
        self.folder, self.every = Path(folder), every
        self._index, self._lock = Index(self.folder, keep=False), RLock()
        self._looked, self._version, self.read_at = monotonic(), 0, time()
        self._failed = False
        self._kept: OrderedDict[Hashable, object] = OrderedDict()

    def version(self, look: bool = True) -> int:
        """Number of the folder's state, which changes whenever a result does.

        Args:
            look: Whether to look at the folder if the last look is long enough ago.

        Raises:
            StoreError: A new row was written by a newer schema.
        """
        with self._lock:
            if self._failed or (look and monotonic() - self._looked >= self.every):
                self._failed = True  # the error is raised again until a look succeeds
                if self._index.refresh():
                    self._version += 1
                    self._kept.clear()
                self.read_at, self._looked, self._failed = time(), monotonic(), False
            return self._version

    def results(self) -> Results:
        """All runs as of the last look."""

        def make() -> Results:
            with self._lock:
                return read(self._index)

        return self.cached("results", make)

    def columns(self) -> list[str]:
        """Names of all columns of the rows, nested ones with dots."""
        with self._lock:
            return list(self._index.columns())

    def cached(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Value that ``make`` returns, made once for each state of the folder.

        Args:
            key: Name of the value, with everything that it depends on beside the runs.
            make: Makes the value; two threads may both call it.
        """
        with self._lock:
            version = self._version
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]
        value = make()  # without the lock: others go on meanwhile
        with self._lock:
            if version == self._version:
                self._kept[key] = value
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return value
