"""``da-bench list``: what can be named on the command line, as the YAML says it."""

import json

from jsonargparse import ArgumentParser, Namespace

from da_bench import experiments

HELP = "methods, benchmarks, tasks"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="What can be named on the command line: da-bench list methods dann"
    )
    made.add_argument("what", nargs="?", default="all", help="what to list",
                      choices=["all", "methods", "benchmarks", "tasks"])  # fmt: skip
    made.add_argument("name", nargs="?", default=None, help="one method or benchmark, in full")
    return made


def run(args: Namespace) -> int:
    """Prints it."""
    from rich.console import Console
    from rich.table import Table

    console = Console()
    if args.name:
        kind: experiments.Kind = "methods" if args.what == "methods" else "data"
        layer = experiments.read(kind, args.name)
        console.print_json(json.dumps(layer))
        return 0
    if args.what in ("all", "methods"):
        table = Table(title="Methods", box=None, title_justify="left")
        for column in ("method", "family", "setting", "paper"):
            table.add_column(column, no_wrap=column == "method")
        for name in experiments.names("methods"):
            about = experiments.read("methods", name).get("about", {})
            table.add_row(
                name, *(str(about.get(key, "")) for key in ("family", "setting", "paper"))
            )
        console.print(table)
    if args.what in ("all", "benchmarks", "tasks"):
        table = Table("benchmark", "title", "tasks", title="Benchmarks", box=None)
        for name in experiments.names("data"):
            about = experiments.read("data", name).get("about", {})
            pairs = experiments.tasks(name)
            text = (
                " ".join(f"{s}:{t}" for s, t in pairs) if args.what == "tasks" else str(len(pairs))
            )
            table.add_row(name, str(about.get("title", "")), text)
        console.print(table)
    return 0
