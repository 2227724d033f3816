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
    """The argument parser of ``da-bench wandb``."""
    parser = Parser(
        usage="da-bench wandb push FOLDER | workspace [options]",
        description="push sends the runs of a folder that W&B does not have yet, then their "
        "table; offline it\nwrites FOLDER/wandb, which wandb sync sends. workspace makes a "
        "page that compares them.\nExample: da-bench wandb push comparison --where method=dann",
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "action", choices=["push", "workspace"], metavar="action", help="what to do"
    )
    parser.add_argument("folder", type=Path, nargs="?", default=None, help="push: of the results")
    parser.add_argument("--project", default=None, metavar="P", help="WANDB_PROJECT, or da_bench")
    parser.add_argument("--entity", default=None, metavar="E", help="user or team; WANDB_ENTITY, "
                        "or who is logged in")  # fmt: skip
    parser.add_argument("--online", action="store_true", help="send at once, which needs a key; "
                        "workspace: else it is printed")  # fmt: skip
    parser.add_argument("--where", nargs="+", default=[], metavar="IF", help="push: only runs "
                        "with all of method!=dan 'wall_s<9' ...")  # fmt: skip
    return parser


def run(args: Namespace) -> int:
    """Carries out ``args.action``; returns 1 where there was nothing to push."""
    if args.action == "push" and args.folder is None:
        raise ValueError("wandb push needs a folder: the --out of a comparison or sweep")
    if args.action == "workspace" and (args.folder or args.where):
        raise ValueError("wandb workspace takes --project, --entity and --online, nothing else")
    from da_bench.runs.tracking.session import check, destination

    to = destination(args.project, args.entity, args.online)
    check(to.online)  # before anything
    return push_runs(args, to) if args.action == "push" else make_workspace(to)


def push_runs(args: Namespace, destination: "Destination") -> int:
    """Sends the finished runs that W&B does not have yet; returns 1 where there are none."""
    from da_bench.dashboard.media import media
    from da_bench.results.query import condition
    from da_bench.runs.tracking.push import push
    from da_bench.runs.tracking.session import FOLDER

    on_terminal = sys.stderr.isatty()

    def show_progress(done: int, total: int) -> None:
        if on_terminal:
            print(f"\r{done}/{total} runs", end="", file=sys.stderr, flush=True)

    result = push(args.folder, destination, [condition(text) for text in args.where], show_progress,
                  lambda rows, write_times: media(args.folder, rows, write_times))  # fmt: skip
    if on_terminal:
        print("\r", end="", file=sys.stderr)
    for note in result.notes:
        print(f"da-bench: {note}", file=sys.stderr)
    for folder, reason in result.left.items():
        print(f"da-bench: {folder} was left out: {reason}", file=sys.stderr)
    if not result.sent + result.known:
        print(f"da-bench: no finished run to send in {args.folder}", file=sys.stderr)
        return 1
    table = "and their table; " if result.table else "their table is known too; "
    counts = f"{result.sent} runs sent, {result.known} known already"
    print(f"{counts}, {table}project {destination.project}")
    if not destination.online:
        files = args.folder / FOLDER
        print(f"To look at them: wandb leet {files}   to send them: wandb sync {files}")
    return 0


def make_workspace(destination: "Destination") -> int:
    """Makes the page that compares the runs; offline, prints its specification."""
    from da_bench.runs.tracking import workspace

    if not destination.online:
        print(workspace.spec(destination))
        return 0
    print(f"Page of the project: {workspace.build(destination).save().url}")
    return 0
