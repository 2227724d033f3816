"""Arrays of any library as tensors: one way for everything that a user hands over."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .batch import Tree, tree_map


def tensors(x: Any, where: str) -> Tree:
    """A tree of arrays as tensors: numpy's become float32, torch's keep a whole-number type.

    Raises:
        ValueError: Something in it is no array of numbers, or float32 would round away how one of
            its columns varies.
    """

    def tensor(leaf: Any) -> Tensor:
        if isinstance(leaf, Tensor):
            double = leaf.dtype == torch.double
            return tensor(leaf.detach().cpu().numpy()) if double else leaf
        array = np.asarray(leaf)
        if array.dtype.kind not in "fiub" or array.ndim == 0:
            raise ValueError(f"{where}: expected numbers of shape (n, ...), found {array.dtype}")
        _check_float32(array, where)
        return torch.from_numpy(array.astype(np.float32))

    if isinstance(x, list):  # a plain nested list of numbers, not a tree
        x = np.asarray(x)
    return tree_map(tensor, x)


def _check_float32(array: np.ndarray, where: str) -> None:
    """Raises ValueError where a column would keep fewer than about twenty of its values."""
    if array.dtype.itemsize < 4 or array.dtype == np.float32 or not len(array):
        return
    columns = array.reshape(len(array), -1)
    low, high = columns.min(0).astype(float), columns.max(0).astype(float)
    with np.errstate(invalid="ignore"):  # what is not finite is told of where it is checked
        size, spread = np.maximum(-low, high), high - low
    lost = (spread > 1e-12 * size) & (spread < 20 * np.finfo(np.float32).eps * size)
    if lost.any():
        i = int(lost.argmax())
        raise ValueError(
            f"{where}: column {i} varies between {low[i]:.17g} and {high[i]:.17g}, which float32 "
            "rounds away; subtract its mean, scale it, or drop it"
        )
