"""The truth of a comparison: a folder a run, and in it one result written whole."""

import fcntl
import json
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .ranges import sound

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
    partial = folder / f".result.{os.getpid()}.part"
    try:
        with partial.open("w") as file:
            json.dump({"schema": SCHEMA, **row}, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, folder / "result.json")
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)  # or a power cut could take back the name
    finally:
        os.close(descriptor)


def read_results(out: Path) -> list[dict[str, Any]]:
    """All rows below ``out``, in a stable order; a truncated one counts as not there.

    One with a figure that can't be has ``status: faulty``, and says so as its ``error``.

    Raises:
        StoreError: A row was written by a schema that this version does not know.
    """
    paths = sorted((out / "runs").glob("*/*/*/result.json"))
    rows = ((path, read_result(path)) for path in paths)
    return [sound(row) | {"folder": str(path.parent.relative_to(out))} for path, row in rows if row]


def read_result(path: Path) -> dict[str, Any] | None:
    """One row; None where there is none, or a truncated one.

    Raises:
        StoreError: It was written by a schema that this version does not know.
    """
    try:
        row = json.loads(path.read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (json.JSONDecodeError, UnicodeDecodeError):
        return None  # not ours: we rename whole files. The run is done again
    schema = row.get("schema") if isinstance(row, dict) else None
    if not isinstance(schema, int) or schema > SCHEMA:
        raise StoreError(
            f"{path} was written by schema {schema!r}; this da-bench reads up to {SCHEMA}: "
            "update it, or choose another --out"
        )
    return row


def check_writable(out: Path) -> None:
    """Raises StoreError where ``out`` can't hold results, before any work; makes nothing."""
    try:
        there = next(place for place in (out, *out.absolute().parents) if place.exists())
        probe = there / f".probe.{os.getpid()}"
        probe.write_text("")
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
        file = (out / ".lock").open("a+")
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


def _cant_write(out: Path, error: OSError) -> StoreError:
    return StoreError(
        f"can't write to --out {out}: {error.strerror or error}; choose another folder"
    )


@contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Where to write what takes the place of ``path`` once it is all there, or not at all.

    What is no file, such as ``/dev/stdout``, is written to as it is.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield partial
        os.replace(partial, path)
    except BaseException:  # a full disk; an interruption
        partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, text: str) -> None:
    """Writes a file whole or not at all."""
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
