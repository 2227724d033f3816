"""Rows as CSV or Parquet, for other programs."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd

from da_bench.config.extras import needs
from da_bench.io.escape import csv_text
from da_bench.io.files import whole, write_whole


def export(
    rows: Sequence[Mapping[str, Any]], path: Path, style: Literal["csv", "parquet"] = "csv"
) -> None:
    """Writes all columns of all rows, whole and renamed; what is nested as JSON.

    Args:
        rows: Of the store.
        path: The file; its folder is made.
        style: ``parquet`` keeps types, and needs the extra of that name.

    Raises:
        MissingExtra: pyarrow is not installed.
    """
    flat = [
        {k: json.dumps(v) if isinstance(v, dict | list) else v for k, v in row.items()}
        for row in rows
    ]
    table = pd.DataFrame(flat)
    path.parent.mkdir(parents=True, exist_ok=True)
    if style == "csv":
        write_whole(path, csv_text(table))
    else:
        needs("pyarrow", "parquet")
        for column in table.select_dtypes("object"):
            kinds = set(map(type, table[column].dropna()))
            if len(kinds) > 1:  # "all" among numbers of labels: a Parquet column has one type
                table[column] = table[column].map(str, na_action="ignore")
        with whole(path) as file:
            table.to_parquet(file, index=False)
