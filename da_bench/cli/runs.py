"""``da-bench runs``: the runs of a folder, listed, shown, verified, exported, removed."""

import json
import shutil
import sys
from argparse import HelpFormatter
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any, Literal

from jsonargparse import Namespace

from da_bench.io.escape import visible
from da_bench.io.files import Damaged, text
from da_bench.results.renderers.rounding import count, readable, text_of

from .options import Parser

if TYPE_CHECKING:
    from da_bench.results.index import Index

HELP = "list, show, verify, export or remove stored runs"
SHOWN = ("method", "variant", "benchmark", "source", "target", "seed", "status", "oracle/target",
         "target_unscored", "wall_s", "diagnosis", "identity")  # fmt: skip
SOME = ("variant", "oracle/target", "target_unscored", "diagnosis")
"""Columns that are shown where some run has them."""
TAKES = {
    "list": {"where", "sort", "reverse", "limit", "columns"},
    "show": {"run", "tail"},
    "verify": set[str](),
    "export": {"where", "sort", "reverse", "limit", "format", "output"},
    "remove": {"where", "yes"},
}
"""Each action's own arguments."""


def parser() -> Parser:
    """Its arguments."""
    made = Parser(
        usage=f"da-bench runs {'|'.join(TAKES)} FOLDER [RUN] [options]",
        description="What a folder of runs holds, and whether it is whole (verify). Examples:\n"
        "da-bench runs list comparison --where method=dann 'wall_s>10' status!=ok\n"
        "da-bench runs show comparison 0123456789   (as runs list shows identities)",
        formatter_class=HelpFormatter,
    )
    made.add_argument("action", choices=list(TAKES), metavar="action", help="what to do")
    made.add_argument("folder", type=Path, nargs="?", default=None, help="of the results, the "
                      "--out of compare or sweep")  # fmt: skip
    made.add_argument("run", nargs="?", default=None, help="show: its identity, or folder")
    made.add_argument("--where", nargs="+", default=[], metavar="IF", help="list, export, "
                      "remove: all of COLUMN=VALUE, !=, >, >=, <, <=, ~ (contains)")  # fmt: skip
    made.add_argument("--sort", default=None, metavar="COLUMN", help="list, export: lowest first")
    made.add_argument("--reverse", action="store_true", help="list, export: highest first")
    made.add_argument("--limit", type=int, default=None, metavar="N", help="list, export: so many")
    made.add_argument("--columns", nargs="+", default=[], metavar="C", help="list: what to show")
    made.add_argument("--tail", type=int, default=15, metavar="N", help="show: lines of the log")
    made.add_argument("--format", choices=["csv", "parquet"], default=None,
                      help="export, else as FILE ends")  # fmt: skip
    made.add_argument("--output", type=Path, default=None, metavar="FILE", help="export: where to")
    made.add_argument("--yes", action="store_true", help="remove: do not ask")
    return made


def run(args: Namespace) -> int:
    """Carries out the action; 1 where it found fault."""
    own = TAKES[args.action]
    for name in sorted(set().union(*TAKES.values()) - own):
        if args[name] != parser().get_default(name):
            raise ValueError(
                f"runs {args.action} takes no {'--' * (name != 'run')}{name}; "
                f"it takes {', '.join(sorted(own)) or 'none but the folder'}"
            )
    if args.folder is None:
        run = " 0123456789" * (args.action == "show")
        raise ValueError(f"runs {args.action} needs the folder of the results, such as "
                         f"da-bench runs {args.action} comparison{run}")  # fmt: skip
    if "run" in own and args.run is None:
        raise ValueError(lone(args.folder))
    if "output" in own and args.output is None:
        raise ValueError(f"runs {args.action} needs --output")
    from da_bench.results.index import Index

    with Index(args.folder) as index:
        for note in index.notes:
            print(f"da-bench: {note}", file=sys.stderr)
        return {"list": listed, "show": shown, "verify": verified, "export": exported,
                "remove": removed}[args.action](index, args)  # fmt: skip


def lone(folder: Path) -> str:
    """What ``runs show`` lacks where it was given one name: that of the results, or of a run."""
    if not folder.exists():
        return (
            f"there is no folder {folder}; runs show needs that of the results, then the run: "
            f"da-bench runs show comparison {folder}"
        )
    results = next((p.parent for p in folder.resolve().parents if p.name == "runs"), None)
    if results and (folder / "result.json").is_file():
        return (
            "runs show needs the folder of the results before the run: "
            f"da-bench runs show {results} {folder.name.rpartition('-')[2]}"
        )
    return (
        f"runs show needs a run after the folder: da-bench runs show {folder} IDENTITY; "
        f"da-bench runs list {folder} shows identities"
    )


def chosen(index: "Index", args: Namespace) -> list[dict[str, Any]]:
    """The rows that the conditions leave."""
    from da_bench.results.query import condition

    if args.limit is not None and args.limit < 1:
        raise ValueError(f"--limit {args.limit}: expected at least 1")
    if args.reverse and not args.sort:
        raise ValueError("--reverse needs --sort COLUMN")
    sort = f"-{args.sort}" if args.reverse else args.sort
    return index.rows([condition(text) for text in args.where], sort, args.limit)


