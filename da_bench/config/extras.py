"""Packages that only some figures and tests need, imported where they are used."""

import importlib
from typing import Any


class MissingExtra(RuntimeError):
    """A package that is not installed; the message names the extra that brings it."""


def needs(module: str, extra: str) -> Any:
    """Imports a module that an extra of the installation brings.

    Args:
        module: Name of the module.
        extra: Name of the extra, for the error.

    Raises:
        MissingExtra: The module is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or not module.startswith(error.name):
            raise  # it is installed, and lacks something itself
        raise MissingExtra(f'{module} is not installed: pip install "da_bench[{extra}]"') from error
