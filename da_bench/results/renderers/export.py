"""Rows as CSV or Parquet, for other programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from da_bench.config.extras import needs
from da_bench.io.escape import csv_text
from da_bench.io.files import open_whole, write_whole


def export(
    rows: Sequence[Mapping[str, Any]], path: Path, style: Literal["csv", "parquet"] = "csv"
) -> None:
    """Writes all columns of all rows into one file, nested values as JSON.

    Args:
        rows: Rows of the store.
        path: File to write, whole or not at all; its folder is made.
        style: ``parquet`` keeps types, and needs the extra of that name.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    flat_rows = [
        {
            key: json.dumps(value) if isinstance(value, dict | list) else value
            for key, value in row.items()
        }
        for row in rows
    ]
    table = pd.DataFrame(flat_rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    if style == "csv":
        write_whole(path, csv_text(table))
    else:
        needs("pyarrow", "parquet")
        for column in table.select_dtypes("object"):
            types = set(map(type, table[column].dropna()))
            if len(types) > 1:  # "all" among numbers of labels: a Parquet column has one type
                table[column] = table[column].map(str, na_action="ignore")
        with open_whole(path) as file:
            table.to_parquet(file, index=False)
