"""``da-bench data``: which data sets there are, whether yours is whole, and where to get it."""

from jsonargparse import Namespace

from .arguments import command_parser
from .options import Parser

HELP = "list, check or download data sets"


def parser() -> Parser:
    """The argument parser of ``da-bench data``."""
    parser = command_parser(
        "data list|check|download [NAME]",
        "Data sets: which there are, whether yours is whole, and where to get it.",
        "data check amazon_reviews",
    )
    parser.add_argument("action", choices=["list", "check", "download"], help="what to do")
    parser.add_argument("name", nargs="?", default=None, help="one data set; all by default")
    return parser


def run(args: Namespace) -> int:
    """Lists, checks or downloads data sets; 1 where a file is not whole."""
    return carry_out(args.action, args.name)


def carry_out(action: str, name: str | None = None) -> int:
    """``list``, ``check`` or ``download`` of one data set, or of all; 1 where a file is not whole.

    Raises:
        UnknownName: There is no such data set.
    """
    from da_bench.published.registry import check, data_sets, entry, names_of_benchmark

    names = names_of_benchmark(name) if name else data_sets()
    if not names:
        print(f"{name} needs no download")
        return 0
    sources = {source_name: entry(source_name) for source_name in names}
    if action == "list":
        for source_name, source in sources.items():
            parts = f"{len(source.files)} files" if source.files else "folders of images"
            print(f"{source_name}: {parts}, {source.mebibytes:g} MiB, {source.licence}")
            print(f"  {source.reference}\n  {source.url}".rstrip())
        return 0
    if action == "download":
        return max(download(source_name) for source_name in sources)
    statuses = [file for source_name in sources for file in check(source_name)]
    for file in statuses:
        note = f": {file.note}" if file.note else ""
        print(f"{file.status:10} {file.file}{note}" + (f"  ({file.path})" if file.path else ""))
    if any(file.status == "missing" for file in statuses):
        print("get what is missing by: da-bench data download, or name its folder by DA_BENCH_DATA")
    return int(any(file.status != "ok" for file in statuses))


def download(name: str) -> int:
    """Fetches what a program can fetch, and says how to get the rest; 1 where some is missing."""
    from da_bench.published.download import obtain
    from da_bench.published.registry import check, entry, instructions

    if all(file.status == "ok" for file in check(name)):
        print(f"{name} is whole")
    elif entry(name).by_hand:
        print(instructions(name))
        print(f"  then: da-bench data check {name}")
        return 1
    else:
        for path in entry(name).files:
            print(obtain(name, path))
    return 0
