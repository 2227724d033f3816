"""``da-bench reproduce``: a published table and ours, cell by cell."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

HELP = "published tables beside ours, judged cell by cell"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Run what a published table lacks and judge it; without PAPER, list papers. "
        "Example: da-bench reproduce skada_bench --table 1 --seeds 5"
    )
    made.add_argument("paper", nargs="?", default=None, help="a name, or a YAML file")
    made.add_argument("--table", default=None, help="number of one table; all by default")
    made.add_argument("--tasks", nargs="+", default=None, help="rows of the table, by name")
    made.add_argument("--columns", nargs="+", default=None, help="columns of it, by name")
    made.add_argument("--seeds", type=int, default=None,
                      help="how many, from 0; the table's own by default")  # fmt: skip
    made.add_argument("--workers", type=int, default=2,
                      help="processes, each with one torch thread")  # fmt: skip
    made.add_argument("--out", type=Path, default=Path("comparison"), help="folder of the results")
    made.add_argument("--explain", action="store_true",
                      help="only say what is compared and where our protocol differs")  # fmt: skip
    return made


def run(args: Namespace) -> int:
    """Checks the names, which takes no torch; then lists, explains or reproduces."""
    from da_bench.bench import papers, report_papers

    if args.paper is None:
        return report_papers.listing([papers.read(name) for name in papers.names()])
    paper = papers.read(args.paper)
    wanted = papers.chosen(paper, args.table, args.tasks, args.columns)
    for name in ("seeds", "workers"):
        if args[name] is not None and args[name] < 1:
            raise ValueError(f"--{name} {args[name]}: at least 1")
    if args.explain:
        return report_papers.explain(paper, wanted)
    from da_bench.bench.reproduce import reproduce

    return reproduce(paper, wanted, args.seeds, args.workers, args.out)
