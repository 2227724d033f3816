"""What was sent to W&B, kept beside what it was: a small file in the folder of each run."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from da_bench.io.files import LARGEST, Damaged, json_of, regular, write_whole

from .session import Destination

NAME = "wandb.json"
FILES = ("config.yaml", "curves.csv")
"""What is sent of a run besides its row."""
OMITTED_COLUMNS = ("schema", "folder")
"""Columns of a row that say how and where it is kept."""


def content(row: Mapping[str, Any], folder: Path) -> str:
    """Digest of what a run has to send: another one is a run that was done again."""
    columns = {key: value for key, value in row.items() if key not in OMITTED_COLUMNS}
    return digest(
        [json.dumps(columns, sort_keys=True), *map(text_of, (folder / name for name in FILES))]
    )


def digest(texts: Iterable[str]) -> str:
    """One digest of several texts in their order, in hexadecimal."""
    total = hashlib.sha256()
    for text in texts:
        total.update(hashlib.sha256(text.encode()).digest())
    return total.hexdigest()


def text_of(path: Path) -> str:
    """A file's text; empty where there is none."""
    try:
        with regular(path) as file:
            return file.read(LARGEST).decode(errors="replace")
    except (FileNotFoundError, Damaged):
        return ""


def read(folder: Path) -> dict[str, dict[str, Any]]:
    """What was sent, by the label of where it went; nothing where the file is not whole."""
    try:
        content = json_of(folder / NAME)
    except (FileNotFoundError, Damaged):
        return {}
    entries = content.items() if isinstance(content, dict) else ()
    return {label: entry for label, entry in entries if isinstance(entry, dict)}


def holds(folder: Path, to: Destination, content_digest: str) -> bool:
    """Whether this very content has gone there, or lies in files that will bring it there.

    Files that were not synced yet are no reason not to send at once, where that is asked for.
    """
    entry = read(folder).get(to.label)
    if not entry or entry.get("content") != content_digest:
        return False
    return not to.online or bool(entry.get("online")) or is_synced(folder, entry)


def is_synced(folder: Path, entry: Mapping[str, Any]) -> bool:
    """Whether ``wandb sync`` has sent an entry's files, or ``wandb clean`` removed them since."""
    files = folder / str(entry.get("files", "."))
    return not files.is_dir() or any(files.glob("*.wandb.synced"))


def add(folder: Path, to: Destination, content_digest: str, id: str, files: str | None) -> None:
    """Records what has been sent, whole and renamed.

    Args:
        folder: Folder of the run, or of the whole comparison.
        to: The project that it went to.
        content_digest: Digest by :func:`content`.
        id: The id of the W&B run.
        files: Offline files, from ``folder``; None where there are none.
    """
    entry = {"id": id, "content": content_digest, "online": to.online}
    entries = read(folder) | {to.label: entry | ({"files": files} if files else {})}
    write_whole(folder / NAME, json.dumps(entries, indent=1, sort_keys=True))
