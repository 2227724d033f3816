"""Arguments of every command that reads a user's own files."""

from argparse import SUPPRESS
from typing import Any

from jsonargparse import ArgumentParser, Namespace

SETTINGS = ("label", "drop", "separator", "decimal", "header", "first_index", "entry")
"""Fields of ``data/columns.py``'s ``Reading``; a test compares them."""


def add_reading(parser: ArgumentParser) -> None:
    """Adds the options that say how to read a file; error messages name those the help omits."""
    add_argument = parser.add_argument
    hidden_options = "--separator --decimal --header --first-index --entry"
    add_argument(
        "--label", nargs="+", default=None, metavar="COLUMN", help="of a table, that is the label"
    )
    add_argument(
        "--drop",
        nargs="*",
        default=None,
        metavar="COLUMN",
        help=f"no feature (also: {hidden_options})",
    )
    add_argument("--separator", type=str, default=None, help=SUPPRESS)
    add_argument("--decimal", choices=[".", ","], default=None, help=SUPPRESS)
    add_argument("--header", choices=["true", "false"], default=None, help=SUPPRESS)
    add_argument("--first-index", type=int, choices=[0, 1], default=None, help=SUPPRESS)
    add_argument("--entry", type=str, default=None, help=SUPPRESS)


def reading_settings(args: Namespace) -> dict[str, Any]:
    """Values of the reading options, by the names of the fields of ``Reading``."""
    values = {name: args[name] for name in SETTINGS}
    if values["header"] is not None:
        values["header"] = values["header"] == "true"
    if values["label"] is not None and len(values["label"]) == 1:
        values["label"] = values["label"][0]
    return values
