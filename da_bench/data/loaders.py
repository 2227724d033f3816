"""Both sides of a pair, step by step."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import torch
from torch import Tensor

from .batch import Batch
from .domain import InMemory, View
from .order import Order
from .sparse import SparseRows

Role = Literal["source", "target"]


class Paired:
    """Zips loaders of equal length: ``{"source": Batch, "target": Batch}`` a step.

    Args:
        loaders: The loader of each side, by role.
    """

    def __init__(self, loaders: Mapping[Role, Iterable[Batch]]) -> None:
        self.loaders = loaders

    def __len__(self) -> int:
        """Steps of one epoch."""
        return min(len(loader) for loader in self.loaders.values())  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[dict[Role, Batch]]:
        """Yields a batch of each side."""
        for batches in zip(*self.loaders.values(), strict=False):
            yield dict(zip(self.loaders, batches, strict=True))


class Drawn:
    """Batches of both sides as :class:`Paired` gives them, from memory and without DataLoaders.

    Where the sides' samples are alike, their batches are the two parts of one tensor: a method
    that encodes both in one pass has nothing to copy (see :func:`~da_bench.data.batch.join`).

    Args:
        views: The samples of each side, by role, all in memory.
        orders: What each side draws, by role.
    """

    def __init__(self, views: Mapping[Role, View], orders: Mapping[Role, Order]) -> None:
        self.views, self.orders = views, orders
        inputs = [view.data.x for view in views.values() if isinstance(view.data, InMemory)]
        single_tensor = Tensor | SparseRows
        kinds = {(x.shape[1:], x.dtype) if isinstance(x, single_tensor) else None for x in inputs}
        self.kind = kinds.pop() if len(kinds) == 1 else None

    def __len__(self) -> int:
        """Steps of one epoch."""
        return min(map(len, self.orders.values()))

    def __iter__(self) -> Iterator[dict[Role, Batch]]:
        """Yields a batch of each side."""
        for draws in zip(*self.orders.values(), strict=False):
            rows: list[Tensor] | list[None] = [None for _ in draws]
            if self.kind:
                sizes = [draw.index.shape[0] for draw in draws]
                shape, dtype = self.kind
                rows = list(torch.empty(sum(sizes), *shape, dtype=dtype).split(sizes))
            sides = zip(self.views.items(), draws, rows, strict=True)
            yield {role: view.__getitems__(draw, out) for (role, view), draw, out in sides}
