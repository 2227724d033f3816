"""A rebuildable SQLite index over the folders of runs: thousands of rows without opening each."""

import json
import os
import re
import sqlite3
import zlib
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from da_bench.io.escape import visible
from da_bench.io.files import Damaged

from .folders import results
from .limits import mark_faulty
from .query import Condition, JsonPath, flat_paths, ordering, selection
from .row import FAULTY, FOLDER, OK, STATUS, fault_of
from .store import StoreError, load_result

NAME = "index.sqlite"
FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal")
VERSION = 3
"""Version of the index's tables; a file of another version is deleted and built anew."""

TABLES = """
CREATE TABLE runs (
    folder TEXT PRIMARY KEY, mtime INTEGER NOT NULL, size INTEGER NOT NULL,
    row TEXT, data TEXT, fault TEXT, checksum INTEGER NOT NULL);
CREATE TABLE columns (name TEXT PRIMARY KEY, path TEXT NOT NULL);
"""
# `row` is result.json as written; `data` the same with NaN as null, only where they differ:
# JSON knows no NaN, and SQLite's functions refuse it. SQLite finds torn pages and not a changed
# byte within a text: that is what the checksum is for.


class Index:
    """The rows of all runs below ``out``, brought up to date when opened and on :meth:`refresh`.

    The folders are the truth. A file is read again when its time or size changed; an index that
    can't be read is thrown away and rebuilt; one that can't be written, as on a read-only disk or
    on one without locks, is kept in memory. ``notes`` says so, for the caller to pass on.

    Args:
        out: Folder of a comparison or sweep, with ``runs/`` in it.
        keep: Whether the index is a file in ``out``; otherwise it is held in memory alone.

    Raises:
        StoreError: There is no such folder, or a row was written by a newer schema.
    """

    def __init__(self, out: Path, keep: bool = True) -> None:
        if not out.is_dir():
            raise StoreError(f"{out} is no folder; name the --out of a comparison or sweep")
        self.out, self.keep, self.notes = out, keep, list[str]()
        self.base: sqlite3.Connection
        if not keep:
            self._open(":memory:")
            self.refresh()
            return
        if links := [name for name in FILES if (out / name).is_symlink()]:
            self._in_memory(f"{links[0]} is a link, and is not written to")
            return
        try:
            self._open(out / NAME)
            self.refresh()
        except sqlite3.OperationalError as error:
            self._in_memory(str(error))
        except sqlite3.DatabaseError as error:
            self._rebuild(str(error))

    def _rebuild(self, why: str) -> None:
        self.notes.append(f"{self.out / NAME} was unreadable ({why}): thrown away and rebuilt")
        self.close()
        try:
            for name in FILES:
                (self.out / name).unlink(missing_ok=True)
            self._open(self.out / NAME)
            self.refresh()
        except (OSError, sqlite3.DatabaseError) as error:
            self._in_memory(str(error))

    def _in_memory(self, why: str) -> None:
        self.notes.append(f"can't keep {self.out / NAME} ({why}): indexed in memory instead")
        self.close()
        self._open(":memory:")
        self.refresh()

    def _open(self, path: Path | str) -> None:
        self.base = sqlite3.connect(
            path, timeout=60, isolation_level=None, check_same_thread=self.keep
        )
        self.base.execute("PRAGMA journal_mode=WAL")
        self.base.execute("PRAGMA synchronous=OFF")  # it can be rebuilt: no waiting for the disk
        version = self.base.execute("PRAGMA user_version").fetchone()[0]
        if version == VERSION:
            self._check()
            return
        self.base.execute("BEGIN IMMEDIATE")  # of two processes that come first, one waits
        if self.base.execute("PRAGMA user_version").fetchone()[0] != VERSION:
            for name in ("runs", "columns"):
                self.base.execute(f"DROP TABLE IF EXISTS {name}")
            for statement in TABLES.split(";")[:2]:
                self.base.execute(statement)
            self.base.execute(f"PRAGMA user_version={VERSION}")
        self.base.execute("COMMIT")

    def _check(self) -> None:
        check_result = self.base.execute("PRAGMA quick_check(1)").fetchone()[0]
        if check_result != "ok":
            raise sqlite3.DatabaseError(" ".join(str(check_result).split()))
        row_query = "SELECT folder, row, data, fault, checksum FROM runs"
        column_query = "SELECT name, path FROM columns"
        try:
            is_sound = all(
                is_line(*line[:4]) and checksum(*line[:4]) == line[4]
                for line in self.base.execute(row_query)
            ) and all(is_column(*line) for line in self.base.execute(column_query))
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise  # locked, say: not the file's fault
            is_sound = False
        if not is_sound:
            raise sqlite3.DatabaseError("a row's checksum or form is wrong")

    def close(self) -> None:
        """Closes the index's file."""
        with suppress(AttributeError):  # where opening failed
            self.base.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def refresh(self) -> int:
        """Reads the results below ``out`` that changed since the last call.

        Returns:
            Number of files that changed or disappeared.

        Raises:
            StoreError: A row was written by a schema that this version does not know.
        """
        old_stamps = {
            folder: (mtime, size)
            for folder, mtime, size in self.base.execute("SELECT folder, mtime, size FROM runs")
        }
        # By names that a text holds: one that is no UTF-8, or has hidden characters, is spelled.
        places = {visible(folder): (folder, stamp) for folder, stamp in results(self.out)}
        stamps = {name: stamp for name, (_, stamp) in places.items()}
        changed_folders = [
            folder for folder, stamp in stamps.items() if old_stamps.get(folder) != stamp
        ]
        removals = [(folder,) for folder in old_stamps if folder not in stamps]
        if not changed_folders and not removals:
            return 0
        column_paths: dict[str, str] = {}
        lines = []
        for folder in changed_folders:
            texts = self._read(places[folder][0], column_paths)
            if texts:
                lines.append((folder, *stamps[folder], *texts, checksum(folder, *texts)))
            else:
                removals.append((folder,))  # removed while we looked
        self.base.execute("BEGIN IMMEDIATE")
        self.base.executemany("DELETE FROM runs WHERE folder = ?", removals)
        self.base.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", lines)
        self.base.executemany("INSERT OR IGNORE INTO columns VALUES (?, ?)", column_paths.items())
        self.base.execute("COMMIT")
        return len(changed_folders) + len(removals)

    def _read(self, folder: str, column_paths: dict[str, str]) -> tuple[Any, ...] | None:
        """Reads ``row, data, fault`` of a folder; adds its columns to ``column_paths``."""
        if folder != visible(folder):
            return None, None, "its folder's name has hidden characters; rename it"
        path = self.out / folder / "result.json"
        root = os.path.realpath(self.out)  # which a loop of links does not trouble
        if not self.keep and not os.path.realpath(path).startswith(f"{root}/"):
            return None, None, f"result.json lies outside {self.out}, by a link, and is not read"
        try:
            row = load_result(path)
        except FileNotFoundError:
            return None
        except Damaged as error:
            return None, None, f"result.json {error.fault}"
        row = mark_faulty(row)
        column_paths |= flat_paths(row)
        text = json.dumps(row, separators=(",", ":"))
        if "NaN" in text or "Infinity" in text:
            return text, json.dumps(json.loads(text, parse_constant=_null)), None
        return text, None, None

    def columns(self) -> dict[str, JsonPath]:
        """JSON paths of all columns by name: every key of a row, nested ones with dots."""
        return dict(self._ask("SELECT name, path FROM columns ORDER BY name"))

    def rows(
        self,
        where: Sequence[Condition] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """The rows that meet all conditions, as :func:`da_bench.results.store.read_results` does.

        Args:
            where: Conditions, made by :func:`da_bench.results.query.condition`.
            sort: Column to sort by, with ``-`` before it for descending; by default the folder.
            limit: Largest number of rows; all by default.

        Returns:
            Values by column, a dictionary for each row.

        Raises:
            UnknownColumn: A column that no row has.
        """
        columns = self.columns()
        clause, values = selection(where, columns)
        order = ordering(sort, columns)
        statement = f"SELECT folder, row FROM runs WHERE row IS NOT NULL{clause}{order}"
        pairs = self._ask(statement, values)
        if not sort:
            pairs.sort(key=lambda pair: pair[0].split("/"))  # as paths are sorted
        return [json.loads(row) | {FOLDER: folder} for folder, row in pairs[:limit]]

    def write_times(self) -> dict[str, int]:
        """Time at which each folder's result was written, in nanoseconds since 1970."""
        return dict(self._ask("SELECT folder, mtime FROM runs"))

    def faults(self) -> dict[str, str]:
        """Folders whose ``result.json`` can't be read, and what is wrong with it."""
        return dict(self._ask("SELECT folder, fault FROM runs WHERE fault IS NOT NULL"))

    def _ask(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """All lines that match a statement; a file that proves damaged is rebuilt first."""
        try:
            return self.base.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._rebuild(str(error))
        try:
            return self.base.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.out / NAME} can't answer ({error}): remove it") from error


def _null(_: str) -> None:
    return None


def is_line(folder: Any, row: Any, data: Any, fault: Any) -> bool:
    """Whether a line of the index has the form of what :class:`Index` writes."""
    if not isinstance(folder, str) or not all(
        isinstance(text, str | None) for text in (data, fault)
    ):
        return False
    if row is None:
        return data is None
    try:
        record = json.loads(row)
    except (TypeError, ValueError, RecursionError):
        return False
    if not isinstance(record, dict):
        return False
    return fault_of(record | {STATUS: OK} if record.get(STATUS) == FAULTY else record) is None


def is_column(name: Any, path: Any) -> bool:
    """Whether a column's JSON path is the one that belongs to its name."""
    are_texts = isinstance(name, str) and isinstance(path, str)
    return are_texts and name == ".".join(re.findall(r'\."([^"]*)"', path)) and (
        re.fullmatch(r'\$(\."[^"]*")+', path) is not None
    )  # fmt: skip


def checksum(*texts: str | None) -> int:
    """CRC-32 of a row's texts as they are stored."""
    return zlib.crc32("\0".join("" if text is None else text for text in texts).encode())
