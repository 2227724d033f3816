"""``da-bench sweep``: every combination that a YAML file asks for."""

from jsonargparse import ArgumentParser, Namespace

from . import add_running, engine, made

HELP = "grids and searches of settings, from a YAML file"


def parser() -> ArgumentParser:
    """Its arguments."""
    parser = made(
        "sweep NAME [options]",
        "A grid or search, checked whole before anything runs; a rerun does only what is missing.",
        "sweep moons_weights --engine ray",
    )
    parser.add_argument("name", help="of a sweep that ships, or a YAML file of that form")
    add_running(parser, "sweep")
    parser.add_argument("--dry-run", action="store_true", help="check, and say what would run")
    return parser


def run(args: Namespace) -> int:
    """Expands, checks and runs it."""
    from da_bench.bench import sweep

    asked, chosen = sweep.read(args.name), engine(args)
    from da_bench.bench.sweeping import run_sweep

    return run_sweep(asked, args.workers, args.out, chosen, args.dry_run)
