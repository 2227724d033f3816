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
from da_bench.results.row import (
    BENCHMARK,
    DIAGNOSIS,
    IDENTITY,
    SCORE,
    STATUS,
    UNSCORED,
    VARIANT,
    WALL_S,
)

from .options import Parser

if TYPE_CHECKING:
    from da_bench.results.index import Index

HELP = "list, show, verify, export or remove stored runs"
DEFAULT_COLUMNS = ("method", VARIANT, BENCHMARK, "source", "target", "seed", STATUS,
                   SCORE, UNSCORED, WALL_S, DIAGNOSIS,
                   IDENTITY)  # fmt: skip
OPTIONAL_COLUMNS = (VARIANT, SCORE, UNSCORED, DIAGNOSIS)
"""Columns that are shown where some run has them."""
OPTIONS_OF_ACTION = {
    "list": {"where", "sort", "reverse", "limit", "columns"},
    "show": {"run", "tail"},
    "verify": set[str](),
    "export": {"where", "sort", "reverse", "limit", "format", "output"},
    "remove": {"where", "yes"},
}
"""The options that each action takes."""


def parser() -> Parser:
    """The argument parser of ``da-bench runs``."""
    parser = Parser(
        usage=f"da-bench runs {'|'.join(OPTIONS_OF_ACTION)} FOLDER [RUN] [options]",
        description="What a folder of runs holds, and whether it is whole (verify). Examples:\n"
        "da-bench runs list comparison --where method=dann 'wall_s>10' status!=ok\n"
        "da-bench runs show comparison 0123456789   (as runs list shows identities)",
        formatter_class=HelpFormatter,
    )
    parser.add_argument(
        "action", choices=list(OPTIONS_OF_ACTION), metavar="action", help="what to do"
    )
    parser.add_argument("folder", type=Path, nargs="?", default=None, help="of the results, the "
                        "--out of compare or sweep")  # fmt: skip
    parser.add_argument("run", nargs="?", default=None, help="show: its identity, or folder")
    parser.add_argument("--where", nargs="+", default=[], metavar="IF", help="list, export, "
                        "remove: all of COLUMN=VALUE, !=, >, >=, <, <=, ~ (contains)")  # fmt: skip
    parser.add_argument("--sort", default=None, metavar="COLUMN", help="list, export: lowest first")
    parser.add_argument("--reverse", action="store_true", help="list, export: highest first")
    parser.add_argument(
        "--limit", type=int, default=None, metavar="N", help="list, export: so many"
    )
    parser.add_argument("--columns", nargs="+", default=[], metavar="C", help="list: what to show")
    parser.add_argument("--tail", type=int, default=15, metavar="N", help="show: lines of the log")
    parser.add_argument("--format", choices=["csv", "parquet"], default=None,
                        help="export, else as FILE ends")  # fmt: skip
    parser.add_argument(
        "--output", type=Path, default=None, metavar="FILE", help="export: where to"
    )
    parser.add_argument("--yes", action="store_true", help="remove: do not ask")
    return parser


def run(args: Namespace) -> int:
    """Carries out ``args.action``; returns the exit status, 1 where ``verify`` found a fault."""
    allowed = OPTIONS_OF_ACTION[args.action]
    for name in sorted(set().union(*OPTIONS_OF_ACTION.values()) - allowed):
        if args[name] != parser().get_default(name):
            raise ValueError(
                f"runs {args.action} takes no {'--' * (name != 'run')}{name}; "
                f"it takes {', '.join(sorted(allowed)) or 'none but the folder'}"
            )
    if args.folder is None:
        run = " 0123456789" * (args.action == "show")
        raise ValueError(f"runs {args.action} needs the folder of the results, such as "
                         f"da-bench runs {args.action} comparison{run}")  # fmt: skip
    if "run" in allowed and args.run is None:
        raise ValueError(missing_argument_message(args.folder))
    if "output" in allowed and args.output is None:
        raise ValueError(f"runs {args.action} needs --output")
    from da_bench.results.index import Index

    with Index(args.folder) as index:
        for note in index.notes:
            print(f"da-bench: {note}", file=sys.stderr)
        return {"list": list_runs, "show": show_run, "verify": verify_runs, "export": export_runs,
                "remove": remove_runs}[args.action](index, args)  # fmt: skip


def missing_argument_message(folder: Path) -> str:
    """What ``runs show`` needs besides the one name that was typed: a run, or the results."""
    if not folder.exists():
        return (
            f"there is no folder {folder}; runs show needs that of the results, then the run: "
            f"da-bench runs show comparison {folder}"
        )
    results = next(
        (parent.parent for parent in folder.resolve().parents if parent.name == "runs"), None
    )
    if results and (folder / "result.json").is_file():
        return (
            "runs show needs the folder of the results before the run: "
            f"da-bench runs show {results} {folder.name.rpartition('-')[2]}"
        )
    return (
        f"runs show needs a run after the folder: da-bench runs show {folder} IDENTITY; "
        f"da-bench runs list {folder} shows identities"
    )


def selected_rows(index: "Index", args: Namespace) -> list[dict[str, Any]]:
    """Rows of the index that meet ``--where``, in the order of ``--sort``, at most ``--limit``.

    Raises:
        ValueError: ``--limit`` is below 1, or ``--reverse`` stands without ``--sort``.
    """
    from da_bench.results.query import condition

    if args.limit is not None and args.limit < 1:
        raise ValueError(f"--limit {args.limit}: expected at least 1")
    if args.reverse and not args.sort:
        raise ValueError("--reverse needs --sort COLUMN")
    sort = f"-{args.sort}" if args.reverse else args.sort
    return index.rows([condition(text) for text in args.where], sort, args.limit)


