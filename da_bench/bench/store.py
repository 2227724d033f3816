"""The truth of a comparison: a folder a run, and in it one result written whole."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SCHEMA = 1
"""Of ``result.json``; older ones are kept and shown, newer ones are refused."""


class StoreError(RuntimeError):
    """A folder of results that can't be read or written."""


def write_result(folder: Path, row: Mapping[str, Any]) -> None:
    """Writes ``folder/result.json`` whole or not at all: flushed to disk, then renamed."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f".result.{os.getpid()}.part"
    with partial.open("w") as file:
        json.dump({"schema": SCHEMA, **row}, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    os.replace(partial, folder / "result.json")


def read_results(out: Path) -> list[dict[str, Any]]:
    """All rows below ``out``, in a stable order; a truncated one counts as not there.

    Raises:
        StoreError: A row was written by a schema that this version does not know.
    """
    rows = []
    for path in sorted((out / "runs").glob("*/*/*/result.json")):
        try:
            row = json.loads(path.read_text())
        except json.JSONDecodeError:
            continue  # not ours: we rename whole files. The run is done again
        schema = row.get("schema") if isinstance(row, dict) else None
        if not isinstance(schema, int) or schema > SCHEMA:
            raise StoreError(
                f"{path} was written by schema {schema!r}; this da-bench reads up to {SCHEMA}: "
                "update it, or choose another --out"
            )
        rows.append(row | {"folder": str(path.parent.relative_to(out))})
    return rows


def check_writable(out: Path) -> None:
    """Raises StoreError where ``out`` can't hold results, before any work."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe = out / f".probe.{os.getpid()}"
        probe.write_text("")
        probe.unlink()
    except OSError as error:
        raise StoreError(
            f"can't write to --out {out}: {error.strerror or error}; choose another folder"
        ) from error
