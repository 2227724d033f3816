"""Archives that a stranger may have made: how large they are is known before they are opened."""

import io
import math
import os
import struct
import zipfile
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .files import RUN_AGAIN_ADVICE, Damaged, one_line, regular

CHECKPOINTS = ("model.ckpt", "last.ckpt")
"""Names under which a run's folder holds its weights: chosen, or those of the last step."""
DEFAULT_LIMIT = 512 * 2**20
"""Bytes to which an archive of any size may unpack."""
EXPANSION_LIMIT = 20
"""How many times its size on disk an archive may unpack to, if that is more."""
MAX_ENTRIES = 4096
"""The largest number of arrays in an archive."""
LIMIT_VARIABLE = "DA_BENCH_LARGEST_MB"
"""Environment variable that raises ``DEFAULT_LIMIT``."""
SIGNATURE, TAIL_BYTES = b"PK\x05\x06", 22 + 2**16


def largest(path: Path) -> int:
    """Bytes to which the archive at ``path`` may unpack.

    Raises:
        ValueError: The setting is no number above 0.
    """
    setting = os.environ.get(LIMIT_VARIABLE)
    if setting is None:
        return max(DEFAULT_LIMIT, EXPANSION_LIMIT * path.stat().st_size)
    try:
        value = float(setting)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise ValueError(f"{LIMIT_VARIABLE}={setting!r}: expected a number of megabytes above 0")
    return max(int(value * 2**20), EXPANSION_LIMIT * path.stat().st_size)


UNPACKED = "would unpack to {:,.0f} MB from {:,.1f} MB"


def check_size(path: Path, size: int, fault: str = UNPACKED) -> None:
    """Raises Damaged where a file claims to unpack to more than :func:`largest` allows.

    Args:
        path: The file.
        size: Bytes that it claims to unpack to.
        fault: Message with two places for megabytes: of ``size``, and of the file on disk.
    """
    limit = largest(path)
    if size > limit:
        raise Damaged(
            path,
            fault.format(size / 2**20, path.stat().st_size / 2**20),
            f"do not use it if it is not your own; if it is, set {LIMIT_VARIABLE} to that number "
            f"(it allows {limit / 2**20:,.0f})",
        )


def directory(
    path: Path, advice: str = RUN_AGAIN_ADVICE, most: int = MAX_ENTRIES
) -> dict[str, zipfile.ZipInfo]:
    """The entries that a zip file declares, by name; nothing is unpacked.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is no zip file, holds too much, or a name twice.
    """
    with regular(path, advice) as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = file.read(TAIL_BYTES)
        place = tail.rfind(SIGNATURE)
        if place < 0 or len(tail) < place + 22:
            raise Damaged(path, "is not whole, or no archive", advice)
        count = struct.unpack_from("<H", tail, place + 10)[0]  # read before the directory is
        if count > most:
            raise Damaged(path, f"holds {count:,} entries; at most {most:,} are read", advice)
        try:
            with zipfile.ZipFile(file) as archive:
                entries = archive.infolist()
        except Exception as error:  # a torn zip has many names
            raise Damaged(path, f"can't be read ({one_line(error)})", advice) from error
    by_name = {entry.filename: entry for entry in entries}
    if len(by_name) < len(entries) or len(entries) > most:
        raise Damaged(path, "holds an entry twice, or too many", advice)
    check_size(path, sum(entry.file_size for entry in entries))
    return by_name


def arrays(
    path: Path, names: Collection[str] | None = None, advice: str = RUN_AGAIN_ADVICE
) -> dict[str, NDArray[Any]]:
    """Arrays of a ``.npz`` file, those of ``names`` or all.

    What the directory and each array's own header declare is compared before any is unpacked.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is no archive, lacks a name, declares too much or what it does not hold,
            or holds pickled objects.
    """
    entries = directory(path, advice)
    entry_names = {name.removesuffix(".npy"): name for name in entries}
    if missing_names := [name for name in names or () if name not in entry_names]:
        raise Damaged(path, f"lacks {', '.join(missing_names)}", advice)
    result = {}
    try:
        with regular(path, advice) as file, zipfile.ZipFile(file) as archive:
            for name in entry_names if names is None else names:
                entry = entries[entry_names[name]]
                with archive.open(entry) as part:
                    check_header(path, name, part, entry.file_size, advice)
            for name in entry_names if names is None else names:
                with archive.open(entry_names[name]) as part:
                    result[name] = np.lib.format.read_array(part, allow_pickle=False)
    except Damaged:
        raise
    except Exception as error:  # a torn zip has many names
        raise Damaged(path, f"can't be read ({one_line(error)})", advice) from error
    return result


