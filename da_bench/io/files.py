"""Files of a run, read without harm and written whole: one way in and out for every kind."""

import json
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

LARGEST = 64 * 2**20
"""Bytes of a text that is read whole: a row, a configuration, curves."""
LARGEST_SETTINGS = 4 * 2**20
"""Bytes of a configuration: a hundred times those of a run's; YAML is slow to read."""
MAX_VALUES = 1_000_000
"""Values that a configuration may hold once its aliases are followed."""
MAX_DEPTH = 200
"""How deep a row's or a configuration's values may be nested."""
INTEGER_LIMIT = 2**63
"""What a whole number lies below, on either side: no array, index or column holds a larger one."""
RUN_AGAIN_ADVICE = "take the file from a copy, or remove the run's folder and run it again"


class Damaged(ValueError):
    """A file that can't be read as what it should be.

    Args:
        path: The file; also an attribute, as are the other two.
        fault: What is wrong with the file, in words that follow its name.
        advice: What the user can do.
    """

    def __init__(self, path: str | Path, fault: str, advice: str = RUN_AGAIN_ADVICE) -> None:
        self.path, self.fault, self.advice = Path(path), fault, advice
        super().__init__(f"{path} {fault}: {advice}")


def regular(path: Path, advice: str = RUN_AGAIN_ADVICE) -> IO[bytes]:
    """An open regular file: a directory, a pipe or a device is refused and never waited for.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is no regular file, or may not be read.
    """
    try:
        # A pipe that nobody writes to would be waited for without end.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FileNotFoundError(f"{path}: there is no such file") from error
    except (OSError, ValueError) as error:
        raise Damaged(path, f"can't be read ({reason(error)})", advice) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Damaged(path, "is no file", advice)
    return os.fdopen(descriptor, "rb")


def text(path: Path, largest: int = LARGEST, advice: str = RUN_AGAIN_ADVICE) -> str:
    """The text of a file.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file can't be read, is larger than ``largest`` bytes, or is no UTF-8.
    """
    with regular(path, advice) as file:
        try:
            content = file.read(largest + 1)
        except OSError as error:
            raise Damaged(path, f"can't be read ({reason(error)})", advice) from error
    if len(content) > largest:
        raise Damaged(path, f"is larger than the {largest:,} bytes that such a file has", advice)
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise Damaged(path, f"is no text (byte {error.start})", advice) from error


def json_of(path: Path, advice: str = RUN_AGAIN_ADVICE) -> Any:
    """The value that a JSON file holds.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is not whole, no JSON, nested too deeply, or holds half a character.
    """
    content = text(path, advice=advice)
    try:
        value = json.loads(content)
    except RecursionError as error:
        raise Damaged(path, "is nested too deeply", advice) from error
    except ValueError as error:
        raise Damaged(path, f"is not whole, or no JSON ({one_line(error)})", advice) from error
    check_values(path, value, advice)
    return value


def yaml_of(path: Path, advice: str = RUN_AGAIN_ADVICE) -> dict[str, Any]:
    """The settings that a YAML file holds; nothing in it is executed.

    Raises:
        FileNotFoundError: The file does not exist.
        Damaged: The file is no YAML, no mapping, nested too deeply, or larger than it looks.
    """
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # in C: ten times as fast
    content = text(path, LARGEST_SETTINGS, advice)
    try:
        value = yaml.load(content, loader)
    except RecursionError as error:
        raise Damaged(path, "is nested too deeply", advice) from error
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise Damaged(path, f"can't be read as YAML ({one_line(error)})", advice) from error
    if not isinstance(value, dict):
        raise Damaged(path, "holds no settings", advice)
    check_values(path, value, advice)
    return value


def check_values(path: Path, value: Any, advice: str = RUN_AGAIN_ADVICE) -> None:
    """Raises Damaged where values are nested too deeply, too many, or not to be worked with.

    Half a character can't be written anywhere, and a whole number beyond 64 bits counts nowhere.
    """
    count, stack = 0, [(value, 0)]
    while stack:
        item, depth = stack.pop()
        count += 1
        if depth > MAX_DEPTH:
            raise Damaged(path, "is nested too deeply", advice)
        if count > MAX_VALUES:
            raise Damaged(path, f"holds more than {MAX_VALUES:,} values, aliases followed", advice)
        if isinstance(item, str):  # the most frequent first: thousands of rows are read so
            if not item.isascii() and re.search("[\ud800-\udfff]", item):
                raise Damaged(path, "holds half a character (a lone surrogate)", advice)
        elif isinstance(item, int):
            if not -INTEGER_LIMIT <= item < INTEGER_LIMIT:
                raise Damaged(path, f"holds a whole number of {item.bit_length():,} bits", advice)
        elif isinstance(item, dict):
            stack += [(part, depth + 1) for pair in item.items() for part in pair]
        elif isinstance(item, list | tuple):
            stack += [(part, depth + 1) for part in item]
        elif item is not None and not isinstance(item, float):
            kind = type(item).__name__
            raise Damaged(path, f"holds a {kind} ({str(item)[:40]!r}), where text belongs", advice)


@contextmanager
def open_whole(path: Path) -> Iterator[IO[bytes]]:
    """A file to write to, which takes its place at the end, or not at all.

    It is made anew beside its place, so that a link in either place leads nowhere. A device, such
    as ``/dev/stdout``, is written to as it is.

    Raises:
        OSError: A full or read-only disk; what lay there before lies there still.
    """
    if path.is_relative_to("/dev"):
        with path.open("wb") as device:
            yield device
        return
    partial = path.with_name(f".{path.name[:200]}.{os.getpid()}.part")
    partial.unlink(missing_ok=True)
    try:
        with partial.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: str) -> None:
    """Writes a text whole or not at all; see :func:`whole`."""
    with open_whole(path) as file:
        file.write(content.encode())


def without_links(path: str, flags: int) -> int:
    """An ``opener`` of files to write to: those of the folder itself, no link to elsewhere.

    Raises:
        Damaged: The file is a link, a pipe or a device.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if os.path.islink(path):
            raise Damaged(path, "is a link, and is not written to", "remove it") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Damaged(path, "is no file, and is not written to", "remove it")
    return descriptor


def reason(error: BaseException) -> str:
    """Why an error happened, in the operating system's words where there are any."""
    return (error.strerror if isinstance(error, OSError) else None) or one_line(error)


def one_line(error: BaseException) -> str:
    """An error's message, in one line of at most 200 characters."""
    return " ".join(str(error).split())[:200] or type(error).__name__
