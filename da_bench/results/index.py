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
from .limits import sound
from .query import Condition, JsonPath, flat_paths, ordering, selection
from .row import FAULTY, FOLDER, OK, STATUS, fault_of
from .store import StoreError, load_result

NAME = "index.sqlite"
FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal")
VERSION = 3
"""Of the index itself; another one is thrown away and built anew."""

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
    """What the folders below ``out`` hold, brought up to date when opened and on :meth:`refresh`.

    The folders are the truth. A file is read again when its time or size changed; an index that
    can't be read is thrown away and rebuilt; one that can't be written, as on a read-only disk or
    on one without locks, is kept in memory. ``notes`` says so, for the caller to pass on.

    Args:
        out: Folder of a comparison or sweep, with ``runs/`` in it.

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
        if led := [name for name in FILES if (out / name).is_symlink()]:
            self._in_memory(f"{led[0]} is a link, and is not written to")
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
        broken = self.base.execute("PRAGMA quick_check(1)").fetchone()[0]
        if broken != "ok":
            raise sqlite3.DatabaseError(" ".join(str(broken).split()))
        texts = "SELECT folder, row, data, fault, checksum FROM runs"
        paths = "SELECT name, path FROM columns"
        try:
            whole = all(
                is_line(*line[:4]) and checksum(*line[:4]) == line[4]
                for line in self.base.execute(texts)
            ) and all(is_column(*line) for line in self.base.execute(paths))
        except sqlite3.OperationalError as error:
            if "decode" not in str(error):
                raise  # locked, say: not the file's fault
            whole = False
        if not whole:
            raise sqlite3.DatabaseError("a row's checksum or form is wrong")

    def close(self) -> None:
        """Lets go of the file."""
        with suppress(AttributeError):  # where opening failed
            self.base.close()

    def __enter__(self) -> "Index":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def refresh(self) -> int:
        """Reads what changed below ``out`` since; returns how many files that were.

        Raises:
            StoreError: A row was written by a schema that this version does not know.
        """
        known = {
            folder: (mtime, size)
            for folder, mtime, size in self.base.execute("SELECT folder, mtime, size FROM runs")
        }
        # By names that a text holds: one that is no UTF-8, or has hidden characters, is spelled.
        places = {visible(folder): (folder, stamp) for folder, stamp in results(self.out)}
        found = {name: stamp for name, (_, stamp) in places.items()}
        changed = [folder for folder, stamp in found.items() if known.get(folder) != stamp]
        gone = [(folder,) for folder in known if folder not in found]
        if not changed and not gone:
            return 0
        names: dict[str, str] = {}
        rows = []
        for folder in changed:
            read = self._read(places[folder][0], names)
            if read:
                rows.append((folder, *found[folder], *read, checksum(folder, *read)))
            else:
                gone.append((folder,))  # removed while we looked
        self.base.execute("BEGIN IMMEDIATE")
        self.base.executemany("DELETE FROM runs WHERE folder = ?", gone)
        self.base.executemany("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        self.base.executemany("INSERT OR IGNORE INTO columns VALUES (?, ?)", names.items())
        self.base.execute("COMMIT")
        return len(changed) + len(gone)

    def _read(self, folder: str, names: dict[str, str]) -> tuple[Any, ...] | None:
        """``row, data, fault`` of a folder; adds its columns to ``names``."""
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
        row = sound(row)
        names |= flat_paths(row)
        text = json.dumps(row, separators=(",", ":"))
        if "NaN" in text or "Infinity" in text:
            return text, json.dumps(json.loads(text, parse_constant=_null)), None
        return text, None, None

    def columns(self) -> dict[str, JsonPath]:
        """What can be asked for: every key of a row, nested ones with dots, and ``folder``."""
        return dict(self._ask("SELECT name, path FROM columns ORDER BY name"))

    def rows(
        self,
        where: Sequence[Condition] = (),
        sort: str | None = None,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """The rows that meet all conditions, as :func:`da_bench.results.store.read_results` does.

        Args:
            where: Conditions, of :func:`da_bench.results.query.condition`.
            sort: A column, with ``-`` before it for descending; by folder otherwise.
            limit: At most so many.

        Raises:
            UnknownColumn: A column that no row has.
        """
        columns = self.columns()
        clause, values = selection(where, columns)
        order = ordering(sort, columns)
        text = f"SELECT folder, row FROM runs WHERE row IS NOT NULL{clause}{order}"
        found = self._ask(text, values)
        if not sort:
            found.sort(key=lambda pair: pair[0].split("/"))  # as paths are sorted
        return [json.loads(row) | {FOLDER: folder} for folder, row in found[:limit]]

    def written(self) -> dict[str, int]:
        """When each folder's result was written, in ns."""
        return dict(self._ask("SELECT folder, mtime FROM runs"))

    def faults(self) -> dict[str, str]:
        """Folders whose ``result.json`` is not whole, and what is wrong with it."""
        return dict(self._ask("SELECT folder, fault FROM runs WHERE fault IS NOT NULL"))

    def _ask(self, text: str, values: Sequence[Any] = ()) -> list[Any]:
        """All answers; where the file proves to be torn, those of a new one."""
        try:
            return self.base.execute(text, values).fetchall()
        except sqlite3.DatabaseError as error:
            self._rebuild(str(error))
        try:
            return self.base.execute(text, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{self.out / NAME} can't answer ({error}): remove it") from error


def _null(_: str) -> None:
    return None


def is_line(folder: Any, row: Any, data: Any, fault: Any) -> bool:
    """Whether a line of the index has the form of what :class:`Index` writes."""
    if not isinstance(folder, str) or not all(isinstance(t, str | None) for t in (data, fault)):
        return False
    if row is None:
        return data is None
    try:
        value = json.loads(row)
    except (TypeError, ValueError, RecursionError):
        return False
    if not isinstance(value, dict):
        return False
    return fault_of(value | {STATUS: OK} if value.get(STATUS) == FAULTY else value) is None


def is_column(name: Any, path: Any) -> bool:
    """Whether a column's path is the one that its name has."""
    texts = isinstance(name, str) and isinstance(path, str)
    return texts and name == ".".join(re.findall(r'\."([^"]*)"', path)) and (
        re.fullmatch(r'\$(\."[^"]*")+', path) is not None
    )  # fmt: skip


def checksum(*texts: str | None) -> int:
    """Of a row's texts as they are stored."""
    return zlib.crc32("\0".join("" if t is None else t for t in texts).encode())
