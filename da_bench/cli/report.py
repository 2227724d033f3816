"""``da-bench report``: the runs of a folder as one HTML file that needs no server."""

import sys
from argparse import HelpFormatter
from pathlib import Path

from jsonargparse import Namespace

from da_bench.results.row import OK, STATUS

from .options import Parser

HELP = "a folder's runs as one HTML file: figures, tables, tests"


def parser() -> Parser:
    """The argument parser of ``da-bench report``."""
    parser = Parser(
        usage="da-bench report FOLDER [options]",
        description="Which method wins, where and why, as one file for any browser: no server, "
        "and no request\nto any host. Example:\nda-bench report comparison --open",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="of the results")
    parser.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                        "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    parser.add_argument("--output", type=Path, default=None, metavar="FILE",
                        help="default: FOLDER/report.html")  # fmt: skip
    parser.add_argument(
        "--validators",
        choices=["auto", "yes", "no"],
        default="auto",
        help="score them over runs' outputs, 0.15 s a run; auto: up to 500 runs",
    )
    parser.add_argument("--bootstrap", action="store_true", help="the gains' intervals over seeds "
                        "and tasks, too")  # fmt: skip
    parser.add_argument("--open", action="store_true", help="in the browser")
    return parser


def run(args: Namespace) -> int:
    """Writes the report; returns 1 where no run had finished, which the file then says."""
    from da_bench.dashboard.report import write

    output = args.output or args.folder / "report.html"
    results = write(args.folder, output, args.where, args.validators,
                    lambda line: print(f"da-bench: {line}", file=sys.stderr),
                    args.bootstrap)  # fmt: skip
    print(f"Report: {output}")
    if args.open:
        import webbrowser

        webbrowser.open(output.resolve().as_uri())
    if not (results.runs[STATUS] == OK).any():
        condition_text = f" and {' '.join(args.where)}" if args.where else ""
        print(f"da-bench: no finished run in {args.folder}{condition_text}", file=sys.stderr)
        return 1
    return 0
