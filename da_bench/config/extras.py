"""Packages that only some figures and tests need, imported where they are used."""

import importlib
import json
from importlib import metadata
from typing import Any
from urllib.parse import urlparse
from urllib.request import url2pathname


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
        raise MissingExtra(f"{module} is not installed: {install_command(extra)}") from error


def install_command(extra: str) -> str:
    """The command that adds an extra to this installation, from where da_bench was installed."""
    try:
        record = metadata.distribution("da_bench").read_text("direct_url.json")
    except metadata.PackageNotFoundError:  # it runs from its files
        record = None
    origin = json.loads(record) if record else {}
    url = str(origin.get("url", ""))
    if origin.get("dir_info", {}).get("editable"):
        return f'pip install -e "{url2pathname(urlparse(url).path)}[{extra}]"'
    return f'pip install "da_bench[{extra}]{f" @ {url}" * bool(url)}"'
