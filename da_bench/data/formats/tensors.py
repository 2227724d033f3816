"""Arrays of any library as tensors: one way for everything that a user hands over."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from da_bench.data.batch import Tree
from da_bench.data.sparse import SparseRows, say_dense


def tensors(x: Any, place: str, keep_integers: bool = False) -> Tree:
    """A tree of arrays as float32 tensors, whichever library made them.

    Takes numpy, torch (any precision and device, with a gradient or not), pandas, sparse matrices
    of scipy and torch, and nested lists. Sparse ones ``(n, d)`` stay sparse, as
    :class:`~da_bench.data.sparse.SparseRows`; below a mapping, or of another shape, they are made
    dense, with a word on the memory. One number a sample, ``(n,)``, becomes ``(n, 1)``. Entries
    of a mapping keep whole numbers as int64 and truth values as bool, in their own shape: tokens,
    categories, masks.

    Args:
        x: An array ``(n, ...)``, or a mapping or tuple of such trees.
        place: What it is called in errors.
        keep_integers: Keep whole numbers and truth values, as below a mapping.

    Raises:
        ValueError: Something in it is no array of numbers, a value is masked, float32 can't hold a
            value or would round away how a column varies, or a sparse array that is made dense is
            larger than the memory that is free.
    """
    if isinstance(x, SparseRows):
        return x
    if isinstance(x, Mapping) and not hasattr(x, "toarray"):  # scipy's dok_array is a dictionary
        return {name: tensors(part, f"{place}[{name!r}]", True) for name, part in x.items()}
    if isinstance(x, tuple):
        parts = [tensors(part, f"{place}[{i}]", keep_integers) for i, part in enumerate(x)]
        return type(x)(*parts) if hasattr(x, "_fields") else tuple(parts)
    if not keep_integers and (csr := _csr(x)) is not None:
        return _sparse(csr, place)
    array = array_of(x, place)
    if array.dtype == object:
        array = _numbers(array, place)
    if array.dtype.kind not in "fiub" or array.ndim == 0:
        raise ValueError(f"{place}: expected numbers of shape (n, ...), found {array.dtype}"
                         f" of shape {array.shape}")  # fmt: skip
    if keep_integers and array.dtype.kind in "iub":
        return torch.from_numpy(array.astype(bool if array.dtype.kind == "b" else np.int64))
    return as_float32(array[:, None] if array.ndim == 1 else array, place)


def as_float32(array: np.ndarray, place: str) -> Tensor:
    """Numbers as a float32 tensor of their own memory.

    Raises:
        ValueError: float32 can't hold a value, or would round away how a column varies.
    """
    if array.dtype.itemsize >= 4 and array.dtype != np.float32 and array.size:
        columns = array.reshape(len(array), -1)
        if columns.dtype.kind == "f":
            low, high = (
                np.fmin.reduce(columns),
                np.fmax.reduce(columns),
            )  # gaps are reported elsewhere
        else:
            low, high = columns.min(0).astype(float), columns.max(0).astype(float)
        _check_float32(low, high, place)
    with np.errstate(over="ignore"):
        return torch.from_numpy(array.astype(np.float32))


def array_of(x: Any, place: str) -> np.ndarray:
    """An array of any library, or a nested list, as numpy's, its dtype kept where numpy has it.

    Raises:
        ValueError: Values are masked, rows differ in length, or a table's column is not numeric.
    """
    if isinstance(x, list | tuple) and x and any(isinstance(part, Tensor) for part in x):
        x = [array_of(part, place) for part in x]
    if isinstance(x, Tensor):
        x = x.detach().cpu()
        if x.layout != torch.strided:
            say_dense(x.shape, place, x.element_size())
            x = x.to_dense()
        exotic = x.is_floating_point() and x.dtype not in (torch.half, torch.float, torch.double)
        return (x.float() if exotic else x).numpy()  # numpy has no bfloat16
    if hasattr(x, "toarray"):  # of scipy.sparse
        say_dense(x.shape, place, x.dtype.itemsize)
        return x.toarray()
    if isinstance(x, np.ma.MaskedArray):
        if masked_count := int(np.ma.getmaskarray(x).sum()):
            raise ValueError(
                f"{place}: {masked_count} of {x.size} values are masked, and what lies under a "
                "mask "
                "is no data: fill them (x.filled(0); labels of nan are hidden), or drop the samples"
            )
        return np.asarray(x.data)
    if hasattr(x, "dtypes") and hasattr(x, "to_numpy"):  # of pandas
        return _columns(x)
    try:
        return np.asarray(x)
    except ValueError as error:  # rows of several lengths
        raise ValueError(f"{place}: expected an array with rows of one shape: {error}") from error


def _columns(table: Any) -> np.ndarray:
    """A pandas table or column: numbers (gaps NaN) where all of it is, otherwise objects."""
    array = table.to_numpy()
    kinds = {getattr(t, "kind", "O") for t in table.dtypes} if array.ndim == 2 else set()
    if array.dtype == object and kinds and kinds <= set("fiub"):  # of several kinds
        return table.to_numpy(dtype=float, na_value=np.nan)
    return array


def _numbers(array: np.ndarray, place: str) -> np.ndarray:
    """Python's numbers, kept as objects, as floats; a gap is NaN."""
    for i, value in enumerate(array.flat):
        if not (is_gap(value) or isinstance(value, int | float | np.number | np.bool_)):
            position = [int(j) for j in np.unravel_index(i, array.shape)]
            raise ValueError(
                f"{place}: expected numbers of shape (n, ...), found {value!r} "
                f"({type(value).__name__}) at {position}; encode text as numbers, or drop it"
            )
    return np.array([np.nan if is_gap(v) else float(v) for v in array.flat]).reshape(array.shape)


