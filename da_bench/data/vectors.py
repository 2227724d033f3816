"""A whole training set at once, for methods that are fitted in one go."""

from typing import Any

import torch
from torch import Tensor

from .batch import flat, leaves
from .domain import InMemory, View
from .sparse import SparseRows, say_dense


def vectors(data: Any, role: Any, each: int = 4, sparse: bool = False) -> tuple[Any, Tensor]:
    """Vectors ``(n, d)`` and labels ``(n,)`` of a training set; hidden labels are the task's fill.

    Args:
        data: The :class:`~da_bench.data.DomainPair`.
        role: ``source`` or ``target``.
        each: Bytes a number that the method needs.
        sparse: Sparse inputs are welcome; otherwise they are made dense, with a word on the memory.

    Raises:
        ValueError: Sparse inputs do not fit in memory with their zeros.
    """
    view = data.view(role, "train")
    if sparse and isinstance(view.data, InMemory) and isinstance(view.data.x, SparseRows):
        return view.data.x, view.labels()
    say_whole(view, f"{role} {getattr(data, role)!r}", each)
    parts = [(flat(batch.x), batch.y) for batch in data.sweep(role)]
    return torch.cat([x for x, _ in parts]), torch.cat([y for _, y in parts])


def say_whole(view: View, place: str, each: int = 4, most: int | None = None) -> None:
    """Says how much memory sparse inputs take where all, or ``most``, are made dense at once.

    Raises:
        ValueError: They take more memory than is free.
    """
    for leaf in leaves(view.data.x) if isinstance(view.data, InMemory) else ():
        if isinstance(leaf, SparseRows):
            count = len(leaf) if most is None else min(most, len(leaf))
            say_dense((count, leaf.shape[1]), f"{place}: needed at once", each)
