"""Data sets as domains: batches ready-made, labels taken away, chance kept apart."""

import random
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import ConcatDataset, Dataset, TensorDataset, default_collate

from .batch import Batch, Tree, join, leaves, not_finite, tree_map
from .order import Draw
from .sparse import rows
from .task import known


class InMemory(Dataset):
    """Tensors held in memory: a batch is one indexing, not a sample at a time.

    Args:
        x: Inputs ``(n, ...)``, or a tree of such tensors; or sparse ones, of which batches are
            dense.
        y: Labels ``(n,)`` or ``(n, k)``.
    """

    def __init__(self, x: Tree, y: Tensor) -> None:
        self.x, self.y = x, y
        sizes = {len(leaf) for leaf in leaves(x)}
        if sizes != {len(y)}:
            raise ValueError(f"inputs have {sorted(sizes)} samples but there are {len(y)} labels")

    def __len__(self) -> int:
        """Samples held."""
        return len(self.y)

    def __getitem__(self, index: Any) -> tuple[Tree, Tensor]:
        """One sample, or several where ``index`` is a tensor."""
        return tree_map(lambda leaf: leaf[index], self.x), self.y[index]


def concat(parts: Sequence[Dataset]) -> Dataset:
    """One data set after another, in memory where all of them are."""
    datasets = [InMemory(*p.tensors) if isinstance(p, TensorDataset) else p for p in parts]
    if len(datasets) == 1:
        return datasets[0]
    if all(isinstance(p, InMemory) for p in datasets):
        return InMemory(join(*(p.x for p in datasets)), torch.cat([p.y for p in datasets]))  # type: ignore[attr-defined]
    return ConcatDataset(datasets)


def subset(data: Dataset, index: Tensor) -> Dataset:
    """The samples at ``index``, in memory where ``data`` is."""
    data = concat([data])
    return (
        InMemory(*data[index])
        if isinstance(data, InMemory)
        else torch.utils.data.Subset(data, index.tolist())
    )


def labels(data: Dataset) -> Tensor | None:
    """All labels ``(n,)`` without reading the inputs; None where the data set can't tell."""
    if isinstance(data, InMemory):
        return data.y
    if isinstance(data, ConcatDataset):
        parts = [labels(part) for part in data.datasets]
        return None if any(p is None for p in parts) else torch.cat(parts)  # type: ignore[arg-type]
    if isinstance(data, torch.utils.data.Subset):
        all_labels = labels(data.dataset)
        return (
            None
            if all_labels is None
            else all_labels[torch.as_tensor(data.indices, dtype=torch.long)]
        )
    targets = getattr(data, "targets", None)
    if targets is None or isinstance(targets, Tensor):
        return targets
    array = np.asarray(targets)
    return torch.from_numpy(array) if array.dtype.kind in "fiub" else None  # of text there is none


def origin(data: Any, index: int) -> str:
    """What a sample is to its user: a place in the data set that was handed over, or a file."""
    while isinstance(data, ConcatDataset | torch.utils.data.Subset):
        if isinstance(data, torch.utils.data.Subset):
            data, index = data.dataset, int(data.indices[index])
        else:
            part = bisect_right(data.cumulative_sizes, index)
            index -= data.cumulative_sizes[part - 1] if part else 0
            data = data.datasets[part]
    if hasattr(data, "files"):
        return str(data.files[index])
    name = getattr(data, "where", type(data).__name__)
    return f"{name}, sample {index} (counted from 0),"


def grant_labels(
    data: Dataset, requested: int | str, dev_share: float, seed: int
) -> tuple[Tensor, Tensor]:
    """Positions of the labels that training may see, and of those for the development split.

    They are drawn at random from the samples whose label is known, whatever it is.

    Args:
        data: The target's training samples.
        requested: How many labels, or ``all``.
        dev_share: Share of them for the development split.
        seed: Seed of the draw.

    Raises:
        ValueError: More labels are requested than there are, or all where there is none.
    """
    y, labelled_indices = labels(data), torch.arange(len(data))  # type: ignore[arg-type]
    if y is not None:
        labelled_indices = labelled_indices[known(y)]
    count = len(labelled_indices) if requested == "all" else int(requested)
    if not 0 <= count <= len(labelled_indices) or (requested == "all" and not count):
        raise ValueError(
            f"target_labels={requested}: the target has {len(labelled_indices)} labelled samples"
        )
    granted_indices = labelled_indices[
        torch.randperm(len(labelled_indices), generator=torch.Generator().manual_seed(seed))[:count]
    ]
    dev = round(count * dev_share)
    return granted_indices[dev:], granted_indices[:dev]