def array(path: Path, advice: str = RUN_AGAIN_ADVICE) -> NDArray[Any]:
    """The array of a ``.npy`` file.

    Raises:
        Damaged: The file is no ``.npy`` file, or declares what it does not hold.
    """
    try:
        with regular(path, advice) as file:
            check_header(path, "an array", file, path.stat().st_size, advice)
            file.seek(0)
            return np.lib.format.read_array(file, allow_pickle=False)
    except (Damaged, FileNotFoundError):
        raise
    except Exception as error:
        raise Damaged(path, f"can't be read ({one_line(error)})", advice) from error


def check_header(path: Path, name: str, part: Any, size: int, advice: str) -> None:
    """Raises Damaged where an array's header declares other bytes than there are."""
    version = np.lib.format.read_magic(part)
    if version not in ((1, 0), (2, 0)):
        raise Damaged(path, f"holds {name} in version {version} of numpy's format", advice)
    numpy_format = np.lib.format
    read_header = (
        numpy_format.read_array_header_1_0
        if version == (1, 0)
        else numpy_format.read_array_header_2_0
    )
    shape, _, kind = read_header(part)
    if kind.hasobject:
        raise Damaged(path, f"holds {name} as pickled objects, which are not read", advice)
    declared_size = math.prod(shape) * kind.itemsize + part.tell()
    if min(shape, default=0) < 0 or declared_size != size:
        raise Damaged(path, f"holds {name} of {shape} {kind}, which is not its size", advice)


def checkpoint(path: Path, advice: str = RUN_AGAIN_ADVICE) -> dict[str, Any]:
    """What a checkpoint holds, loaded as weights only: nothing is unpickled.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is no checkpoint, or holds no weights.
    """
    import torch

    content = weights_only(path, advice)
    weights = content.get("state_dict") if isinstance(content, dict) else None
    if not isinstance(weights, dict):
        raise Damaged(path, "holds no weights", advice)
    size = 0
    for name, value in weights.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise Damaged(path, f"holds {name!r} among its weights, which is none", advice)
        size += value.numel() * value.element_size()
    check_size(path, size)  # a tensor of strides 0 is larger than what it is stored as
    return content


def weights_only(path: Path, advice: str = RUN_AGAIN_ADVICE, unpacked: bytes | None = None) -> Any:
    """What a file of torch holds, tensors and plain values alone: nothing is unpickled.

    Args:
        path: The file.
        advice: What to do where it can't be read.
        unpacked: Its content, where the file on disk is compressed as a whole.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file can't be read, or holds other objects.
    """
    import torch

    if unpacked is None:
        check_checkpoint(path, advice)
    source = path if unpacked is None else io.BytesIO(unpacked)
    try:
        return torch.load(source, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes raise anything from EOFError to IndexError
        if "numpy" in str(error):
            raise Damaged(
                path,
                "holds arrays of numpy, which are no tensors and would be unpickled",
                "save torch.from_numpy(array) in their place, or write them by numpy.savez",
            ) from error
        reason = str(error).partition("WeightsUnpickler error: ")[2].partition(" was not an ")[0]
        short_reason = (
            one_line(ValueError(reason)) if reason else one_line(error)
        )  # without how to trust it
        raise Damaged(
            path, f"can't be read as tensors alone ({type(error).__name__}: {short_reason})", advice
        ) from error


def check_checkpoint(path: Path, advice: str = RUN_AGAIN_ADVICE) -> None:
    """Raises Damaged where a file of torch is no file, or unpacks to more than it is.

    Torch compresses nothing: an entry that is compressed is not of its making.
    """
    with regular(path, advice) as file:
        head = file.read(4)
    if not head:
        raise Damaged(path, "is empty", advice)
    if head != b"PK\x03\x04":
        return  # torch's older form, or none; that is for torch to say
    for entry in directory(path, advice, 2**16).values():
        if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > path.stat().st_size:
            raise Damaged(path, "is a compressed archive, which torch does not write", advice)
