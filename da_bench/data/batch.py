"""What one step sees of one domain, and the two moves that trees of tensors need."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from .sparse import SparseRows, concatenate, faults

Tree = Any
"""A tensor, or a dict, list or tuple of trees: tokens, columns, several views."""


class Batch(NamedTuple):
    """Samples of one domain, as a loader hands them out."""

    x: Tree
    """Inputs ``(n, ...)``, or a tree of such tensors."""
    y: Tensor
    """Labels ``(n,)`` or ``(n, k)``; the task's fill value where ``labelled`` is False."""
    labelled: Tensor
    """``(n,)`` bool: False where training may not see the label."""
    domain: Tensor
    """``(n,)`` which source, or which target, when there are several."""
    index: Tensor  # type: ignore[assignment]  # hides tuple.index, which nobody needs here
    """``(n,)`` position in the domain's training set."""


def tree_map(function: Callable[..., Any], tree: Tree, *others: Tree) -> Tree:
    """Applies ``function`` to the tensors that stand at the same place of each tree."""
    if isinstance(tree, Mapping):
        return {k: tree_map(function, v, *(o[k] for o in others)) for k, v in tree.items()}
    if isinstance(tree, list | tuple):
        parts = [tree_map(function, *column) for column in zip(tree, *others, strict=True)]
        is_named_tuple = hasattr(tree, "_fields")
        return type(tree)(*parts) if is_named_tuple else type(tree)(parts)
    return function(tree, *others)


def join(first: Tree, *others: Tree) -> Tree:
    """Concatenates trees along their first axis, leaf by leaf."""
    return tree_map(concatenate_leaves, first, *others)


def concatenate_leaves(*leaves: Tensor) -> Tensor:
    """Concatenates; what was cut from one tensor, and is all of it in order, needs no copy."""
    if any(isinstance(leaf, SparseRows) for leaf in leaves):
        return concatenate(leaves)
    base, row_count = leaves[0]._base, 0
    if base is None:
        return torch.cat(leaves)
    for leaf in leaves:
        is_cut = leaf._base is base and leaf.stride() == base.stride()
        begin = base.storage_offset() + row_count * base.stride(0) if is_cut else 0
        if not is_cut or leaf.storage_offset() != begin or leaf.shape[1:] != base.shape[1:]:
            return torch.cat(leaves)
        row_count += leaf.shape[0]
    return base if row_count == base.shape[0] else torch.cat(leaves)


def flat(tree: Tree) -> Tensor:
    """Inputs as vectors ``(n, d)``: each leaf flattened, side by side."""
    return torch.cat([leaf.flatten(1) for leaf in leaves(tree)], 1)


def leaves(tree: Tree) -> list[Tensor]:
    """The tensors of a tree, in order."""
    tensors: list[Tensor] = []
    tree_map(tensors.append, tree)
    return tensors


def not_finite(tree: Tree) -> Iterator[tuple[Any, Tensor]]:
    """Leaves that hold NaN or infinity, each with the places ``(k, 2)``: sample, number in it."""
    for leaf in leaves(tree):
        if len(places := faults(leaf)):
            yield leaf, places
