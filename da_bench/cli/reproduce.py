"""``da-bench reproduce``: a published table and ours, cell by cell."""

from jsonargparse import Namespace

from .arguments import add_running, command_parser, engine_and_options
from .options import Parser

HELP = "published tables beside ours, judged cell by cell"


def parser() -> Parser:
    """The argument parser of ``da-bench reproduce``."""
    parser = command_parser(
        "reproduce [PAPER] [options]",
        "Runs what a published table lacks and judges it; without PAPER, lists papers.",
        "reproduce skada_bench --table 1 --columns train_source",
    )
    add = parser.add_argument
    add("paper", nargs="?", default=None, help="a name, or a YAML file")
    add("--table", metavar="N", default=None, help="one table; all by default")
    add("--tasks", metavar="ROW", nargs="+", default=None, help="some of its rows")
    add("--columns", metavar="NAME", nargs="+", default=None, help="some of its columns")
    add("--seeds", metavar="N", type=int, default=None, help="the table says; fewer: not judged")
    add("--explain", action="store_true", help="only say where our protocol differs")
    add_running(parser, "comparison")
    return parser


def run(args: Namespace) -> int:
    """Checks all names, which needs no torch; then lists, explains or reproduces tables."""
    from da_bench.papers import published, side_by_side

    if args.paper is None:
        options = [f"--{key}" for key in ("table", "tasks", "columns", "seeds") if args[key]]
        if options:
            raise ValueError(
                f"{options[0]} of which paper? Name one of {', '.join(published.names())} before it"
            )
        return side_by_side.list_papers([published.read(name) for name in published.names()])
    paper = published.read(args.paper)
    tables = published.select_tables(paper, args.table, args.tasks, args.columns)
    if args.seeds is not None and args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least 1")
    if args.explain:
        return side_by_side.explain(paper, tables)
    engine = engine_and_options(args)
    from da_bench.papers.reproduce import reproduce
    from da_bench.runs.other_code import policy_of

    other_code = policy_of(args.recompute, args.older_code)
    return reproduce(paper, tables, args.seeds, args.workers, args.out, engine, other_code)
