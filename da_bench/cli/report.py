"""``da-bench report``: the runs of a folder as one HTML file that needs no server."""

import sys
from argparse import HelpFormatter
from pathlib import Path

from jsonargparse import Namespace

from .options import Parser

HELP = "a folder's runs as one HTML file: figures, tables, tests"


def parser() -> Parser:
    """Its arguments."""
    made = Parser(
        usage="da-bench report FOLDER [options]",
        description="Which method wins, where and why, as one file for any browser: no server, "
        "and no request\nto any host. Example:\nda-bench report comparison --open",
        formatter_class=HelpFormatter,
    )
    made.add_argument("folder", type=Path, help="of the results")
    made.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                      "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    made.add_argument("--output", type=Path, default=None, metavar="FILE",
                      help="FOLDER/report.html where it is not given")  # fmt: skip
    made.add_argument(
        "--validators",
        choices=["auto", "yes", "no"],
        default="auto",
        help="score them over runs' outputs, 0.15 s a run; auto: up to 500 runs",
    )
    made.add_argument("--bootstrap", action="store_true", help="the gains' intervals over seeds "
                      "and tasks, too")  # fmt: skip
    made.add_argument("--open", action="store_true", help="in the browser")
    return made


def run(args: Namespace) -> int:
    """Writes it; 1 where no run had finished, which the file then says."""
    from da_bench.dashboard.report import write

    output = args.output or args.folder / "report.html"
    results = write(args.folder, output, args.where, args.validators,
                    lambda line: print(f"da-bench: {line}", file=sys.stderr),
                    args.bootstrap)  # fmt: skip
    print(f"Report: {output}")
    if args.open:
        import webbrowser

        webbrowser.open(output.resolve().as_uri())
    if not (results.runs["status"] == "ok").any():
        what = f" and {' '.join(args.where)}" if args.where else ""
        print(f"da-bench: no finished run in {args.folder}{what}", file=sys.stderr)
        return 1
    return 0
