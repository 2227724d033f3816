"""Predictions as a CSV file."""

import csv
import io
from pathlib import Path
from typing import Any

from da_bench.io import escape
from da_bench.io.files import write_whole


def write_predictions(path: Path, logits: Any, task: Any) -> None:
    """One line a sample: the class and its probability, or the numbers predicted."""
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    if hasattr(task, "names"):
        shares, best = logits.softmax(1).max(1)
        writer.writerow(["index", "class", "probability"])
        writer.writerows(
            [i, escape.csv(task.names[int(b)]), f"{p:.6f}"]
            for i, (b, p) in enumerate(zip(best, shares, strict=True))
        )
    else:
        has_several_labels = hasattr(
            task, "labels"
        )  # a probability each, where none excludes another
        names = (
            task.columns if has_several_labels else [f"output_{k}" for k in range(logits.shape[1])]
        )
        writer.writerow(["index", *map(escape.csv, names)])
        figures = logits.sigmoid() if has_several_labels else logits
        writer.writerows([i, *row] for i, row in enumerate(figures.tolist()))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, file.getvalue())
    print(f"{len(logits)} predictions in {path}")
