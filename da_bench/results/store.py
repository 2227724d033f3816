"""The truth of a comparison: a folder a run, and in it one result written whole."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from da_bench.io.escape import visible, visible_values
from da_bench.io.files import Damaged, json_of, open_whole, reason, without_links

from .limits import mark_faulty
from .row import CODE, ERROR, FOLDER, IDENTITY, fault_of

SCHEMA = 1
"""Version of ``result.json``; older files are read, newer ones are refused."""


class StoreError(RuntimeError):
    """A folder of results that can't be read or written."""


def write_result(folder: Path, row: Mapping[str, Any]) -> None:
    """Writes ``folder/result.json`` whole or not at all: flushed to disk, then renamed.

    Args:
        folder: Folder of the run; made where it does not exist.
        row: Values by column.

    Raises:
        OSError: A full or read-only disk; what lay there before lies there still.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open_whole(folder / "result.json") as file:
        file.write(json.dumps({"schema": SCHEMA, **row}, indent=1).encode())
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # or a power cut could take back the name
    finally:
        os.close(descriptor)


def read_results(out: Path) -> list[dict[str, Any]]:
    """Reads all rows below ``out``, sorted by folder.

    A truncated row is left out, as is one in a folder whose name has hidden characters, which no
    run makes. A row with an impossible figure gets ``status: faulty`` and the reason as its
    ``error``.

    Args:
        out: Folder of a comparison or sweep.

    Raises:
        StoreError: A row was written by a schema that this version does not know.
    """
    paths = sorted((out / "runs").glob("*/*/*/result.json"))
    plain_paths = [
        path for path in paths if str(path.relative_to(out)) == visible(path.relative_to(out))
    ]
    rows = ((path, read_result(path)) for path in plain_paths)
    return [
        mark_faulty(row) | {FOLDER: str(path.parent.relative_to(out))} for path, row in rows if row
    ]


def read_result(path: Path) -> dict[str, Any] | None:
    """Reads one row; None where there is none or it can't be read, so that the run is repeated.

    Args:
        path: A ``result.json``.

    Raises:
        StoreError: The row was written by a schema that this version does not know.
    """
    try:
        return load_result(path)
    except (FileNotFoundError, Damaged):
        return None


def load_result(path: Path) -> dict[str, Any]:
    r"""Reads one row, with hidden characters of its texts spelled out, as ``\x1b``.

    Args:
        path: A ``result.json``.

    Raises:
        FileNotFoundError: There is no such file.
        Damaged: The file can't be read, or holds no row.
        StoreError: The row was written by a schema that this version does not know.
    """
    row = json_of(path)
    schema = row.get("schema") if isinstance(row, dict) else None
    if not isinstance(schema, int):
        raise Damaged(path, f"has schema: {schema!r}; a run writes a number")
    if schema > SCHEMA:
        raise StoreError(
            f"{path} was written by schema {schema!r}; this da-bench reads up to {SCHEMA}: "
            "update it, or choose another --out"
        )
    if fault := fault_of(row):
        raise Damaged(path, fault)
    row[CODE] = row.get(CODE) or ""  # a row from before it was stored has none
    row[IDENTITY] = row.get(IDENTITY) or ""
    if isinstance(error := row.get(ERROR), str):
        row[ERROR] = " ".join(error.split())
    visible_row: dict[str, Any] = visible_values(row)
    return visible_row


def inside(out: Path, folder: str | Path) -> Path:
    """Path of ``folder`` below ``out``, checked to lie there before it is written or removed.

    Args:
        out: Folder of a comparison or sweep.
        folder: Path relative to ``out``.

    Raises:
        StoreError: It would lie elsewhere, by ``..`` or by a link.
    """
    place, root = out / folder, out.resolve()
    try:
        target = place.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links; a zero byte
        raise StoreError(f"{str(place)!r} is no path: {error}") from error
    if target == root or not target.is_relative_to(root):
        raise StoreError(
            f"{place} leads out of {out}, to {target}: nothing is written or removed there; remove "
            "the link, or name the folder that it leads to"
        )
    return place


def check_writable(out: Path) -> None:
    """Checks that ``out`` can hold results, before any work; creates no folder.

    Raises:
        StoreError: The folder, or the nearest one above it that exists, can't be written.
    """
    try:
        existing_folder = next(place for place in (out, *out.absolute().parents) if place.exists())
        probe = existing_folder / f".probe.{os.getpid()}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise _cant_write(out, error) from error


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Locks ``out`` for this process alone; a process that dies gives its lock back.

    Args:
        out: Folder of a comparison or sweep; made where it does not exist.

    Raises:
        StoreError: Another driver is at work there, or the folder can't be written.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        file = open(out / ".lock", "a+", opener=without_links)  # noqa: SIM115
    except OSError as error:
        raise _cant_write(out, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise StoreError(
                f"another da-bench ({file.read().strip() or 'it does not say which'}) is at work "
                f"on --out {out}: wait for it, stop it, or choose another folder"
            ) from None
        try:
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}")
            file.flush()
        except OSError as error:
            raise _cant_write(out, error) from error
        yield


@contextmanager
def claim(folder: Path) -> Iterator[None]:
    """Locks a run's folder for this process alone, after waiting for any other that holds it."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".claim", "a", opener=without_links) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_claimed(folder: Path) -> bool:
    """Whether some process holds the lock of a run's folder now."""
    try:
        with open(folder / ".claim", opener=without_links) as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _cant_write(out: Path, error: OSError) -> StoreError:
    return StoreError(f"can't write to --out {out}: {reason(error)}; choose another folder")
