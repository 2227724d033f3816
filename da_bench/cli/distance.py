"""``da-bench distance``: does a method bring the domains' held-out features together?"""

from pathlib import Path

from jsonargparse import Namespace

from da_bench.config import layers

from .arguments import command_parser
from .options import Parser

HELP = "proxy A-distance, method against twin"


def parser() -> Parser:
    """The argument parser of ``da-bench distance``."""
    parser = command_parser(
        "distance [options]",
        "Proxy A-distance of a method's held-out features, paired with its source-only twin's. "
        "The exit status is the verdict: 0 where the interval of the paired difference lies below "
        "zero, 1 where it does not; 0 too with one seed, which has no interval.",
        "distance --method dann --task books:dvd --seeds 5",
    )
    add_argument = parser.add_argument
    add_argument("--benchmark", default="amazon_reviews_sgd", metavar="NAME", help="or YAML file "
        "(amazon_reviews_sgd)")  # fmt: skip
    add_argument("--method", default="dann", metavar="NAME", help="or YAML file (dann)")
    add_argument("--task", default="books:dvd", metavar="S:T", help="source and target (books:dvd)")
    add_argument("--seeds", type=int, default=5, metavar="N", help="how many, from 0 (5)")
    add_argument("--workers", type=int, default=2, metavar="N", help="runs at a time (2)")
    add_argument("--out", type=Path, default=Path("comparison"), metavar="FOLDER",
        help="of the results (comparison)")  # fmt: skip
    return parser


def run(args: Namespace) -> int:
    """Measures the distances; returns 1 where the interval does not lie below zero."""
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least 1 is needed")
    layers.read("methods", args.method)
    layers.tasks(args.benchmark, [args.task])
    from da_bench.runs.domain_distance import distance

    return distance(args.benchmark, args.method, args.task, args.seeds, args.workers, args.out)
