"""Whether stored runs are whole: rows, configurations, checkpoints, names."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from .diagnosed import inconsistent
from .folders import run_folders
from .ranges import FAULTY, LEFT_OUT
from .unscored import REASON


def verify(
    out: Path, rows: Sequence[Mapping[str, Any]], torn: Mapping[str, str]
) -> tuple[list[tuple[str, str]], int]:
    """Faults as ``(folder, what is wrong)``, and the number of folders without a result.

    Nothing is executed: checkpoints are loaded as weights only, configurations as plain YAML.

    Args:
        out: Folder of the comparison.
        rows: All its rows.
        torn: Folders whose row can't be read, and why.
    """
    faults = list(torn.items())
    first: dict[str, str] = {}
    for row in rows:
        folder = str(row["folder"])
        faults += [(folder, fault) for fault in _faults(out / folder, row)]
        other = first.setdefault(str(row.get("identity")), folder)
        if other != folder:
            faults.append((folder, f"has the identity of {other}: a copy, remove one of them"))
    known = {folder for folder, _ in faults} | {str(row["folder"]) for row in rows}
    return sorted(faults), sum(folder not in known for folder in run_folders(out))


def _faults(folder: Path, row: Mapping[str, Any]) -> Iterator[str]:
    identity = str(row.get("identity", ""))
    if not identity or not folder.name.endswith(f"-{identity[:10]}"):
        yield f"identity {identity[:10] or 'missing'} is not that in the folder's name"
    if fault := inconsistent(row):
        yield fault
    if row.get("status") == FAULTY:
        yield f"{row['error'].removeprefix(LEFT_OUT)}; remove it with da-bench runs remove"
    elif row.get("status") != "ok":
        return  # what failed need not have come as far as the rest
    if "oracle/target" not in row and not row.get(REASON):
        yield "result.json is ok and holds no oracle/target"
    config = folder / "config.yaml"
    try:
        if not isinstance(yaml.load(config.read_text(), _loader()), dict):
            yield "config.yaml holds no settings"
    except FileNotFoundError:
        yield "config.yaml is missing"
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield f"config.yaml can't be read: {' '.join(str(error).split())}"
    yield from _checkpoint(folder)


def _checkpoint(folder: Path) -> Iterator[str]:
    from da_bench.saved import read_checkpoint

    try:
        found = read_checkpoint(folder)
        if not isinstance(found, dict) or "state_dict" not in found:
            yield "its checkpoint holds no weights"
    except FileNotFoundError:
        yield "its checkpoint is missing"
    # Damaged bytes raise anything from EOFError to IndexError; whatever it is becomes the fault.
    except Exception as error:
        first = " ".join(str(error).split())[:200]
        yield f"its checkpoint does not load as weights only: {type(error).__name__}: {first}"


def _loader() -> Any:
    """The safe loader in C where it was built: ten times as fast."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)
