"""What can be wrong with one domain's inputs, said in the user's own count of rows and columns."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from .batch import not_finite
from .columns import Reading, Samples, normalize_names


def check_reading(reading: Reading, *tables: Samples) -> None:
    """Raises ValueError where ``drop`` or ``label`` names what none of the tables has."""
    from da_bench.config.objects import nearest

    named_tables = [t for t in tables if t.columns.left_out is not None]
    all_names = {
        n for t in named_tables for n in [*(t.columns.names or []), *(t.columns.left_out or [])]
    }
    for name in normalize_names(reading.drop or []) if named_tables else ():
        if not any(name in (t.columns.left_out or []) for t in named_tables):
            place = " or ".join(dict.fromkeys(t.where for t in named_tables))
            raise ValueError(f"drop: no column {name!r} in {place}{nearest(name, all_names)}")
    if reading.label is not None and named_tables and all(t.y is None for t in named_tables):
        place = " or ".join(dict.fromkeys(t.where for t in named_tables))
        label = reading.label
        name = normalize_names(label if isinstance(label, list) else [label])[0]
        raise ValueError(f"label: no column {name!r} in {place}{nearest(name, all_names)}")


def check_rows_match(x: Any, y: Any, place: str) -> None:
    """Raises ValueError where a frame's rows and a series' labels are the same in another order."""
    x_index: Any = getattr(x, "index", None)
    y_index: Any = getattr(y, "index", None)
    if not hasattr(x_index, "equals") or not hasattr(y_index, "equals") or x_index.equals(y_index):
        return
    if sorted(map(str, x_index)) == sorted(map(str, y_index)):
        raise ValueError(
            f"{place}: inputs and labels have the same index in another order; bring them into one "
            "(y = y.loc[x.index]), or reset_index(drop=True) on both where positions count"
        )


def check_count(samples: Samples, reading: Reading) -> None:
    """Raises ValueError where a column only counts the rows, unless it is known for a feature."""
    x = samples.x
    if reading.drop == [] or reading.features is not None or len(x) < 10:
        return
    steps = np.arange(len(x))
    for j in np.flatnonzero(np.isin(x[0], (0, 1)) & (x[-1] - x[0] == len(x) - 1)).tolist():
        if (x[:, j] - x[0, j] == steps).all():
            name = (samples.columns.names or samples.titles or range(len(x[0])))[j]
            raise ValueError(
                f"{samples.where}: {samples.column(j)} only counts the rows, as an index does; "
                f"leave it out by drop: [{name}], or say drop: [] if it is a feature"
            )


def check_finite(samples: Samples) -> Samples:
    """Returns the samples, once all of their inputs are known to be finite.

    Raises:
        ValueError: One holds NaN or infinity; its row in the user's own count is named.
    """
    for leaf, faulty in not_finite(samples.x):
        i, j = faulty[0].tolist()
        value = float(leaf[i].flatten()[j])
        is_flat = leaf.ndim == 2
        column = f"{samples.column(j)} " if is_flat and not isinstance(samples.x, Mapping) else ""
        bad_samples = len(faulty[:, 0].unique())
        is_empty_column = is_flat and bool(leaf[:, j].isnan().all())
        raise ValueError(
            f"{samples.row(i)}: {column}holds {'no number (NaN)' if value != value else value}"
            + (f", as {bad_samples} of {len(leaf)} samples do" if bad_samples > 1 else "")
            + ("; all of it is: leave the column out (drop)" if is_empty_column else
               "; impute the sample, or leave it out")
        )  # fmt: skip
    return samples
