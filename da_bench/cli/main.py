"""The ``da-bench`` command: finds the subcommand, and says what was wrong with a call."""

import errno
import importlib
import os
import sys
from argparse import Action, ArgumentError, ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from importlib import metadata
from platform import python_version
from types import ModuleType
from typing import Any

from jsonargparse import DefaultHelpFormatter

from da_bench import __version__
from da_bench.config.trusted import trusting
from da_bench.io.escape import visible

from .options import Parser
from .parser_errors import explain_parser_error

ABOUT = """domain adaptation: train where labels are plenty, serve where they are missing
  da-bench compare                                methods side by side, embedded data
  da-bench fit --benchmark digits --method dann   one run; --help: its parameters"""
RUNS = {
    "fit": "train one method on one pair of domains",
    "validate": "score a run's source validation split",
    "test": "score a run on both domains",
}
"""Run by the LightningCLI; so is ``predict`` without ``--run``."""
COMMANDS = ("compare", "sweep", "reproduce", "table", "report", "dashboard", "select", "runs",
            "show", "predict", "list", "data", "distance", "divergence", "diagnose",
            "wandb")  # fmt: skip
"""Subcommands; each is a file of this folder."""
TRAIN_OWN_CODE = ("fit", "compare", "sweep")
"""Subcommands whose settings may name classes in the working directory."""
ADVICE = {
    errno.ENOSPC: ": free some space, or choose a folder on another disk",
    errno.EDQUOT: ": free some space, or choose a folder on another disk",
    errno.EACCES: ": change its permissions, or choose another folder",
    errno.EPERM: ": change its permissions, or choose another folder",
    errno.EROFS: ": choose a folder that can be written to",
    errno.EISDIR: ": a file is expected there",
    errno.ENOTDIR: ": a folder is expected there",
    errno.ENAMETOOLONG: ": choose a shorter name",
    errno.EMFILE: ": raise the limit of open files (ulimit -n)",
    errno.EINVAL: ": it may be no file that can be read, or its disk may not allow this",
}
"""What to do about an error of the operating system."""
VERSIONED = ("torch", "lightning", "torchvision", "torchmetrics", "pot", "numpy")
"""Packages whose version can change a result; ``--version`` names them."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one subcommand; returns the exit status."""
    argv = list(sys.argv[1:] if argv is None else argv)
    parser = build()
    try:
        option_names = {word.partition("=")[0] for word in argv}
        if (argv and argv[0] in TRAIN_OWN_CODE) or "--trust" in option_names:
            find_own_modules()
        names_run = "--run" in option_names
        if argv and (argv[0] in RUNS or (argv[0] == "predict" and not names_run)):
            from .fit import run

            return run(argv)
        args = parser.parse_args(argv or ["--help"])
        options = args[args.subcommand]
        with trusting(options.get("trust") or ()):
            status = int(command(args.subcommand).run(options))
        sys.stdout.flush()  # raises BrokenPipeError where nobody reads any more
        return status
    except BrokenPipeError:  # da-bench ... | head has read enough: no fault, and nothing to say
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or Python would flush at its end, and warn
        return 141
    except KeyboardInterrupt:
        print(
            "\nStopped. Finished runs are kept: the same command goes on from here.",
            file=sys.stderr,
        )
        return 130
    except (ArgumentError, ValueError, OSError, RuntimeError) as error:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        message = (
            system_error_message(error)
            if isinstance(error, OSError)
            else explain_parser_error(str(error))
        )
        lines = [visible(line) for line in f"{message}{notes}".split("\n")]
        print("da-bench:", "\n".join(lines), file=sys.stderr)
        return 2


def find_own_modules() -> None:
    """Lets the working directory's modules be imported, after all that is installed.

    Not where only stored files are read: an optional package that is not installed could then be
    a file of whoever made the folder.
    """
    if not {"", os.getcwd()} & set(sys.path):
        sys.path.append(os.getcwd())


def system_error_message(error: OSError) -> str:
    """An error of the operating system, with the file and what to do in place of its number."""
    if error.errno is None or error.strerror is None:
        return str(error)
    message = f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return f"{message}{ADVICE.get(error.errno, '')}"


class Help(DefaultHelpFormatter, RawDescriptionHelpFormatter):
    """Leaves examples as they are, and gives each option one line: a help text fits a screen.

    Types and defaults stand in the words, where they matter.
    """

    def _get_help_string(self, action: Action) -> str:
        return action.help or ""

    def _format_args(self, action: Action, default_metavar: str) -> str:
        is_list = action.nargs == "+" and isinstance(action.metavar, str)
        return f"{action.metavar} ..." if is_list else super()._format_args(action, default_metavar)


class Version(Action):
    """``--version``: prints :func:`versions` and ends the program."""

    def __call__(self, parser: ArgumentParser, *args: Any) -> None:
        """Called by argparse when the option stands on the command line."""
        print(versions())
        parser.exit()


def versions() -> str:
    """One line each for da_bench, Python and the packages that matter, without importing them."""
    lines = [f"da_bench {__version__}", f"Python {python_version()}"]
    for package in VERSIONED:
        try:
            lines.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            lines.append(f"{package} is not installed")
    return "\n".join(lines)


def command(name: str) -> ModuleType:
    """The module of a subcommand, imported."""
    return importlib.import_module(f"{__package__}.{name}")


def build() -> Parser:
    """The parser of everything that needs no torch."""
    parser = Parser(
        prog="da-bench",
        usage="da-bench COMMAND [options]; da-bench COMMAND --help",
        description=ABOUT,
        formatter_class=Help,
    )
    words = "the versions of da_bench, Python and the packages that matter; end"
    parser.add_argument("--version", action=Version, nargs=0, help=words)
    commands = parser.add_subcommands(dest="subcommand")
    for name, words in RUNS.items():
        commands.add_subcommand(name, Parser(description="see da-bench fit --help"), help=words)
    for name in COMMANDS:
        subparser = command(name).parser()
        commands.add_subcommand(name, subparser, help=command(name).HELP)
        subparser.prog = f"da-bench {name}"  # an error message names it before --help
    return parser
