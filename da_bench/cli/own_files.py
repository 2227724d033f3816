"""Arguments of every command that reads a user's own files."""

from argparse import SUPPRESS
from typing import Any

from jsonargparse import ArgumentParser, Namespace

SETTINGS = ("label", "drop", "separator", "decimal", "header", "first_index", "entry")
"""Fields of ``data/columns.py``'s ``Reading``; a test compares them."""


def add_reading(parser: ArgumentParser) -> None:
    """What decides where a file can be read in two ways; errors name what is not in the help."""
    add = parser.add_argument
    others = "--separator --decimal --header --first-index --entry"
    add("--label", nargs="+", default=None, metavar="COLUMN", help="of a table, that is the label")
    add("--drop", nargs="*", default=None, metavar="COLUMN", help=f"no feature (also: {others})")
    add("--separator", type=str, default=None, help=SUPPRESS)
    add("--decimal", choices=[".", ","], default=None, help=SUPPRESS)
    add("--header", choices=["true", "false"], default=None, help=SUPPRESS)
    add("--first-index", type=int, choices=[0, 1], default=None, help=SUPPRESS)
    add("--entry", type=str, default=None, help=SUPPRESS)


def settings(args: Namespace) -> dict[str, Any]:
    """What was given, by the names of a ``Reading``."""
    given = {name: args[name] for name in SETTINGS}
    if given["header"] is not None:
        given["header"] = given["header"] == "true"
    if given["label"] is not None and len(given["label"]) == 1:
        given["label"] = given["label"][0]
    return given