def list_runs(index: "Index", args: Namespace) -> int:
    """Prints a table with one line per run; fits the screen unless ``--columns`` names columns."""
    from da_bench.results.query import expression, value_at
    from da_bench.results.renderers.run_list import fit_columns

    rows, columns = selected_rows(index, args), args.columns or list(DEFAULT_COLUMNS)
    for column in set(columns) - set(DEFAULT_COLUMNS):
        expression(column, index.columns())  # an unknown column is an error, not an empty column
    cells = {c: [text_of(value_at(row, c), c) for row in rows] for c in columns}
    hidden_note, width = "", shutil.get_terminal_size().columns
    if not args.columns:  # a variant that no run has is no column worth its width
        cells[VARIANT] = [readable(text) for text in cells[VARIANT]]
        non_empty = {
            c: texts for c, texts in cells.items() if c not in OPTIONAL_COLUMNS or any(texts)
        }
        cells, hidden_note = fit_columns(non_empty, width)
    padded_cells = []
    for c, texts in cells.items():
        column_width = max(map(len, (c, *texts)))
        padded_cells.append([text.ljust(column_width) for text in (c, *texts)])
    for line in zip(*padded_cells, strict=True):
        print("  ".join(line).rstrip())
    faults = index.faults()
    torn_note = f"{len(faults)} results are torn (runs verify)" * bool(faults)
    print(fill("; ".join(filter(None, [count(len(rows), "run"), hidden_note, torn_note])), width))
    return 0


def show_run(index: "Index", args: Namespace) -> int:
    """Prints one run's row, its health findings, its configuration and the end of its log.

    Raises:
        ValueError: No run or several runs match ``args.run``, or its result file is torn.
    """
    from da_bench.results.diagnoses import account
    from da_bench.results.folders import stands_for

    if args.tail < 0:
        raise ValueError(f"--tail {args.tail}: expected a number of lines, 0 for none")

    path = Path(args.run)
    names = {args.run.rstrip("/"), str(path)}
    if path.is_dir() and path.resolve().is_relative_to(args.folder.resolve()):
        names.add(str(path.resolve().relative_to(args.folder.resolve())))
    rows = index.rows()
    matches = [row for row in rows if row["folder"] in names]
    matches = matches or [row for row in rows if str(row.get(IDENTITY, "")).startswith(args.run)]
    torn = [folder for folder in sorted(index.faults()) if stands_for(folder, names, args.run)]
    if torn and not matches:
        raise ValueError(f"{torn[0]}: {index.faults()[torn[0]]}; a rerun does it again")
    if len(matches) != 1:
        examples = "".join(f"\n  {row[IDENTITY][:16]}  {row['folder']}" for row in matches[:10])
        problem = f"{len(matches)} runs begin" if matches else "no run begins"
        raise ValueError(
            f"{problem} with {args.run!r} in {args.folder}; see da-bench runs list{examples}"
        )
    folder = args.folder / matches[0]["folder"]
    print(f"{folder}\n\nresult.json\n{json.dumps(matches[0], indent=1)}")
    print("\n".join(["", "health", *account(matches[0])]))
    for name, tail in (("config.yaml", None), ("log.txt", args.tail)):
        try:
            lines = text(folder / name).splitlines()
        except FileNotFoundError:
            print(f"\n{name}: there is none")
            continue
        except Damaged as error:
            print(f"\n{name} {error.fault}: {error.advice}")
            continue
        last_lines = lines if tail is None else lines[max(0, len(lines) - tail) :]
        print("\n".join(["", name, *map(visible, last_lines)]))
    return 0


def verify_runs(index: "Index", args: Namespace) -> int:
    """Prints what is wrong with the stored runs; returns 1 where anything is."""
    from da_bench.results.index import NAME, Index
    from da_bench.results.verify import verify

    with Index(
        args.folder, keep=False
    ) as fresh_index:  # the folders are the truth, an index says no more
        rows, torn = fresh_index.rows(), fresh_index.faults()
    faults, unfinished = verify(args.folder, rows, torn)
    if json.dumps(rows) != json.dumps(index.rows()):
        faults.append((NAME, "says otherwise than the folders do: remove it, it is made anew"))
    for folder, fault in faults:
        print(f"{visible(folder)}: {visible(fault)}")
    total = len(rows) + len(torn)
    print(f"{count(total, 'result')}, {count(len(faults), 'fault')}; "
          f"{count(unfinished, 'folder')} without a result: "
          "runs on their way, or stopped, that a rerun does again")  # fmt: skip
    return 1 if faults else 0


def export_runs(index: "Index", args: Namespace) -> int:
    """Writes the selected rows as CSV or Parquet; returns 1 where there are none."""
    from da_bench.results.renderers.export import export

    rows = selected_rows(index, args)
    if not rows:
        print("no run meets these conditions: nothing is written")
        return 1
    columnar = args.output.suffix in (".parquet", ".pq")
    default_format: Literal["csv", "parquet"] = "parquet" if columnar else "csv"
    export(rows, args.output, args.format or default_format)
    print(f"{count(len(rows), 'run')}: {args.output}")
    return 0


def remove_runs(index: "Index", args: Namespace) -> int:
    """Deletes the folders of the selected runs, once the user confirms it.

    Raises:
        ValueError: ``--where`` is missing.
    """
    from da_bench.results.folders import remove
    from da_bench.results.store import lock

    if not args.where:
        raise ValueError(
            "runs remove deletes nothing without a condition: name the runs with --where, such as "
            "--where status=failed; see them first with da-bench runs list"
        )
    rows = selected_rows(index, args)
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
