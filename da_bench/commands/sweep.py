"""``da-bench sweep``: every combination that a YAML file asks for."""

from jsonargparse import ArgumentParser, Namespace

from . import add_running, engine

HELP = "methods with parameter grids or search spaces, from a YAML file"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Run a grid or search; all of it is checked before anything runs, and a rerun "
        "does only what is missing. Example: da-bench sweep moons_weights"
    )
    made.add_argument("name", help="of a file in experiments/sweeps, or a YAML file of that form")
    add_running(made, "sweep")
    made.add_argument("--dry-run", action="store_true", help="check, and say what would run")
    return made


def run(args: Namespace) -> int:
    """Expands, checks and runs it."""
    from da_bench.bench import sweep

    asked, chosen = sweep.read(args.name), engine(args)
    from da_bench.bench.sweeping import run_sweep

    return run_sweep(asked, args.workers, args.out, chosen, args.dry_run)
