"""The ``da-bench`` command; what a subcommand needs is imported inside it."""

import json
import sys
from argparse import ArgumentError, RawDescriptionHelpFormatter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, DefaultHelpFormatter, Namespace

from . import __version__, experiments

ABOUT = """domain adaptation: train where labels are plenty, serve where they are missing

  da-bench compare                                    methods side by side on embedded data
  da-bench compare --benchmark amazon_reviews --methods source_only dann deep_coral --seeds 3
  da-bench list methods                               what can be compared
  da-bench fit --benchmark digits --method dann       one run; --help shows its parameters
"""
RUNS = ("fit", "validate", "test", "predict")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = build()
    try:
        if argv and argv[0] in RUNS and not ("--run" in argv and argv[0] == "predict"):
            from .run import run

            return run(argv)
        args = parser.parse_args(argv or ["--help"])
        command = args.subcommand
        return COMMANDS[command](args[command])
    except KeyboardInterrupt:
        print(
            "\nStopped. Finished runs are kept: the same command goes on from here.",
            file=sys.stderr,
        )
        return 130
    except (ArgumentError, ValueError, OSError, RuntimeError) as error:
        print(f"da-bench: {explained(str(error))}", file=sys.stderr)
        return 2


def explained(message: str) -> str:
    """An error of the parser, with the nearest name where a key is unknown."""
    import importlib
    import re

    from .spec import nearest, parameters

    option = re.search(r"Option '([\w.]+)' is not accepted", message)
    path = re.findall(r"class_path '([\w.]+)'", message)
    if option and path:
        module, _, name = path[-1].rpartition(".")
        known = parameters(getattr(importlib.import_module(module), name))
        return f"{name} takes no argument {option[1]!r}{nearest(option[1], known)}"
    group = re.search(r"Group '(\w+)' does not accept option '([\w.]+)'", message)
    if group and group[1] == "trainer":
        from lightning.pytorch import Trainer

        return f"trainer takes no argument {group[2]!r}{nearest(group[2], parameters(Trainer))}"
    key = re.search(r"Key '([\w.]+)' is not expected|Unrecognized arguments: --?(\S+)", message)
    if key:
        return f"there is no setting {key[1] or key[2]!r}"
    inner = re.search(r"Errors:\n *- (.*?)\n *- Expected a <class 'NoneType'>", message, re.DOTALL)
    return re.sub(r"\s*\n\s*", " ", inner[1]) if inner else message  # out of its wrapping


class Help(DefaultHelpFormatter, RawDescriptionHelpFormatter):
    """Keeps the examples as they are written."""


