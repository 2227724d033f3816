"""One file a subcommand: its help, its parser, what it does; heavy imports inside ``run``."""

import sys
from pathlib import Path
from textwrap import fill
from typing import Any

from jsonargparse import Namespace

from .options import Parser

WIDTH = 80
"""Width of a wrapped description, in columns; the example stays on one line."""
TABLE_FORMATS = ("markdown", "latex", "csv", "text")
"""Values of ``--format`` for tables."""
ENGINE_OPTIONS = ("address", "gpus_per_run", "partition", "minutes")
"""Options that only some engines take."""


def command_parser(name: str, description: str, example: str) -> Parser:
    """A parser with a short line of usage and an example that works."""
    return Parser(
        usage=f"da-bench {name}",
        description=f"{fill(description, WIDTH)}\nExample: da-bench {example}",
    )


def add_running(parser: Parser, out: str) -> None:
    """Arguments of every command that carries out runs."""
    from da_bench.runs.engines import ENGINES

    add_argument = parser.add_argument
    add_argument(
        "--workers", type=int, default=2, metavar="N", help="runs at a time, one thread each (2)"
    )
    add_argument(
        "--out", type=Path, default=Path(out), metavar="FOLDER", help=f"of the results ({out})"
    )
    add_argument("--recompute", action="store_true", help="run again what other code has finished")
    add_argument("--older-code", action="store_true", help="or take such runs as they are, marked")
    add_argument("--engine", default="local", choices=[*ENGINES], metavar="NAME",
        help=", ".join(f"{name} ({place})" for name, (_, place) in ENGINES.items()))  # fmt: skip
    add_argument("--address", type=str, default=None, metavar="A", help="ray: of a running cluster")
    add_argument(
        "--gpus-per-run", type=float, default=None, metavar="X", help="ray, slurm: may be 0.25"
    )
    add_argument("--partition", type=str, default=None, metavar="P", help="slurm: where to queue")
    add_argument(
        "--minutes", type=int, default=None, metavar="N", help="slurm: the most a run may take"
    )


def add_logging(parser: Parser) -> None:
    """The argument of commands whose runs can be watched in W&B."""
    parser.add_argument("--logger", choices=["wandb", "wandb-online"], default=None, metavar="NAME",
                        help="wandb (to files: see da-bench wandb), wandb-online")  # fmt: skip


def logger_layer(args: Namespace) -> dict[str, Any]:
    """The layer of configuration that turns on the logger which ``--logger`` names.

    Raises:
        NotLoggedIn: The logger is online, and there is no key.
    """
    from da_bench.runs.tracking import live, session

    session.check(args.logger == "wandb-online")
    return live.layer(args.logger)


def add_trust(parser: Parser) -> None:
    """The argument of commands that open stored runs."""
    parser.add_argument("--trust", nargs="+", default=[], metavar="NAME", help="code of "
                        "yours that a stored run may name")  # fmt: skip


def add_format(parser: Parser) -> None:
    """The argument of commands that print a table or write it to a file."""
    parser.add_argument("--format", choices=TABLE_FORMATS, default=None,
                        help="text on a terminal, else markdown")  # fmt: skip


def table_format(args: Namespace) -> str:
    """Name of the format of a table: ``--format``, or else what suits the screen or a file."""
    on_screen = args.output is None and sys.stdout.isatty()
    if args.format in (None, "text") and on_screen:
        return "screen"
    return args.format or "markdown"


def engine_and_options(args: Namespace) -> tuple[str, dict[str, Any]]:
    """The name of the engine and its options; starts the imports of local workers early.

    Raises:
        ValueError: ``--workers`` is below 1.
    """
    if args.workers < 1:
        raise ValueError(f"--workers {args.workers}: at least 1 is needed")
    if args.engine == "local" and not args.get("dry_run"):
        from da_bench.runs.engines.local import warm

        warm()
    return args.engine, {k: args[k] for k in ENGINE_OPTIONS if args[k] is not None}
