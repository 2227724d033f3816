"""``da-bench wandb``: finished runs sent to Weights & Biases, and the page that shows them."""

import sys
from argparse import HelpFormatter
from pathlib import Path
from typing import TYPE_CHECKING

from jsonargparse import Namespace

from .options import Parser

if TYPE_CHECKING:
    from da_bench.runs.tracking.session import Destination

HELP = "finished runs to W&B, each once; offline by default"


def parser() -> Parser:
    """Its arguments."""
    made = Parser(
        usage="da-bench wandb push FOLDER | workspace [options]",
        description="push sends the runs of a folder that W&B does not have yet, then their "
        "table; offline it\nwrites FOLDER/wandb, which wandb sync sends. workspace makes a "
        "page that compares them.\nExample: da-bench wandb push comparison --where method=dann",
        formatter_class=HelpFormatter,
    )
    made.add_argument("action", choices=["push", "workspace"], metavar="action", help="what to do")
    made.add_argument("folder", type=Path, nargs="?", default=None, help="push: of the results")
    made.add_argument("--project", default=None, metavar="P", help="WANDB_PROJECT, or da_bench")
    made.add_argument("--entity", default=None, metavar="E", help="user or team; WANDB_ENTITY, "
                      "or who is logged in")  # fmt: skip
    made.add_argument("--online", action="store_true", help="send at once, which needs a key; "
                      "workspace: else it is printed")  # fmt: skip
    made.add_argument("--where", nargs="+", default=[], metavar="IF", help="push: only runs "
                      "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    return made


def run(args: Namespace) -> int:
    """Carries out the action; 1 where there was nothing to push."""
    if args.action == "push" and args.folder is None:
        raise ValueError("wandb push needs a folder: the --out of a comparison or sweep")
    if args.action == "workspace" and (args.folder or args.where):
        raise ValueError("wandb workspace takes --project, --entity and --online, nothing else")
    from da_bench.runs.tracking.session import check, destination

    to = destination(args.project, args.entity, args.online)
    check(to.online)  # before anything
    return pushed(args, to) if args.action == "push" else shown(to)


def pushed(args: Namespace, to: "Destination") -> int:
    """Sends what is new."""
    from da_bench.dashboard.media import media
    from da_bench.results.query import condition
    from da_bench.runs.tracking.push import push
    from da_bench.runs.tracking.session import FOLDER

    watched = sys.stderr.isatty()

    def tell(done: int, of: int) -> None:
        if watched:
            print(f"\r{done}/{of} runs", end="", file=sys.stderr, flush=True)

    found = push(args.folder, to, [condition(text) for text in args.where], tell,
                 lambda rows, written: media(args.folder, rows, written))  # fmt: skip
    if watched:
        print("\r", end="", file=sys.stderr)
    for note in found.notes:
        print(f"da-bench: {note}", file=sys.stderr)
    for folder, why in found.left.items():
        print(f"da-bench: {folder} was left out: {why}", file=sys.stderr)
    if not found.sent + found.known:
        print(f"da-bench: no finished run to send in {args.folder}", file=sys.stderr)
        return 1
    table = "and their table; " if found.table else "their table is known too; "
    print(f"{found.sent} runs sent, {found.known} known already, {table}project {to.project}")
    if not to.online:
        files = args.folder / FOLDER
        print(f"To look at them: wandb leet {files}   to send them: wandb sync {files}")
    return 0


def shown(to: "Destination") -> int:
    """Makes the page, or prints what it would be."""
    from da_bench.runs.tracking import workspace

    if not to.online:
        print(workspace.spec(to))
        return 0
    print(f"Page of the project: {workspace.build(to).save().url}")
    return 0
