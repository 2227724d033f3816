"""Sparse inputs: dense a batch at a time, and the one way to make all of them dense."""

import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

WARN_BYTES = 2**26
"""Bytes from which a sparse array that is made dense is spoken of."""
ADVICE = (
    "what serves: fewer columns (feature selection, a truncated SVD), fewer samples, or a method "
    "that trains a network by batches, which needs no more than a batch of it at once"
)


class SparseRows:
    """Sparse inputs ``(n, d)`` in memory, of which only the samples of a batch are made dense.

    It answers as a float32 tensor does where data is cut, checked and put into batches.

    Args:
        csr: Sparse matrix of scipy, in any format; float32 afterwards, and no longer the caller's.
    """

    dtype = torch.float32
    ndim = 2

    def __init__(self, csr: Any) -> None:
        from scipy.sparse import csr_array

        self.csr = csr_array(csr, dtype=np.float32, copy=True)
        self.csr.sum_duplicates()
        self.csr.eliminate_zeros()

    @property
    def shape(self) -> torch.Size:
        """Number of samples and of features, ``(n, d)``."""
        return torch.Size(self.csr.shape)

    def __len__(self) -> int:
        """Number of samples."""
        return int(self.csr.shape[0])

    def __getitem__(self, index: Any) -> Any:
        """Several samples or columns, sparse; of one, ``x[i]`` or ``x[:, j]``, a dense vector."""
        rows, columns = index if isinstance(index, tuple) else (index, slice(None))
        rows = rows.numpy() if isinstance(rows, Tensor) and rows.ndim else rows
        is_single = [not isinstance(i, slice | np.ndarray | list) for i in (rows, columns)]
        selected = self.csr[[int(rows)] if is_single[0] else rows][
            :, [columns] if is_single[1] else columns
        ]
        return (
            torch.from_numpy(selected.toarray().ravel()) if any(is_single) else SparseRows(selected)
        )

    def is_floating_point(self) -> bool:
        """True, as for a float32 tensor."""
        return True

    def sum(self) -> Tensor:
        """The sum of all numbers."""
        return torch.from_numpy(self.csr.data).sum()

    def arrays(self) -> list[Tensor]:
        """Where each row begins, the columns and the values: all that it holds."""
        parts = (self.csr.indptr, self.csr.indices)
        return [*(torch.from_numpy(p.astype(np.int64)) for p in parts),
                torch.from_numpy(self.csr.data)]  # fmt: skip

    def pad(self, front: int, back: int) -> "SparseRows":
        """A copy with ``front`` columns of zeros before and ``back`` after its own."""
        from scipy.sparse import csr_array

        n, d = self.csr.shape
        parts = (self.csr.data, self.csr.indices.astype(np.int64) + front, self.csr.indptr)
        return SparseRows(csr_array(parts, shape=(n, front + d + back)))

    def dense(self, out: Tensor | None = None) -> Tensor:
        """All samples as a tensor, or in ``out``: for those of a batch, as no word is said."""
        if out is None:
            return torch.from_numpy(self.csr.toarray())
        self.csr.toarray(out=out.numpy())
        return out


def rows(leaf: Any, index: Tensor, out: Tensor | None = None) -> Tensor:
    """The samples at ``index`` of a tensor or of sparse inputs, dense."""
    if isinstance(leaf, SparseRows):
        return select_rows(leaf, index).dense(out)
    # index_select copies whole rows: several times faster than indexing by a tensor
    return torch.index_select(leaf, 0, index, out=out)


def select_rows(leaf: SparseRows, index: Tensor) -> SparseRows:
    """Samples of sparse inputs, without another look at what is in them."""
    result = SparseRows.__new__(SparseRows)
    result.csr = leaf.csr[index.numpy()]
    return result


def concatenate(leaves: Sequence[Any]) -> Any:
    """Inputs of several domains one after another: sparse where all are."""
    from scipy.sparse import vstack

    if all(isinstance(leaf, SparseRows) for leaf in leaves):
        return SparseRows(vstack([leaf.csr for leaf in leaves], format="csr"))
    return torch.cat([dense(leaf, "inputs beside dense ones") for leaf in leaves])


def dense(x: Any, place: str) -> Tensor:
    """Inputs as a tensor; sparse ones are made dense, after a word on the memory that it takes.

    Raises:
        ValueError: They are larger than the memory that is free.
    """
    if isinstance(x, SparseRows):
        say_dense(x.shape, place)
        return x.dense()
    return x


def say_dense(shape: Sequence[int], place: str, each: int = 4) -> None:
    """Says how much memory a sparse array takes with its zeros, before it is made dense.

    Args:
        shape: Shape of the array.
        place: What errors call it.
        each: Bytes of a number.

    Raises:
        ValueError: The array is larger than the memory that is free.
    """
    size, free = each * int(np.prod([int(s) for s in shape], dtype=object)), free_memory()
    subject = f"{place}: the sparse array of shape {tuple(int(s) for s in shape)}"
    if free is not None and size > free:
        raise ValueError(
            f"{subject} would take {size / 2**20:,.0f} MB with its zeros, and {free / 2**20:,.0f} "
            f"MB of memory are free; {ADVICE}"
        )
    if size >= WARN_BYTES:
        warnings.warn(
            f"{subject} is made dense, which takes {size / 2**20:,.0f} MB; {ADVICE}", stacklevel=3
        )


def free_memory() -> int | None:
    """Bytes that this process may still take; None where the system does not say."""
    limits = []
    if (meminfo := Path("/proc/meminfo")).is_file():
        lines = [line.split() for line in meminfo.read_text().splitlines()]
        limits += [1024 * int(line[1]) for line in lines if line[0] == "MemAvailable:"]
    elif hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    limit, used_file = (Path("/sys/fs/cgroup") / f"memory.{name}" for name in ("max", "current"))
    if (
        limit.is_file()
        and used_file.is_file()
        and (limit_text := limit.read_text().strip()) != "max"
    ):
        limits.append(int(limit_text) - int(used_file.read_text()))
    return min(limits, default=None)


def faults(leaf: Any) -> Tensor:
    """Sample and place in it, ``(k, 2)``, of the numbers that are NaN or infinite, in order."""
    if leaf.is_floating_point() and len(leaf) and not leaf.sum().isfinite():
        # a sum, ten times faster than asking each number, carries every NaN
        if not isinstance(leaf, SparseRows):
            return (~leaf.isfinite()).reshape(len(leaf), -1).nonzero()
        begins, columns, values = leaf.arrays()
        samples = torch.repeat_interleave(torch.arange(len(leaf)), begins.diff())
        return torch.stack((samples, columns), 1)[~values.isfinite()]
    return torch.empty(0, 2, dtype=torch.long)
