"""Archives of arrays: what they hold, and what is said where they can't be read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch

ARCHIVES = (".npy", ".npz", ".pt")


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Inside, whatever keeps a file from being read becomes a ValueError that names it."""
    try:
        yield
    except (BadZipFile, EOFError, UnpicklingError, RuntimeError, ValueError) as error:
        told = str(error) if str(path) in str(error) else f"{path} can't be read: {error}"
        raise ValueError(told) from error


def loaded(path: Path) -> Any:
    """What an archive holds, nothing unpickled: an array, or several by name."""
    if path.suffix.lower() == ".pt":
        return torch.load(path, map_location="cpu", weights_only=True)
    held = np.load(path, allow_pickle=False)
    return held if isinstance(held, np.ndarray) else dict(held)