def build() -> ArgumentParser:
    """The parser of everything that needs no torch."""
    parser = ArgumentParser(
        prog="da-bench", description=ABOUT, version=__version__, formatter_class=Help
    )
    commands = parser.add_subcommands(dest="subcommand")

    one = ArgumentParser(
        description="Compare methods over tasks and seeds; a rerun does only what is missing."
    )
    one.add_argument("--benchmark", nargs="+", default=["digits", "moons"],
                     help="names (da-bench list benchmarks) or YAML files")  # fmt: skip
    one.add_argument("--methods", nargs="+",
                     default=["source_only", "reweighted_kmm", "dan", "deep_coral", "dann"],
                     help="names (da-bench list methods) or YAML files; "
                     "source_only joins as the twin")  # fmt: skip
    one.add_argument("--tasks", nargs="+", default=None,
                     help="SOURCE:TARGET ...; all of the benchmark's by default")  # fmt: skip
    one.add_argument("--seeds", type=int, default=3, help="how many, from 0")
    one.add_argument("--labels", nargs="+", type=int, default=[], help="numbers of granted "
                     "target labels, for methods that use some")  # fmt: skip
    one.add_argument("--workers", type=int, default=2, help="processes, each with one torch thread")
    one.add_argument("--out", type=Path, default=Path("comparison"), help="folder of the results")
    one.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="override any "
                     "value for every method, e.g. trainer.max_epochs=5")  # fmt: skip
    commands.add_subcommand("compare", one, help="methods x tasks x seeds, one table")

    for name in RUNS:
        own = ArgumentParser(description="see da-bench fit --help")
        if name == "predict":
            own.add_argument("--run", type=Path, help="folder of a finished run")
            own.add_argument("--input", type=Path, help="samples: .npy .npz .csv .svmlight .pt, "
                             "or a folder of images")  # fmt: skip
            own.add_argument(
                "--output", type=Path, default=Path("predictions.csv"), help="where to write"
            )
        commands.add_subcommand(name, own, help=HELP[name])

    listing = ArgumentParser(description="What can be named on the command line.")
    listing.add_argument("what", nargs="?", default="all", help="what to list",
                         choices=["all", "methods", "benchmarks", "tasks"])  # fmt: skip
    listing.add_argument("name", nargs="?", default=None, help="one method or benchmark, in full")
    commands.add_subcommand("list", listing, help="methods, benchmarks, tasks")

    data = ArgumentParser(
        description="Data sets: which there are, whether yours is whole, and where to get it."
    )
    data.add_argument("action", choices=["list", "check", "download"], help="what to do")
    data.add_argument("name", nargs="?", default=None, help="one data set; all by default")
    commands.add_subcommand("data", data, help="list, check or download data sets")

    divergence = ArgumentParser(
        description="Paired difference of a method's proxy A-distance and its source-only twin's."
    )
    divergence.add_argument("--benchmark", default="amazon_reviews_sgd", help="a benchmark")
    divergence.add_argument("--method", default="dann", help="a method")
    divergence.add_argument("--task", default="books:dvd", help="SOURCE:TARGET")
    divergence.add_argument("--seeds", type=int, default=5, help="how many, from 0")
    divergence.add_argument("--workers", type=int, default=2, help="processes")
    divergence.add_argument(
        "--out", type=Path, default=Path("comparison"), help="folder of the results"
    )
    commands.add_subcommand(
        "distance", divergence, help="proxy A-distance of held-out features, method against twin"
    )
    return parser


HELP = {
    "fit": "train one method on one pair of domains",
    "validate": "score a run's source validation split",
    "test": "score a run on both domains",
    "predict": "logits of a benchmark's target, or of your own samples by --run and --input",
}


def overrides(pairs: Sequence[str]) -> dict[str, Any]:
    """``a.b=1`` as nested dictionaries, values read as YAML."""
    import yaml

    found: dict[str, Any] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals:
            raise ValueError(f"--set {pair!r}: write it as KEY=VALUE")
        nested: Any = yaml.safe_load(value)
        for part in reversed(key.split(".")):
            nested = {part: nested}
        found = experiments.merge(found, nested)
    return found


def compare(args: Namespace) -> int:
    """Checks the names, which takes no torch, then compares."""
    for name in args.methods:
        experiments.read("methods", name)
    for name in args.benchmark:
        experiments.tasks(name, args.tasks)
    if args.seeds < 1 or args.workers < 1:
        raise ValueError(f"--seeds {args.seeds} --workers {args.workers}: both are at least 1")
    from .bench.compare import compare as run

    return run(args.benchmark, args.methods, args.tasks, args.seeds, args.workers, args.out,
               args.labels, overrides(args.set))  # fmt: skip


def listing(args: Namespace) -> int:
    """Prints what the YAML says."""
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


def data(args: Namespace) -> int:
    """Lists, checks or downloads data sets."""
    from . import registry

    return registry.command(args.action, args.name)


def predict(args: Namespace) -> int:
    """Predictions of a finished run on the user's samples."""
    from .run import predict_input

    return predict_input(args.run, args.input, args.output)


def distance(args: Namespace) -> int:
    """The paired proxy A-distance."""
    experiments.read("methods", args.method)
    experiments.tasks(args.benchmark, [args.task])
    from .bench.distance import distance as measure

    return measure(args.benchmark, args.method, args.task, args.seeds, args.workers, args.out)


COMMANDS = {
    "compare": compare,
    "list": listing,
    "data": data,
    "predict": predict,
    "distance": distance,
}
