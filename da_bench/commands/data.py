"""``da-bench data``: which data sets there are, whether yours is whole, and where to get it."""

from jsonargparse import ArgumentParser, Namespace

HELP = "list, check or download data sets"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        description="Data sets: which there are, whether yours is whole, and where to get it. "
        "Example: da-bench data download amazon_reviews"
    )
    made.add_argument("action", choices=["list", "check", "download"], help="what to do")
    made.add_argument("name", nargs="?", default=None, help="one data set; all by default")
    return made


def run(args: Namespace) -> int:
    """Does it."""
    from da_bench import registry

    return registry.command(args.action, args.name)
