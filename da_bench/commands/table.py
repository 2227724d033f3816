"""``da-bench table``: the runs of a folder as a table, with statistics and figures if asked."""

import sys
from argparse import HelpFormatter
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

HELP = "a folder's runs as text, LaTeX or CSV; statistics"
FORMATS = ("markdown", "latex", "csv", "text")


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        usage="da-bench table FOLDER [options]",
        description="Methods across, tasks down, mean and spread over seeds, and gain. "
        "Example:\nda-bench table comparison --format latex --statistics",
        formatter_class=HelpFormatter,
    )
    made.add_argument("folder", type=Path, help="of the results")
    made.add_argument("--format", choices=FORMATS, default="markdown", help="of the table")
    made.add_argument("--statistics", action="store_true", help="add gains with intervals, "
                      "interquartile means, ranks and tests")  # fmt: skip
    made.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                      "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    made.add_argument("--normalise", choices=["wall", "cpu", "gpu"], default=None, help="divide "
                      "gains by those seconds, as multiples of source_only's")  # fmt: skip
    made.add_argument("--allow-mixed", dest="allow_mixed", action="store_true", help="mix "
                      "protocols, and say so")  # fmt: skip
    made.add_argument("--output", type=Path, default=None, metavar="FILE",
                      help="not the screen")  # fmt: skip
    made.add_argument("--figures", type=Path, default=None, metavar="FOLDER",
                      help="draw figures there")  # fmt: skip
    return made


def run(args: Namespace) -> int:
    """Prints or writes it; 1 where no run had finished."""
    from da_bench.bench.index import Index
    from da_bench.bench.query import condition
    from da_bench.bench.tabulate import tabulate

    with Index(args.folder) as index:
        rows = index.rows([condition(text) for text in args.where])
        written = index.written()
    for note in index.notes:
        print(f"da-bench: {note}", file=sys.stderr)
    if not any(row.get("status") == "ok" for row in rows):
        what = f" with {' '.join(args.where)}" if args.where else ""
        print(f"da-bench: no finished run in {args.folder}{what}", file=sys.stderr)
        return 1
    text = tabulate(rows, written, args.format, args.normalise, args.allow_mixed,
                    args.statistics, args.figures)  # fmt: skip
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        args.output.write_text(text + "\n")
        print(f"Table: {args.output}")
    else:
        print(text)
    return 0
