"""``da-bench data``: which data sets there are, whether yours is whole, and where to get it."""

from jsonargparse import Namespace

from .arguments import command_parser
from .options import Parser

HELP = "list, check or download data sets"


def parser() -> Parser:
    """The argument parser of ``da-bench data``."""
    parser = command_parser(
        "data list|check|download [NAME]",
        "Data sets: which there are, whether yours is whole, and where to get it.",
        "data check amazon_reviews",
    )
    parser.add_argument("action", choices=["list", "check", "download"], help="what to do")
    parser.add_argument("name", nargs="?", default=None, help="one data set; all by default")
    return parser


def run(args: Namespace) -> int:
    """Lists, checks or downloads data sets."""
    from da_bench.published import registry

    return registry.command(args.action, args.name)
