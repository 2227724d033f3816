"""Data frames of pandas, polars and others: each column by its name."""

from typing import Any

import numpy as np

from da_bench.data.check_inputs import check_count
from da_bench.data.columns import Columns, Reading, Samples, normalize_names, parts
from da_bench.data.sparse import say_dense

from .table import join_columns
from .tensors import tensors


def is_frame(x: Any) -> bool:
    """Whether ``x`` is a data frame of pandas, polars or another library."""
    return hasattr(x, "columns") and hasattr(x, "__getitem__") and not isinstance(x, np.ndarray)


def read_frame(frame: Any, reading: Reading, place: str, labelled: bool = False) -> Samples:
    """A data frame, a sample a row; its columns as those of a file.

    Raises:
        ValueError: A column is not numeric, or the frame can be read in two ways.
    """
    raw_names = list(getattr(frame, "column_names", frame.columns))
    names = normalize_names(raw_names)
    part = parts(names, reading, place, labelled)
    if not part.features or not len(frame):
        raise ValueError(f"{place} holds no inputs")
    if any(hasattr(t, "fill_value") for t in getattr(frame, "dtypes", ())):  # pandas' sparse ones
        say_dense(frame.shape, place)
    columns_and_kinds = [_column(frame[raw_names[i]], names[i], place) for i in part.features]
    titles = [names[i] for i in part.features]
    columns = Columns(
        names=None if raw_names == list(range(len(raw_names))) else titles,
        kinds=[kind for _, kind in columns_and_kinds],
        shapes=[[len(columns_and_kinds)]],
        sparse=False,
        left_out=[names[i] for i in part.rest],
    )
    y = [_plain(frame[raw_names[i]]) for i in part.labels]
    x = np.column_stack([values for values, _ in columns_and_kinds])
    samples = Samples(x, join_columns(y, place), columns, place, titles=titles)
    check_count(samples, reading)
    return samples._replace(x=tensors(samples.x, place))


def _plain(column: Any) -> np.ndarray:
    """A column's values; what pandas calls missing is None among objects."""
    values = np.asarray(column)
    if values.dtype.kind == "O" and hasattr(column, "isna"):
        values = values.copy()
        values[np.asarray(column.isna())] = None
    return values


def _column(column: Any, name: str, place: str) -> tuple[np.ndarray, str]:
    values = _plain(column)
    if values.dtype.kind == "O":
        present_values = [v for v in values.tolist() if v is not None]
        if all(isinstance(v, bool | np.bool_) for v in present_values):
            kind = "bool"
        elif all(
            isinstance(v, int | float | np.number) and not isinstance(v, bool)
            for v in present_values
        ):
            kind = "number"
        else:
            i, text = next(
                ((i, v) for i, v in enumerate(values.tolist())
                 if v is not None and not isinstance(v, int | float | np.number)),
                (0, "true and false beside numbers"),
            )  # fmt: skip
            raise ValueError(
                f"{place}, row {i} (counted from 0): column {name!r} is not numeric, it holds "
                f"{str(text)[:40]!r}; encode it, or leave it out by drop: [{name}]"
            )
        return np.array([np.nan if v is None else float(v) for v in values.tolist()]), kind
    if values.ndim != 1 or values.dtype.kind not in "fiub":
        raise ValueError(f"{place}: column {name!r} is not numeric but {values.dtype}; encode it, "
                         f"or leave it out by drop: [{name}]")  # fmt: skip
    return values, "bool" if values.dtype.kind == "b" else "number"
