"""Arguments of every command that reads a user's own files."""

from typing import Any

from jsonargparse import ArgumentParser, Namespace

SETTINGS = ("label", "drop", "separator", "decimal", "header", "first_index", "entry")
"""Fields of ``data/columns.py``'s ``Reading``; a test compares them."""


def add_reading(parser: ArgumentParser) -> None:
    """What decides where a file can be read in two ways."""
    add = parser.add_argument
    add("--label", nargs="+", default=None, metavar="COLUMN", help="that hold the label")
    add("--drop", nargs="*", default=None, metavar="COLUMN", help="that are no features")
    add("--separator", type=str, default=None, metavar="C", help="of fields: ; or tab, say")
    add("--decimal", choices=[".", ","], default=None, help="the decimal sign")
    add("--header", choices=["true", "false"], default=None, help="does line 1 hold names?")
    add("--first-index", type=int, choices=[0, 1], default=None, help="of an svmlight file")
    add("--entry", type=str, default=None, metavar="NAME", help="of an archive's inputs")


def settings(args: Namespace) -> dict[str, Any]:
    """What was given, by the names of a ``Reading``."""
    given = {name: args[name] for name in SETTINGS}
    if given["header"] is not None:
        given["header"] = given["header"] == "true"
    if given["label"] is not None and len(given["label"]) == 1:
        given["label"] = given["label"][0]
    return given
