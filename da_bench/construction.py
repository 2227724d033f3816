"""Making objects from a stored description: errors name the run, and its size is bounded."""

from argparse import ArgumentError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .archives import CHECKPOINTS, check_size
from .files import one_line

SMALL = 64 * 2**20
"""Bytes of a network whose size nobody asks about."""


@contextmanager
def building(path: Path) -> Iterator[None]:
    """Names the run in what goes wrong while its objects are made, and bounds their size.

    Args:
        path: Folder of the run, or a file in it. Its checkpoint says how large a network can be:
            as large as an archive of its size may unpack to.

    Raises:
        Damaged: The network would be larger than that; none of it is in memory by then.
        ValueError: An object can't be made from what is stored.
    """
    from torch.nn.modules import module

    seen: set[int] = set()
    total = 0
    folder = path if path.is_dir() else path.parent

    def count(_: Any, __: str, tensor: Any) -> None:
        """Adds a tensor before anything is written into it."""
        nonlocal total
        if tensor is None or id(tensor) in seen:
            return
        seen.add(id(tensor))
        total += tensor.numel() * tensor.element_size()
        if total > SMALL and path.exists():
            files = [folder / name for name in CHECKPOINTS if (folder / name).is_file()]
            checkpoint = max(files, key=lambda file: file.stat().st_size, default=path)
            check_size(checkpoint, total, "belongs to a network of {:,.0f} MB and has {:,.1f} MB")

    hooks = [
        module.register_module_parameter_registration_hook(count),
        module.register_module_buffer_registration_hook(count),
    ]
    try:
        yield
    except (ArgumentError, ValueError, OSError, RuntimeError) as error:
        if str(folder) not in str(error):
            error.add_note(f"of the run {path}")
        raise
    except (TypeError, LookupError, AttributeError, ArithmeticError, MemoryError) as error:
        fault = f"{type(error).__name__}: {one_line(error)}"
        raise ValueError(f"{path} describes what can't be made ({fault})") from error
    finally:
        for hook in hooks:
            hook.remove()
