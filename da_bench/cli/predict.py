"""``da-bench predict --run FOLDER --input X``: a finished run on samples of one's own."""

from pathlib import Path

from jsonargparse import Namespace

from .arguments import add_trust, command_parser
from .options import Parser
from .reading_options import add_reading, reading_settings

HELP = "logits of a target, or of samples of your own"


def parser() -> Parser:
    """The argument parser of ``da-bench predict``."""
    parser = command_parser(
        "predict --run FOLDER --input FILE [options]",
        "Predictions of a finished run on samples of your own.",
        "predict --run runs/digits-dann-s0 --input new.npy",
    )
    add_argument = parser.add_argument
    add_argument("--run", type=Path, metavar="FOLDER", help="of a finished run")
    add_argument("--input", type=Path, metavar="FILE",
                 help=".npy .npz .csv .svmlight .pt, or a folder of images")  # fmt: skip
    add_argument("--output", type=Path, default=Path("predictions.csv"), metavar="FILE",
        help="where to write (predictions.csv)")  # fmt: skip
    add_reading(parser)
    add_trust(parser)
    return parser


def run(args: Namespace) -> int:
    """Writes the predictions of ``--run`` on the samples of ``--input``."""
    from .fit import predict_input

    return predict_input(args.run, args.input, args.output, reading_settings(args))
