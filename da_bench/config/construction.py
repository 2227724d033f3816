"""Making objects from a stored description: errors name the run, and its size is bounded."""

from argparse import ArgumentError
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from da_bench.io.archives import CHECKPOINTS, check_size
from da_bench.io.files import one_line

SMALL_NETWORK_BYTES = 64 * 2**20
"""Size in bytes up to which a network is built without a look at its checkpoint."""
PYTHON_ERRORS = (TypeError, LookupError, AttributeError, ArithmeticError, MemoryError,
                 AssertionError, ImportError)  # fmt: skip
"""Errors that say nothing to a user: a library tripped over a value that nobody checks."""


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

    seen_tensors: set[int] = set()
    total = 0
    folder = path if path.is_dir() else path.parent

    def count(_: Any, __: str, tensor: Any) -> None:
        """Adds a tensor before anything is written into it."""
        nonlocal total
        if tensor is None or id(tensor) in seen_tensors:
            return
        seen_tensors.add(id(tensor))
        total += tensor.numel() * tensor.element_size()
        if total > SMALL_NETWORK_BYTES and path.exists():
            files = [folder / name for name in CHECKPOINTS if (folder / name).is_file()]
            checkpoint = max(files, key=lambda file: file.stat().st_size, default=path)
            check_size(checkpoint, total, "belongs to a network of {:,.0f} MB and has {:,.1f} MB")

    hooks = [
        module.register_module_parameter_registration_hook(count),
        module.register_module_buffer_registration_hook(count),
    ]
    try:
        with name_run_in_errors(path):
            yield
    finally:
        for hook in hooks:
            hook.remove()


@contextmanager
def name_run_in_errors(path: Path, problem: str = "describes what can't be made") -> Iterator[None]:
    """Names a stored run's file in what goes wrong inside.

    Args:
        path: The file; or the folder, where several of its files may be at fault.
        problem: What is wrong with the file, for errors of Python that say little to a user.

    Raises:
        ValueError: In place of an error that is none of a user's, or of Lightning's settings.
    """
    from lightning.pytorch.utilities.exceptions import MisconfigurationException

    try:
        yield
    except (ArgumentError, ValueError, OSError, RuntimeError) as error:
        if str(path) not in " ".join([str(error), *getattr(error, "__notes__", ())]):
            error.add_note(f"of the run {path}")
        raise
    except PYTHON_ERRORS as error:
        fault = f"{type(error).__name__}: {one_line(error)}"
        raise ValueError(f"{path} {problem} ({fault})") from error
    except MisconfigurationException as error:  # parts that contradict each other
        raise ValueError(f"{path}: {error}") from error
