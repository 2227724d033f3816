"""One file a subcommand: its help, its parser, what it does; heavy imports inside ``run``."""

from pathlib import Path
from typing import Any

from jsonargparse import ArgumentParser, Namespace

OPTIONS = ("address", "gpus_per_run", "partition", "minutes")
"""What only some engines take."""


def add_running(parser: ArgumentParser, out: str) -> None:
    """Arguments of every command that carries out runs."""
    parser.add_argument(
        "--workers", type=int, default=2, help="runs at a time, a torch thread each"
    )
    parser.add_argument("--out", type=Path, default=Path(out), help="folder of the results")
    parser.add_argument("--engine", default="local", choices=["local", "ray", "slurm"],
                        help="where runs are carried out")  # fmt: skip
    parser.add_argument("--address", type=str, default=None, help="ray: of a running cluster")
    parser.add_argument("--gpus-per-run", type=float, default=None, help="ray, slurm: may be 0.25")
    parser.add_argument("--partition", type=str, default=None, help="slurm: where to queue")
    parser.add_argument("--minutes", type=int, default=None, help="slurm: the most a run may take")


def engine(args: Namespace) -> tuple[str, dict[str, Any]]:
    """The engine asked for, and its options.

    Raises:
        ValueError: There would be no worker.
    """
    if args.workers < 1:
        raise ValueError(f"--workers {args.workers}: at least 1 is needed")
    return args.engine, {k: args[k] for k in OPTIONS if args[k] is not None}
