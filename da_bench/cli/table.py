"""``da-bench table``: the runs of a folder as a table, with statistics and figures if asked."""

import sys
from argparse import HelpFormatter
from pathlib import Path

from jsonargparse import Namespace

from da_bench.results.row import OK, STATUS
from da_bench.selection.catalogue import VALIDATORS, check

from .arguments import add_format, table_format
from .options import Parser

HELP = "a folder's runs as text, LaTeX or CSV; statistics"


def parser() -> Parser:
    """The argument parser of ``da-bench table``."""
    parser = Parser(
        usage="da-bench table FOLDER [options]",
        description="Methods across, tasks down, mean and spread over seeds, and gain. "
        "Example:\nda-bench table comparison --format latex --statistics\n"
        "Validators: see da-bench select --help. Choosing reads no target label.",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="of the results")
    add_format(parser)
    parser.add_argument("--statistics", action="store_true", help="gains with intervals, means, "
                        "ranks, tests")  # fmt: skip
    parser.add_argument("--bootstrap", action="store_true", help="statistics show "
                        "the gains' bootstrap intervals, too")  # fmt: skip
    parser.add_argument("--by", type=str, default=None, metavar="VALIDATOR",
                        help="show only settings that it chooses")  # fmt: skip
    parser.add_argument("--validators", nargs="*", default=None, metavar="NAME",
                        help="their regret and ranks, of all if none is named")  # fmt: skip
    parser.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                        "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    parser.add_argument("--normalise", choices=["wall", "cpu", "gpu"], default=None, help="divide "
                        "gains by seconds, source_only's as 1")  # fmt: skip
    parser.add_argument("--allow-mixed", dest="allow_mixed", action="store_true", help="mix "
                        "protocols, and say so")  # fmt: skip
    parser.add_argument("--output", type=Path, default=None, metavar="FILE",
                        help="not the screen")  # fmt: skip
    parser.add_argument("--figures", type=Path, default=None, metavar="FOLDER",
                        help="draw figures there")  # fmt: skip
    return parser


def run(args: Namespace) -> int:
    """Prints or writes the table; where all runs failed, it lists them.

    Returns:
        The exit status: 1 where no run had finished, or none has the outputs that are needed.

    Raises:
        UnknownValidator: No validator has a name that was typed.
        ValueError: ``--bootstrap`` without ``--statistics``.
    """
    if args.bootstrap and not args.statistics:
        raise ValueError("--bootstrap adds to what --statistics prints: give --statistics")
    names = list(VALIDATORS) if args.validators == [] else list(args.validators or [])
    validator_names = list(dict.fromkeys([*names, *([args.by] if args.by else [])]))
    for name in validator_names:
        check(name)
    from da_bench.io.files import write_whole
    from da_bench.results.index import Index
    from da_bench.results.query import condition
    from da_bench.results.renderers.document import tabulate

    with Index(args.folder) as index:
        rows = index.rows([condition(text) for text in args.where])
        write_times = index.write_times()
        unreadable = [
            f"{folder} is left out: {reason}" for folder, reason in index.faults().items()
        ]
    for note in [*index.notes, *unreadable]:
        print(f"da-bench: {note}", file=sys.stderr)
    has_finished = any(row.get(STATUS) == OK for row in rows)
    if not has_finished:
        condition_text = f" with {' '.join(args.where)}" if args.where else ""
        print(f"da-bench: no finished run in {args.folder}{condition_text}", file=sys.stderr)
        if not rows:
            return 1
        names, args.by, args.statistics, args.figures = [], None, False, None
    runs = []
    if validator_names and has_finished:
        from da_bench.runs.validators import score_runs

        runs = score_runs(rows, write_times, args.folder, validator_names)
        if not runs:
            print(f"da-bench: no finished run in {args.folder} has outputs", file=sys.stderr)
            return 1
    text = tabulate(rows, write_times, table_format(args), args.normalise, args.allow_mixed,
                    args.statistics, args.figures, runs, names, args.by,
                    args.bootstrap)  # fmt: skip
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(args.output, text + "\n")
        print(f"Table: {args.output}")
    else:
        print(text)
    return 0 if has_finished else 1
