"""``da-bench distance``: does a method bring the domains' held-out features together?"""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from da_bench import experiments

HELP = "proxy A-distance of held-out features, method against twin"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Paired difference of a method's proxy A-distance and its source-only twin's. "
        "Example: da-bench distance --method dann --task books:dvd --seeds 5"
    )
    made.add_argument("--benchmark", default="amazon_reviews_sgd", help="a benchmark")
    made.add_argument("--method", default="dann", help="a method")
    made.add_argument("--task", default="books:dvd", help="SOURCE:TARGET")
    made.add_argument("--seeds", type=int, default=5, help="how many, from 0")
    made.add_argument("--workers", type=int, default=2, help="processes")
    made.add_argument("--out", type=Path, default=Path("comparison"), help="folder of the results")
    return made


def run(args: Namespace) -> int:
    """Measures it."""
    experiments.read("methods", args.method)
    experiments.tasks(args.benchmark, [args.task])
    from da_bench.bench.distance import distance

    return distance(args.benchmark, args.method, args.task, args.seeds, args.workers, args.out)