class Column:
    """Entries of a column by position; where all are alike, without looking them up."""

    def __init__(self, values: Tensor) -> None:
        self.values = values
        self.alike = len(values) > 0 and bool((values == values[0]).all())
        self._last = values[:0]

    def __call__(self, index: Tensor) -> Tensor:
        """The entries at ``index``."""
        if not self.alike:
            return self.values.index_select(0, index)
        if self._last.shape[0] != index.shape[0]:
            self._last = self.values[: len(index)]
        return self._last


class View(Dataset):
    """One side of a pair: hands out :class:`Batch`, and hides what training may not see.

    Args:
        parts: The domains of this side.
        fill: Stands in for a hidden label.
        visible: ``(n,)`` bool over all samples, True where the label is granted; None grants all.
    """

    def __init__(
        self, parts: Sequence[Dataset], fill: float, visible: Tensor | None = None
    ) -> None:
        self.data = concat(parts)
        sizes = torch.tensor([len(p) for p in parts])  # type: ignore[arg-type]
        self.domain = torch.repeat_interleave(torch.arange(len(parts)), sizes)
        self.visible = (
            torch.ones(len(self.domain), dtype=torch.bool) if visible is None else visible
        )
        self.fill = fill
        self._visible, self._domain = Column(self.visible), Column(self.domain)
        if isinstance(self.data, InMemory):
            self._y = Column(self.labels())

    def __len__(self) -> int:
        """Samples of this side."""
        return len(self.domain)

    def labels(self) -> Tensor:
        """All labels of data in memory, the fill value where training may not see one."""
        return self._hide(self.data.y, self.visible)  # type: ignore[attr-defined]

    def __getitems__(self, draw: Draw | Sequence[int], out: Tensor | None = None) -> Batch:
        """The batch at ``draw``; augmentation sees only the draw's own seed.

        ``out`` is where to put ``x``, if it is one tensor in memory.
        """
        draw = draw if isinstance(draw, Draw) else Draw(torch.as_tensor(draw))
        index = draw.index
        if isinstance(self.data, InMemory):
            x = tree_map(lambda leaf: rows(leaf, index, out), self.data.x)
            y = self._y(index)
        else:
            with chance(draw.seed):
                x, y = default_collate([self.data[i] for i in index.tolist()])
            self._check_finite(x, index)
            y = torch.as_tensor(y)  # collation makes doubles of Python's floats
            y = self._hide(y.float() if y.is_floating_point() else y, self.visible[index])
        return Batch(x, y, self._visible(index), self._domain(index), index)

    def _check_finite(self, x: Tree, index: Tensor) -> None:
        for _, positions in not_finite(x):
            place = origin(self.data, int(index[positions[0, 0]]))
            raise ValueError(f"{place} holds NaN or infinity; impute or drop it first")

    def _hide(self, y: Tensor, visible: Tensor) -> Tensor:
        mask = visible.reshape(-1, *[1] * (y.ndim - 1))
        return torch.where(mask, y, torch.full_like(y, self.fill))


@contextmanager
def chance(seed: int) -> Iterator[None]:
    """Seeds torch, numpy and Python inside, and leaves their outer state as it was."""
    outer_state = random.getstate(), np.random.get_state()  # noqa: NPY002 - transforms use the global one
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would also seed the GPU's
        random.seed(seed)
        np.random.seed(seed % 2**32)  # noqa: NPY002
        try:
            yield
        finally:
            random.setstate(outer_state[0])
            np.random.set_state(outer_state[1])  # noqa: NPY002
