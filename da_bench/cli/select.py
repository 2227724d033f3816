"""``da-bench select``: settings chosen anew over finished runs, without target labels."""

import sys
from argparse import HelpFormatter
from pathlib import Path
from textwrap import wrap

from jsonargparse import Namespace

from da_bench.selection.catalogue import FROM_FOLDER, VALIDATORS, check

from .arguments import add_format, add_trust, table_format
from .options import Parser

HELP = "choose settings anew, without target labels"


def parser() -> Parser:
    """The argument parser of ``da-bench select``."""
    parser = Parser(
        usage="da-bench select FOLDER (--by VALIDATOR | --all) [options]",
        description="Chooses each method's setting on each task by a validator, over seeds. "
        "Columns\noracle/... read target labels, after the choice. "
        "Example:\nda-bench select sweep --by class_ami\nValidators of stored outputs:\n"
        + "\n".join(wrap(", ".join(VALIDATORS), 80))
        + f"\nAt a cost, printed before it starts: {', '.join(FROM_FOLDER)}",
        formatter_class=HelpFormatter,
    )
    parser.add_argument("folder", type=Path, help="of the results")
    parser.add_argument("--by", type=str, default=None, metavar="VALIDATOR", help="which chooses")
    parser.add_argument("--all", action="store_true", help="every validator side by side: regret "
                        "and rank correlation")  # fmt: skip
    parser.add_argument("--also", nargs="+", default=[], choices=list(FROM_FOLDER),
                        metavar="NAME", help="with "
                        "--all: what costs more than reading outputs")  # fmt: skip
    add_format(parser)
    add_trust(parser)
    parser.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                        "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    parser.add_argument("--output", type=Path, default=None, metavar="FILE",
                        help="not the screen")  # fmt: skip
    parser.add_argument("--figure", type=Path, default=None, metavar="FILE",
                        help="with --all: draw it there (.svg, .png, .pdf)")  # fmt: skip
    return parser


def run(args: Namespace) -> int:
    """Prints or writes the choices; 1 where no finished run has outputs, or a figure no content.

    Raises:
        ValueError: Not one of ``--by`` and ``--all``, or a figure or ``--also`` without ``--all``.
    """
    if args.all == bool(args.by):
        raise ValueError("give --by VALIDATOR or --all; validators: "
                         + ", ".join([*VALIDATORS, *FROM_FOLDER]))  # fmt: skip
    if args.figure and not args.all:
        raise ValueError("--figure draws what --all computes: give --all")
    if args.also and not args.all:
        raise ValueError("--also adds to what --all computes: give --all, or --by that validator")
    validator_names = list(dict.fromkeys([*VALIDATORS, *args.also])) if args.all else [args.by]
    for name in validator_names:
        check(name)
    from da_bench.io.files import open_whole, write_whole
    from da_bench.results.choice import choosing
    from da_bench.results.choice.regret import trust
    from da_bench.results.index import Index
    from da_bench.results.other_code import made_by_other_code
    from da_bench.results.query import condition
    from da_bench.results.renderers import choice_table
    from da_bench.runs.validators import score_runs

    with Index(args.folder) as index:
        rows = index.rows([condition(text) for text in args.where])
        write_times = index.write_times()
    for line in index.notes:
        print(f"da-bench: {line}", file=sys.stderr)
    runs = score_runs(rows, write_times, args.folder, validator_names)
    if not runs:
        print(f"da-bench: no finished run in {args.folder} has outputs", file=sys.stderr)
        return 1
    if number := sum(made_by_other_code(run.row) for run in runs):
        print(
            f"da-bench: {number} of {len(runs)} runs were made by other code than what is "
            "installed now; compare, sweep and reproduce run them again with --recompute",
            file=sys.stderr,
        )
    status = 0
    if args.all:
        reliability = trust(runs, validator_names)
        text = choice_table.validator_comparison(reliability, table_format(args))
        reason = choosing.no_choice_reason(runs)
        if reason:
            print(f"da-bench: {reason}", file=sys.stderr)
        if args.figure and reason:  # its axes would be empty
            print("da-bench: no figure is drawn", file=sys.stderr)
            status = 1
        elif args.figure:
            from da_bench.figures import validators

            args.figure.parent.mkdir(parents=True, exist_ok=True)
            figure = validators(
                {record.validator: (record.regret[:2], record.rank[:2]) for record in reliability}
            )
            with open_whole(args.figure) as file:
                figure.savefig(file, format=args.figure.suffix[1:] or None)
    else:
        choices, undefined = choosing.choices(runs, args.by)
        text = choice_table.choices_table(choices, args.by, table_format(args))
        for key in undefined:
            print(f"da-bench: {args.by} is undefined for {' '.join(key)}", file=sys.stderr)
    if args.output:
        args.output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(args.output, text + "\n")
        print(f"Table: {args.output}")
    else:
        print(text)
    return status
