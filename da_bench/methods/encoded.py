"""A batch, and what the network made of it."""

from typing import NamedTuple

from torch import Tensor

from da_bench.data.batch import Tree


class Encoded(NamedTuple):
    """A :class:`Batch` and what the network made of it."""

    x: Tree
    y: Tensor
    labelled: Tensor
    domain: Tensor
    index: Tensor  # type: ignore[assignment]  # hides tuple.index
    z: Tensor
    """Features ``(n, d)``."""
    logits: Tensor
    """``(n, k)``."""
    layers: dict[str, Tensor]
    """Outputs of the submodules of the encoder that :attr:`DomainAdapter.layers` names."""
