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
from da_bench.io.files import Damaged, json_of, reason, whole, without_links

from .limits import sound
from .row import CODE, ERROR, FOLDER, fault_of

SCHEMA = 1
"""Of ``result.json``; older ones are kept and shown, newer ones are refused."""


class StoreError(RuntimeError):
    """A folder of results that can't be read or written."""


def write_result(folder: Path, row: Mapping[str, Any]) -> None:
    """Writes ``folder/result.json`` whole or not at all: flushed to disk, then renamed.

    Raises:
        OSError: A full or read-only disk; what lay there before lies there still.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with whole(folder / "result.json") as file:
        file.write(json.dumps({"schema": SCHEMA, **row}, indent=1).encode())
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # or a power cut could take back the name
    finally:
        os.close(descriptor)


def read_results(out: Path) -> list[dict[str, Any]]:
    """All rows below ``out``, in a stable order; a truncated one counts as not there.

    So does one in a folder whose name has hidden characters, which none of ours has.

    One with a figure that can't be has ``status: faulty``, and says so as its ``error``.

    Raises:
        StoreError: A row was written by a schema that this version does not know.
    """
    paths = sorted((out / "runs").glob("*/*/*/result.json"))
    named = [path for path in paths if str(path.relative_to(out)) == visible(path.relative_to(out))]
    rows = ((path, read_result(path)) for path in named)
    return [sound(row) | {FOLDER: str(path.parent.relative_to(out))} for path, row in rows if row]


def read_result(path: Path) -> dict[str, Any] | None:
    """One row; None where there is none, or one that can't be read: the run is done again.

    Raises:
        StoreError: It was written by a schema that this version does not know.
    """
    try:
        return load_result(path)
    except (FileNotFoundError, Damaged):
        return None


def load_result(path: Path) -> dict[str, Any]:
    r"""One row; hidden characters of its texts are spelled out, as ``\x1b``, wherever they go.

    Raises:
        FileNotFoundError: There is none.
        Damaged: It can't be read, or is no row.
        StoreError: It was written by a schema that this version does not know.
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
    row.setdefault(CODE, "")  # a row from before it was stored
    if isinstance(error := row.get(ERROR), str):
        row[ERROR] = " ".join(error.split())
    spelled: dict[str, Any] = visible_values(row)
    return spelled


def inside(out: Path, folder: str | Path) -> Path:
    """A place below ``out``, to write to or to remove.

    Raises:
        StoreError: It would lie elsewhere, by ``..`` or by a link.
    """
    place, root = out / folder, out.resolve()
    try:
        found = place.resolve()
    except (OSError, ValueError, RuntimeError) as error:  # a loop of links; a zero byte
        raise StoreError(f"{str(place)!r} is no path: {error}") from error
    if found == root or not found.is_relative_to(root):
        raise StoreError(
            f"{place} leads out of {out}, to {found}: nothing is written or removed there; remove "
            "the link, or name the folder that it leads to"
        )
    return place


def check_writable(out: Path) -> None:
    """Raises StoreError where ``out`` can't hold results, before any work; makes nothing."""
    try:
        there = next(place for place in (out, *out.absolute().parents) if place.exists())
        probe = there / f".probe.{os.getpid()}"
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise _cant_write(out, error) from error


@contextmanager
def lock(out: Path) -> Iterator[None]:
    """Holds ``out`` for one driver alone; a dead one, however it died, holds nothing.

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
    """Holds a run's folder alone; waits for whoever holds it. A dead process holds nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".claim", "a", opener=without_links) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_claimed(folder: Path) -> bool:
    """Whether some process holds a run's folder now."""
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