def is_gap(value: Any) -> bool:
    """Whether a value says that there is none: None, NaN, or pandas' NA and NaT."""
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _csr(x: Any) -> Any:
    """A sparse matrix ``(n, d)`` of scipy or torch as scipy's CSR; None of anything else."""
    from scipy import sparse

    if isinstance(x, Tensor) and x.layout != torch.strided and x.ndim == 2:
        coo = x.detach().cpu().to_sparse_coo().coalesce()
        if coo.dense_dim():
            return None
        values = array_of(coo.values(), "values")
        values = values.astype(np.float32) if values.dtype == np.half else values
        return sparse.csr_array((values, tuple(coo.indices().numpy())), shape=tuple(x.shape))
    return sparse.csr_array(x) if sparse.issparse(x) and x.ndim == 2 else None


def _sparse(csr: Any, place: str) -> SparseRows:
    """A sparse matrix whose numbers float32 can hold."""
    if csr.dtype.kind not in "fiub":
        raise ValueError(f"{place}: expected numbers of shape (n, ...), found {csr.dtype} of "
                         f"shape {csr.shape}")  # fmt: skip
    if not csr.has_canonical_format:  # entries of one place are added, before they are rounded
        csr = csr.copy()
        csr.sum_duplicates()
    if csr.dtype.itemsize >= 4 and csr.dtype != np.float32 and csr.shape[0]:
        low, high = (m(axis=0).toarray().ravel().astype(float) for m in (csr.nanmin, csr.nanmax))
        _check_float32(low, high, place)
    with np.errstate(over="ignore"):
        return SparseRows(csr)


def _check_float32(low: np.ndarray, high: np.ndarray, place: str) -> None:
    """Raises ValueError where a column would keep fewer than about twenty of its values."""
    with np.errstate(invalid="ignore"):  # values that are not finite are reported elsewhere
        size, spread = np.maximum(-low, high), high - low
        rounded_away = (spread > 1e-12 * size) & (spread < 20 * np.finfo(np.float32).eps * size)
    is_too_large = np.isfinite(size) & (size > np.finfo(np.float32).max)
    if is_too_large.any():
        i = int(is_too_large.argmax())
        raise ValueError(f"{place}: column {i} holds {size[i]:.3g}, beyond the largest number of "
                         "float32, 3.4e+38; scale it, or drop it")  # fmt: skip
    if rounded_away.any():
        i = int(rounded_away.argmax())
        raise ValueError(
            f"{place}: column {i} varies between {low[i]:.17g} and {high[i]:.17g}, which float32 "
            "rounds away; subtract its mean, scale it, or drop it"
        )
