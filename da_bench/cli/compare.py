"""``da-bench compare``: methods side by side over tasks and seeds."""

from jsonargparse import Namespace

from da_bench.config import layers
from da_bench.config.settings import parse_assignments

from .arguments import add_logging, add_running, command_parser, engine_and_options, logger_layer
from .options import Parser

HELP = "methods x tasks x seeds, one table"
METHODS = ["source_only", "reweighted_kmm", "dan", "deep_coral", "dann"]


def parser() -> Parser:
    """The argument parser of ``da-bench compare``."""
    parser = command_parser(
        "compare [options]",
        "Methods x tasks x seeds, one table; a rerun does only what is missing.",
        "compare --benchmark digits --methods dann deep_coral --seeds 5",
    )
    add = parser.add_argument
    add("--benchmark", nargs="+", default=["digits", "moons"], metavar="NAME",
        help="or YAML files (digits moons)")  # fmt: skip
    add("--methods", nargs="+", default=METHODS, metavar="NAME",
        help="or YAML files; source_only joins as the twin")  # fmt: skip
    add("--tasks", nargs="+", default=None, metavar="S:T", help="source and target; all by default")
    add("--seeds", type=int, default=3, metavar="N", help="how many, from 0 (3)")
    add("--labels", nargs="+", type=int, default=[], metavar="N",
        help="target labels, for methods that use some")  # fmt: skip
    add("--set", nargs="+", default=[], metavar="K=V",
        help="for every method, such as trainer.max_epochs=5")  # fmt: skip
    add_logging(parser)
    add_running(parser, "comparison")
    return parser


def run(args: Namespace) -> int:
    """Checks all names, which needs no torch, then runs the comparison."""
    for name in args.methods:
        layers.read("methods", name)
    for name in args.benchmark:
        layers.tasks(name, args.tasks)
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least 1 is needed")
    overrides = layers.merge(logger_layer(args), parse_assignments(args.set))
    engine = engine_and_options(args)
    from da_bench.runs.compare import compare
    from da_bench.runs.other_code import policy_of

    other_code = policy_of(args.recompute, args.older_code)
    return compare(args.benchmark, args.methods, args.tasks, args.seeds, args.workers, args.out,
                   args.labels, overrides, engine, other_code)  # fmt: skip
