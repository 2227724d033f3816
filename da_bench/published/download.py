"""Files from the user's folder, the cache or their public address, always verified."""

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from da_bench.io.places import places

from .registry import entry, find_copy, instructions, matches, sha256

TRIES = 3
TIMEOUT = 30  # seconds without a byte


def obtain(name: str, path: str) -> Path:
    """A verified local copy of one registered file, in whichever form it lies here.

    Args:
        name: Name of the data set in the registry.
        path: Path of its file below the data folder; a form that may replace it comes first.

    Raises:
        ValueError: The copy has another checksum.
        ConnectionError: There is no copy, and the file can't be downloaded.
    """
    copy, source = find_copy(name, path), entry(name)
    if copy and (copy[1] != source.files[path] or not copy[1]):
        verify(*copy, "replace it by a whole copy, or remove it and it is downloaded")
        return copy[0]
    if not copy and source.by_hand:
        raise FileNotFoundError(f"{path} is not at hand. {instructions(name)}")
    return fetch(path, source.address(path), source.files[path])


def fetch(relative_path: str, url: str, expected: str) -> Path:
    """A verified local copy of one file.

    Looks below the folder that the environment variable ``DA_BENCH_DATA`` names, then in pooch's
    cache, and downloads into the latter: into a ``.part`` file that an interrupted download
    continues, and under its own name only once its checksum is right.

    Args:
        relative_path: Path below the data folder, such as ``amazon_reviews/books_train.svmlight``.
        url: Public address of the file.
        expected: Digest as the registry writes it: sha256 in hexadecimal, or ``md5:`` and that.

    Raises:
        ValueError: The user's copy, or what the address served, has another checksum.
        ConnectionError: The file can't be downloaded.
    """
    *user_copies, cached = places(relative_path)
    for path in user_copies:
        if path.is_file():
            verify(path, expected, "replace it by a whole copy, or remove it and it is downloaded")
            return path
    if cached.is_file() and matches(cached, expected):
        return cached
    import pooch

    cached.parent.mkdir(parents=True, exist_ok=True)
    with process_lock(cached.with_name(cached.name + ".lock")):
        try:
            # A poisoned copy in the cache is replaced; a whole one that appeared meanwhile, kept.
            pooch.retrieve(
                url,
                (expected if ":" in expected else f"sha256:{expected}") if expected else None,
                fname=cached.name,
                path=cached.parent,
                downloader=Resuming(cached.with_name(cached.name + ".part"), expected),
            )
        except OSError as error:  # requests' errors are OSErrors too
            possible_paths = " or ".join(
                str(possible_path) for possible_path in (*user_copies, cached)
            )
            raise ConnectionError(
                f"{relative_path} can't be downloaded from {url}: {cause(error)}. A new attempt "
                f"continues where this one stopped; or place the file by hand at {possible_paths}"
                + ("" if user_copies else ", or below a folder that DA_BENCH_DATA names")
            ) from error
    return cached


def cause(error: BaseException) -> str:
    """Why a download failed, without what the libraries in between wrap around it."""
    inner = getattr(error.args[0], "reason", error) if error.args else error
    return re.sub(r"^HTTPS?Connection\([^)]*\): ", "", str(inner))


def verify(path: Path, expected: str, remedy: str) -> None:
    """Raises ValueError, with both digests and a ``remedy``, where a file is not as expected."""
    if not matches(path, expected):
        raise ValueError(
            f"{path} is corrupt or truncated ({path.stat().st_size} bytes): expected sha256 "
            f"{expected}, found {sha256(path)}; {remedy}"
        )


class Resuming:
    """A pooch downloader that continues an interrupted download by an HTTP range.

    Args:
        part: File that keeps what has arrived.
        expected: Digest of the whole file, as the registry writes it.
    """

    def __init__(self, part: Path, expected: str) -> None:
        self.part, self.expected = part, expected

    def __call__(self, url: str, output_file: str, pooch: Any) -> None:
        """Downloads ``url`` to ``output_file``, which pooch then verifies and renames."""
        import requests

        is_broken = (
            requests.ConnectionError,
            requests.Timeout,
            requests.exceptions.ChunkedEncodingError,
        )
        for attempt in range(TRIES):
            resumed, is_last = self.part.exists(), attempt == TRIES - 1
            try:
                self.receive(url)
            except is_broken:
                if is_last:
                    raise
                continue
            if matches(self.part, self.expected):
                break
            actual = sha256(self.part)
            size = self.part.stat().st_size
            self.part.unlink()  # it would spoil the next attempt as well
            if is_last or not resumed:  # what was continued may have been another file's start
                raise ValueError(
                    f"{url} served a file that is corrupt or truncated ({size} bytes): expected "
                    f"sha256 {self.expected}, found {actual}; it was discarded. Try again later, "
                    f"or place a whole copy by hand at {self.part.with_suffix('')}"
                )
        os.replace(self.part, output_file)

    def receive(self, url: str) -> None:
        """Appends to the ``.part`` file what it lacks."""
        import requests
        from rich.progress import Progress

        received = self.part.stat().st_size if self.part.exists() else 0
        # Without `identity` a server may compress, and ranges would count compressed bytes.
        headers = {"Accept-Encoding": "identity"} | (
            {"Range": f"bytes={received}-"} if received else {}
        )
        with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
            if response.status_code == 416:
                return  # nothing beyond: it is whole, or longer than it should be
            response.raise_for_status()
            received = received if response.status_code == 206 else 0
            total = int(response.headers.get("Content-Length", 0)) + received or None
            with (
                Progress(disable=not sys.stderr.isatty()) as progress,
                self.part.open("ab" if received else "wb") as file,
            ):
                bar = progress.add_task(url.rpartition("/")[2], total=total, completed=received)
                for chunk in response.iter_content(1 << 13):  # a break loses one chunk
                    file.write(chunk)
                    progress.advance(bar, len(chunk))


@contextmanager
def process_lock(path: Path) -> Iterator[None]:
    """Lets one process of this machine at a time through, so that two don't write one ``.part``."""
    with path.open("w") as file:
        try:
            import fcntl
        except ImportError:  # not on Windows, where the checksum still catches a mixture
            yield
            return
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
