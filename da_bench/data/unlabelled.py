"""Data sets of inputs alone, as a target without labels comes: ``x``, and no ``(x, y)``."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from .task import Task
from .view import InMemory

NAMES = ("y", "label", "labels", "target", "class", "targets")
"""Keys of a sample under which its label may be hidden."""


class Unlabelled(Dataset):
    """Samples ``x`` of a data set as pairs ``(x, y)`` whose label is hidden.

    Args:
        data: Gives ``x``, ``(x,)`` or ``(x, None)``.
        y: The hidden label of one sample.
    """

    def __init__(self, data: Dataset, y: Tensor) -> None:
        self.data = data
        self.targets = y.expand(len(data), *y.shape)  # type: ignore[arg-type]

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.targets)

    def __getitem__(self, index: int) -> tuple[Any, Tensor]:
        """One sample and a hidden label."""
        x = self.data[index]
        return x[0] if isinstance(x, tuple | list) else x, self.targets[index]


def paired(data: Dataset, task: Task, where: str) -> Dataset:
    """``data`` as it is where its samples are ``(x, y)``; where they are ``x`` alone, hidden ``y``.

    Raises:
        ValueError: A sample is neither, or a dictionary that holds its label under a name.
    """
    if not len(data):  # type: ignore[arg-type]
        return data
    one = data[0]
    y = torch.tensor(task.fill)
    if hasattr(task, "classes"):
        y = y.long()
    elif task.outputs > 1:
        y = y.expand(task.outputs)
    if isinstance(one, Tensor | np.ndarray):
        return Unlabelled(data, y)
    if isinstance(one, tuple | list) and len(one) == 1:
        if isinstance(data, TensorDataset):
            return InMemory(data.tensors[0], y.expand(len(data), *y.shape))
        return Unlabelled(data, y)
    if isinstance(one, tuple | list) and len(one) == 2:
        return data if one[1] is not None else Unlabelled(data, y)
    named = [name for name in NAMES if isinstance(one, Mapping) and name in one]
    if isinstance(one, Mapping) and not named:
        return Unlabelled(data, y)
    found = f"dictionaries with {named[0]!r}" if named else f"{type(one).__name__}" + (
        f" of {len(one)}" if isinstance(one, tuple | list) else "")  # fmt: skip
    raise ValueError(
        f"domain {where!r}: samples are {found}; expected pairs (x, y), or x alone (a tensor, a "
        "dictionary of tensors) where there is no label"
    )
