"""``da-bench dashboard``: the local app over a folder of results, live while a sweep runs."""

from functools import partial
from pathlib import Path

from jsonargparse import Namespace

from .arguments import command_parser
from .options import Parser

HELP = "a local app over a folder's runs, live"


def parser() -> Parser:
    """The argument parser of ``da-bench dashboard``."""
    parser = command_parser(
        "dashboard FOLDER [options]",
        "Results in the browser, live while a sweep runs: figures, filters over any column, one "
        "run, two side by side. It only reads, and only below FOLDER. Ctrl-C ends it.",
        "dashboard comparison",
    )
    add_argument = parser.add_argument
    add_argument("folder", type=Path, help="of the results, the --out of compare or sweep")
    add_argument(
        "--host", default="127.0.0.1", help="where to listen (127.0.0.1: this machine alone)"
    )
    add_argument("--port", type=int, default=8501, metavar="N", help="(8501)")
    add_argument("--allow-host", nargs="+", default=[], metavar="NAME",
        help="further host names to answer to, such as a proxy's")  # fmt: skip
    add_argument("--no-browser", dest="browser", action="store_false", help="open none")
    return parser


def run(args: Namespace) -> int:
    """Serves the app until it is interrupted."""
    from da_bench.dashboard.serve import serve

    serve(args.folder, args.host, args.port, args.browser, partial(print, flush=True),
          args.allow_host)  # fmt: skip
    return 0