def listed(index: "Index", args: Namespace) -> int:
    """A line a run, as columns: within the screen, or whole where they are named."""
    from da_bench.results.query import expression, value_at
    from da_bench.results.renderers.run_list import fitted

    rows, columns = chosen(index, args), args.columns or list(SHOWN)
    for column in set(columns) - set(SHOWN):
        expression(column, index.columns())  # an unknown one is told, not shown as empty
    cells = {c: [text_of(value_at(row, c), c) for row in rows] for c in columns}
    told, width = "", shutil.get_terminal_size().columns
    if not args.columns:  # a variant that no run has is no column worth its width
        cells["variant"] = [readable(text) for text in cells["variant"]]
        some = {c: own for c, own in cells.items() if c not in SOME or any(own)}
        cells, told = fitted(some, width)
    padded = [
        [text.ljust(max(map(len, (c, *own)))) for text in (c, *own)] for c, own in cells.items()
    ]
    for line in zip(*padded, strict=True):
        print("  ".join(line).rstrip())
    faults = index.faults()
    torn = f"{len(faults)} results are torn (runs verify)" * bool(faults)
    print(fill("; ".join(filter(None, [count(len(rows), "run"), told, torn])), width))
    return 0


def shown(index: "Index", args: Namespace) -> int:
    """One run's row, what was diagnosed, its configuration and the end of its log."""
    from da_bench.results.diagnoses import account
    from da_bench.results.folders import stands_for

    if args.tail < 0:
        raise ValueError(f"--tail {args.tail}: expected a number of lines, 0 for none")

    asked = Path(args.run)
    names = {args.run.rstrip("/"), str(asked)}
    if asked.is_dir() and asked.resolve().is_relative_to(args.folder.resolve()):
        names.add(str(asked.resolve().relative_to(args.folder.resolve())))
    rows = index.rows()
    found = [row for row in rows if row["folder"] in names]
    found = found or [row for row in rows if str(row.get("identity", "")).startswith(args.run)]
    torn = [folder for folder in sorted(index.faults()) if stands_for(folder, names, args.run)]
    if torn and not found:
        raise ValueError(f"{torn[0]}: {index.faults()[torn[0]]}; a rerun does it again")
    if len(found) != 1:
        some = "".join(f"\n  {row['identity'][:16]}  {row['folder']}" for row in found[:10])
        many = f"{len(found)} runs begin" if found else "no run begins"
        raise ValueError(f"{many} with {args.run!r} in {args.folder}; see da-bench runs list{some}")
    folder = args.folder / found[0]["folder"]
    print(f"{folder}\n\nresult.json\n{json.dumps(found[0], indent=1)}")
    print("\n".join(["", "health", *account(found[0])]))
    for name, tail in (("config.yaml", None), ("log.txt", args.tail)):
        try:
            lines = text(folder / name).splitlines()
        except FileNotFoundError:
            print(f"\n{name}: there is none")
            continue
        except Damaged as error:
            print(f"\n{name} {error.fault}: {error.advice}")
            continue
        kept = lines if tail is None else lines[max(0, len(lines) - tail) :]
        print("\n".join(["", name, *map(visible, kept)]))
    return 0


def verified(index: "Index", args: Namespace) -> int:
    """What is wrong with any run."""
    from da_bench.results.index import NAME, Index
    from da_bench.results.verify import verify

    with Index(args.folder, keep=False) as anew:  # the folders are the truth, an index says no more
        rows, torn = anew.rows(), anew.faults()
    faults, unfinished = verify(args.folder, rows, torn)
    if json.dumps(rows) != json.dumps(index.rows()):
        faults.append((NAME, "says otherwise than the folders do: remove it, it is made anew"))
    for folder, fault in faults:
        print(f"{visible(folder)}: {visible(fault)}")
    every = len(rows) + len(torn)
    print(f"{count(every, 'result')}, {count(len(faults), 'fault')}; "
          f"{count(unfinished, 'folder')} without a result: "
          "runs on their way, or stopped, that a rerun does again")  # fmt: skip
    return 1 if faults else 0


def exported(index: "Index", args: Namespace) -> int:
    """Rows as a file for other programs."""
    from da_bench.results.export import export

    rows = chosen(index, args)
    if not rows:
        print("no run meets these conditions: nothing is written")
        return 1
    columnar = args.output.suffix in (".parquet", ".pq")
    named: Literal["csv", "parquet"] = "parquet" if columnar else "csv"
    export(rows, args.output, args.format or named)
    print(f"{count(len(rows), 'run')}: {args.output}")
    return 0


def removed(index: "Index", args: Namespace) -> int:
    """Deletes whole folders of runs, once that is confirmed."""
    from da_bench.results.folders import remove
    from da_bench.results.store import lock

    if not args.where:
        raise ValueError(
            "runs remove deletes nothing without a condition: name the runs with --where, such as "
            "--where status=failed; see them first with da-bench runs list"
        )
    rows = chosen(index, args)
    for row in rows[:20]:
        print(row["folder"])
    if len(rows) > 20:
        print(f"and {len(rows) - 20} more")
    if not rows:
        print("no run meets these conditions")
        return 0
    if not args.yes:
        print(f"Remove {count(len(rows), 'run')} with all files? [y/N] ", end="", flush=True)
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            print("nothing removed")
            return 1
    with lock(args.folder):  # or a driver at work could lose what it is about to start from
        for row in rows:
            remove(args.folder, row["folder"])
    index.refresh()
    print(f"{count(len(rows), 'run')} removed")
    return 0
