"""``da-bench sweep``: every combination that a YAML file asks for."""

from dataclasses import replace

from jsonargparse import Namespace

from da_bench.config import layers

from .arguments import add_logging, add_running, engine, logging, made
from .options import Parser

HELP = "grids and searches of settings, from a YAML file"


def parser() -> Parser:
    """Its arguments."""
    parser = made(
        "sweep NAME [options]",
        "A grid or search, checked whole before anything runs; a rerun does only what is missing.",
        "sweep moons_weights --engine ray",
    )
    parser.add_argument("name", help="of a sweep that ships, or a YAML file of that form")
    add_logging(parser)
    add_running(parser, "sweep")
    parser.add_argument("--dry-run", action="store_true", help="check, and say what would run")
    return parser


def run(args: Namespace) -> int:
    """Expands, checks and runs it."""
    from da_bench.runs import sweep_file

    asked, layer = sweep_file.read(args.name), logging(args)
    asked = replace(asked, overrides=layers.merge(layer, asked.overrides))
    chosen = engine(args)
    from da_bench.runs.sweep import run_sweep

    return run_sweep(asked, args.workers, args.out, chosen, args.dry_run)
