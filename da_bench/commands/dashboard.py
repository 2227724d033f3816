"""``da-bench dashboard``: the local app over a folder of results, live while a sweep runs."""

from pathlib import Path

from jsonargparse import ArgumentParser, Namespace

from . import made

HELP = "a local app over a folder's runs, live"


def parser() -> ArgumentParser:
    """Its arguments."""
    parser = made(
        "dashboard FOLDER [options]",
        "Results in the browser, live while a sweep runs: figures, filters over any column, one "
        "run, two side by side. It only reads, and only below FOLDER. Ctrl-C ends it.",
        "dashboard comparison",
    )
    add = parser.add_argument
    add("folder", type=Path, help="of the results, the --out of compare or sweep")
    add("--host", default="127.0.0.1", help="where to listen (127.0.0.1: this machine alone)")
    add("--port", type=int, default=8501, metavar="N", help="(8501)")
    add("--no-browser", dest="browser", action="store_false", help="open none")
    return parser


def run(args: Namespace) -> int:
    """Serves until it is interrupted."""
    from da_bench.dashboard.serve import address, check, serve

    check(args.host, args.port)
    print(f"Results of {args.folder}: {address(args.host, args.port)} (Ctrl-C ends it)", flush=True)
    if args.host not in ("127.0.0.1", "::1", "localhost"):
        print(f"Anyone who reaches {args.host} can read them: there is no password.", flush=True)
    serve(args.folder, args.host, args.port, args.browser)
    return 0
