"""Archives of arrays: what they hold, and what is said where they can't be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from da_bench.io import archives

ADVICE = "take it from a whole copy, or save it anew as arrays of plain numbers"
ARCHIVES = (".npy", ".npz", ".pt")


@contextmanager
def name_file_in_errors(path: Path) -> Iterator[None]:
    """Inside, whatever keeps a file from being read becomes a ValueError that names it."""
    try:
        yield
    except (EOFError, RuntimeError, ValueError) as error:
        message = str(error) if str(path) in str(error) else f"{path} can't be read: {error}"
        raise ValueError(message) from error


def load_archive(path: Path) -> Any:
    """What an archive holds, nothing unpickled: an array, or several by name.

    Raises:
        Damaged: The file can't be read, or says that it unpacks to far more than it is.
    """
    if path.suffix.lower() == ".pt":
        return archives.weights_only(path, ADVICE)
    read_array = archives.array if path.suffix.lower() == ".npy" else archives.arrays
    return read_array(path, advice=ADVICE)
