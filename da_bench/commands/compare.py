"""``da-bench compare``: methods side by side over tasks and seeds."""

from jsonargparse import ArgumentParser, Namespace

from da_bench import experiments

from . import add_running, engine

HELP = "methods x tasks x seeds, one table"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Compare methods over tasks and seeds; a rerun does only what is missing."
    )
    made.add_argument("--benchmark", nargs="+", default=["digits", "moons"],
                      help="names (da-bench list benchmarks) or YAML files")  # fmt: skip
    made.add_argument("--methods", nargs="+",
                      default=["source_only", "reweighted_kmm", "dan", "deep_coral", "dann"],
                      help="names (da-bench list methods) or YAML files; "
                      "source_only joins as the twin")  # fmt: skip
    made.add_argument("--tasks", nargs="+", default=None,
                      help="SOURCE:TARGET ...; all of the benchmark's by default")  # fmt: skip
    made.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    made.add_argument("--labels", nargs="+", type=int, default=[], help="numbers of granted "
                      "target labels, for methods that use some")  # fmt: skip
    made.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="override any "
                      "value for every method, e.g. trainer.max_epochs=5")  # fmt: skip
    add_running(made, "comparison")
    return made


def run(args: Namespace) -> int:
    """Checks the names, which takes no torch, then compares."""
    for name in args.methods:
        experiments.read("methods", name)
    for name in args.benchmark:
        experiments.tasks(name, args.tasks)
    if args.seeds < 1:
        raise ValueError(f"--seeds {args.seeds}: at least 1 is needed")
    chosen = engine(args)
    from da_bench.bench.compare import compare

    return compare(args.benchmark, args.methods, args.tasks, args.seeds, args.workers, args.out,
                   args.labels, experiments.assigned(args.set), chosen)  # fmt: skip
