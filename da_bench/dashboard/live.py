"""The runs of one folder for the life of a server: read once, and then only what changed."""

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
"""Things made of one state of the folder that are kept; the least lately used goes first."""


class Live:
    """What lies below a folder, for any number of threads; it writes nothing there.

    Sweeps write while this reads: a result is a file that is renamed when it is whole, and what
    is not whole is told in :attr:`da_bench.results.collection.Results.damaged`.

    Args:
        folder: Of a comparison or sweep; it may hold no run.
        every: Seconds between two looks at the least, however many threads ask.

    Attributes:
        read_at: When it last looked, in seconds since 1970.

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
        """Number of the state that the folder is in; another one after anything changed.

        Args:
            look: Whether to look, where it is time to; else it is the state of the last look.

        Raises:
            StoreError: A row was written by a newer schema, since.
        """
        with self._lock:
            if self._failed or (look and monotonic() - self._looked >= self.every):
                self._failed = True  # an error is told to everyone who asks, until all is well
                if self._index.refresh():
                    self._version += 1
                    self._kept.clear()
                self.read_at, self._looked, self._failed = time(), monotonic(), False
            return self._version

    def results(self) -> Results:
        """All runs, as of the last look."""

        def make() -> Results:
            with self._lock:
                return read(self._index)

        return self.made("results", make)

    def columns(self) -> list[str]:
        """Every key of a row, nested ones with dots."""
        with self._lock:
            return list(self._index.columns())

    def made(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What ``make`` gives, once for each state of the folder.

        Args:
            key: Of the thing, with everything that it depends on beside the runs.
            make: Called where it is not there yet; two threads may both, to the same end.
        """
        with self._lock:
            version = self._version
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]  # type: ignore[return-value]
        found = make()  # without the lock: others go on meanwhile
        with self._lock:
            if version == self._version:
                self._kept[key] = found
                while len(self._kept) > MOST:
                    self._kept.popitem(last=False)
        return found
