"""``da-bench wandb``: finished runs sent to Weights & Biases, and the page that shows them."""

import sys
from argparse import HelpFormatter
from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

HELP = "finished runs to W&B, each once; offline by default"


def parser() -> ArgumentParser:
    """Its arguments."""
    made = ArgumentParser(
        usage="da-bench wandb push FOLDER [options]",
        description="Sends the runs of a folder that W&B does not have yet, then their table; "
        "again: only what\nis new. Offline it writes FOLDER/wandb, which wandb sync sends. "
        "Example:\nda-bench wandb push comparison --where method=dann",
        formatter_class=HelpFormatter,
    )
    made.add_argument("action", choices=["push"], metavar="push", help="send runs")
    made.add_argument("folder", type=Path, help="of the results")
    made.add_argument("--project", default=None, metavar="P", help="WANDB_PROJECT, or da_bench")
    made.add_argument("--entity", default=None, metavar="E", help="user or team; WANDB_ENTITY, "
                      "or who is logged in")  # fmt: skip
    made.add_argument("--online", action="store_true", help="send at once; needs a key")
    made.add_argument("--where", nargs="+", default=[], metavar="IF", help="only runs "
                      "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    return made


def run(args: Namespace) -> int:
    """Pushes; 1 where there was no finished run."""
    from da_bench.bench.tracking.session import check, destination

    to = destination(args.project, args.entity, args.online)
    check(to.online)  # before anything
    from da_bench.bench.query import condition
    from da_bench.bench.tracking.push import FOLDER, push

    shown = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if shown:
            print(f"\r{done}/{of} runs", end="", file=sys.stderr, flush=True)

    found = push(args.folder, to, [condition(text) for text in args.where], tell)
    if shown:
        print("\r", end="", file=sys.stderr)
    for note in found.notes:
        print(f"da-bench: {note}", file=sys.stderr)
    for folder, why in found.left.items():
        print(f"da-bench: {folder} was left out: {why}", file=sys.stderr)
    if not found.sent + found.known:
        print(f"da-bench: no finished run in {args.folder}", file=sys.stderr)
        return 1
    sent = "the table of results" if found.table else "the table had not changed"
    print(f"{found.sent} runs sent, {found.known} known already; {sent}. Project {to.project}")
    if not to.online:
        print(f"Look: wandb leet {args.folder / FOLDER}   send: wandb sync {args.folder / FOLDER}")
    return 0
