"""``da-bench diagnose``: what kind of shift lies between two data sets."""

from pathlib import Path

from jsonargparse import Namespace

from .arguments import command_parser
from .divergence import add_samples, check_most
from .options import Parser
from .reading_options import reading_settings

HELP = "what kind of shift it is, and what to try first"


def parser() -> Parser:
    """The argument parser of ``da-bench diagnose``."""
    parser = command_parser(
        "diagnose A [B] [options]",
        "How much between two data sets looks like covariate shift, label shift or concept change, "
        "what reweighting would leave, and which methods to try first. Files as in da-bench "
        "divergence; labels are a file's y, or the names of the images' folders.",
        "diagnose source.npz target.npz",
    )
    add_samples(parser)
    parser.add_argument("--use-target-labels", action="store_true",
                        help="read them, to look for concept change")  # fmt: skip
    parser.add_argument("--json", action="store_true", help="print JSON in place of text")
    parser.add_argument("--figures", type=Path, default=None, metavar="FOLDER",
                        help="draw there what each sentence rests on")  # fmt: skip
    return parser


def run(args: Namespace) -> int:
    """Prints what kind of shift lies between the two data sets, and what to try first."""
    check_most(args.most)
    from da_bench.shift.report import command

    return command(args.a, args.b, args.run, args.layer, args.most, args.use_target_labels,
                   args.json, args.figures, reading_settings(args))  # fmt: skip
