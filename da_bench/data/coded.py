"""Any torch data set in a task's form: labels of any usual kind, inputs of any library."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, TensorDataset

from .batch import Tree, leaves, tree_map
from .check import check_rows
from .columns import LABELS
from .domain import InMemory, chance, labels
from .formats.tensors import array_of, tensors
from .labels import Coding
from .task import known


def encode_dataset(data: Any, code: Coding, place: str) -> Dataset:
    """The samples of ``data`` with inputs and labels as :class:`~da_bench.data.Arrays` has them.

    Args:
        data: Gives ``(x, y)``, or ``x`` alone where it is not labelled.
        code: The task, and how its labels are written.
        place: What the domain is called in errors.

    Raises:
        ValueError: Labels that the task does not have, inputs that are no finite numbers, or a data
            set without a length.
    """
    if not hasattr(data, "__len__"):
        raise ValueError(f"{place}: a {type(data).__name__} has no length, so its samples can't be "
                         "put in order; give one that answers data[i] and len(data)")  # fmt: skip
    if isinstance(data, TensorDataset):
        arrays, name = data.tensors, f"a TensorDataset of {len(data.tensors)} tensors"
        if len(arrays) > 2:
            raise ValueError(f"{place}: {name}; expected inputs and labels")
        return in_memory(arrays[0], arrays[1] if len(arrays) == 2 else None, code, place)
    if isinstance(data, InMemory):
        return in_memory(data.x, data.y, code, place)
    return Coded(data, code, place)


def in_memory(x: Any, y: Any, code: Coding, place: str) -> InMemory:
    """Arrays held in memory: inputs, and labels or None, checked while rows are still in order."""
    inputs = tensors(x, place)
    check_rows(inputs, place)
    size = len(leaves(inputs)[0])
    return InMemory(inputs, unknown_labels(code, size) if y is None else code.encode(y, place))


def unknown_labels(code: Coding, size: int) -> Tensor:
    """The labels of ``size`` samples of which none is known."""
    if code.task.fill == -1:
        return torch.full((size,), -1)
    has_columns = code.task.outputs > 1 or (not code.numbers and hasattr(code.task, "labels"))
    return torch.full((size, code.task.outputs) if has_columns else (size,), code.task.fill)


class Coded(Dataset):
    """A data set read sample by sample, each sample checked and brought to a task's form.

    Args:
        data: Gives ``(x, y)``, or ``x`` alone.
        code: The task, and how its labels are written.
        where: What the domain is called in errors.
    """

    def __init__(self, data: Any, code: Coding, place: str) -> None:
        self.data, self.code, self.where = data, code, place
        targets = getattr(data, "targets", labels(data))
        self.targets = None if targets is None else code.encode(targets, place)
        if targets is None and len(self):
            with chance(0):  # reading may draw at random
                first = data[0]
            if len(split_sample(first, place)) == 1:
                self.targets = unknown_labels(code, len(self))

    def __len__(self) -> int:
        """Number of samples."""
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Tree, Tensor]:
        """One sample's input and label.

        Raises:
            ValueError: The sample can't be trained on; the message names its row in the data set.
        """
        sample, place = self.data[index], f"{self.where}, sample {index} (counted from 0)"
        pair = split_sample(sample, self.where)
        x = tree_map(lambda leaf: leaf[0], tensors(one_row(pair[0], place), place))
        if len(pair) == 1:
            return x, unknown_labels(self.code, 1)[0]
        y = pair[1] if isinstance(pair[1], Tensor) else np.asarray(pair[1])
        y = self.code.encode(y[None], place)[0]
        if self.targets is not None and not torch.equal(y, self.targets[index]) and known(y[None]):
            raise ValueError(
                f"{place}: its label is {y.tolist()}, and the data set's `targets` say "
                f"{self.targets[index].tolist()}; change both alike (a target_transform does not)"
            )
        return x, y


def split_sample(sample: Any, place: str) -> tuple[Any, ...]:
    """A sample as ``(x, y)``, or ``(x,)`` where it has no label.

    Raises:
        ValueError: The sample has neither form, or is a dictionary with its label under a name.
    """
    is_sequence = isinstance(sample, list | tuple)
    if is_sequence and len(sample) in (1, 2):
        return tuple(sample)[: 1 if sample[-1] is None else None]
    label_names = [n for n in (*LABELS, "targets") if isinstance(sample, Mapping) and n in sample]
    if isinstance(sample, Mapping | Tensor | np.ndarray) and not label_names:
        return (sample,)
    kind = f"dictionaries with {label_names[0]!r}" if label_names else type(sample).__name__
    raise ValueError(
        f"domain {place!r}: samples are {kind}{f' of {len(sample)}' if is_sequence else ''}; "
        "expected "
        "pairs (x, y), or x alone (a tensor, a dictionary of tensors) where there is no label"
    )


def one_row(x: Any, place: str) -> Tree:
    """One sample's input as an array of one row, or a tree of them.

    Raises:
        ValueError: Something in it is no array: a picture, text.
    """
    if isinstance(x, Mapping):
        return {name: one_row(part, place) for name, part in x.items()}
    if isinstance(x, tuple):
        parts = [one_row(part, place) for part in x]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    if not isinstance(x, Tensor | np.ndarray | np.generic | float | int | list):
        raise ValueError(f"{place}: the input is a {type(x).__name__}; expected an array or a "
                         "tensor (of a picture torchvision's ToTensor makes one)")  # fmt: skip
    return array_of(x, place)[None]
