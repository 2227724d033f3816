"""``da-bench sweep``: every combination that a YAML file asks for."""

from dataclasses import replace

from jsonargparse import Namespace

from da_bench.config import layers

from .arguments import add_logging, add_running, command_parser, engine_and_options, logger_layer
from .options import Parser

HELP = "grids and searches of settings, from a YAML file"


def parser() -> Parser:
    """The argument parser of ``da-bench sweep``."""
    parser = command_parser(
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
    """Expands the sweep, checks every run and carries them out."""
    from da_bench.runs import sweep_file

    sweep, layer = sweep_file.read(args.name), logger_layer(args)
    sweep = replace(sweep, overrides=layers.merge(layer, sweep.overrides))
    engine = engine_and_options(args)
    from da_bench.runs.other_code import policy_of
    from da_bench.runs.sweep import run_sweep

    other_code = policy_of(args.recompute, args.older_code)
    return run_sweep(sweep, args.workers, args.out, engine, args.dry_run, other_code)
