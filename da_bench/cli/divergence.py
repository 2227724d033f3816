"""``da-bench divergence``: how far two data sets lie apart."""

from pathlib import Path

from jsonargparse import Namespace

from .arguments import add_trust, command_parser
from .options import Parser
from .reading_options import add_reading, reading_settings

HELP = "how far two data sets lie apart, with intervals and tests"
MEASURES = ("a_distance", "a_distance_linear", "a_distance_mlp", "a_distance_rbf_svm", "h",
            "h_delta_h", "c2st", "mmd", "mmd_power", "mmd_exact", "energy", "sliced_wasserstein",
            "sinkhorn", "coral", "frechet", "kl", "chi_square")  # fmt: skip
"""Names of ``shift/divergences.py``, which needs torch to be imported; a test compares them."""


def parser() -> Parser:
    """The argument parser of ``da-bench divergence``."""
    parser = command_parser(
        "divergence A [B] [options]",
        "How far two data sets lie apart, each measure with its interval or p-value. A and B: "
        "files (.npy .npz .csv .svmlight .pt) or folders of images; or A alone: a finished run.\n"
        f"Measures: {', '.join(MEASURES)}.",
        "divergence source.npz target.npz --measures mmd c2st",
    )
    add_samples(parser)
    add = parser.add_argument
    add("--measures", nargs="+", default=None, metavar="NAME", help="some of them, or all")
    add("--out", type=Path, default=None, metavar="FILE", help="JSON of the table's records")
    return parser


def add_samples(parser: Parser) -> None:
    """Arguments of every command that compares two samples."""
    add = parser.add_argument
    add("a", type=Path, metavar="A", help="source: a file or a folder")
    add("b", type=Path, nargs="?", default=None, metavar="B", help="target: a file or a folder")
    add("--run", type=Path, default=None, metavar="FOLDER", help="of a run that encodes both")
    add("--layer", default="z", metavar="NAME", help="of that run: z, logits or a layer (z)")
    add("--most", type=int, default=2000, metavar="N", help="samples looked at a side (2000)")
    add_reading(parser)
    add_trust(parser)


def check_most(most: int) -> None:
    """Raises ValueError where ``most`` samples are too few to split."""
    if most < 20:
        raise ValueError(f"--most {most}: at least 20 samples a side are needed")


def run(args: Namespace) -> int:
    """Prints the measures of ``--measures`` between the two data sets."""
    check_most(args.most)
    unknown_measures = [m for m in args.measures or () if m not in MEASURES and m != "all"]
    if unknown_measures:
        from da_bench.config.objects import nearest

        raise ValueError(
            f"no measure {unknown_measures[0]!r}{nearest(unknown_measures[0], MEASURES)}"
        )
    from da_bench.shift.divergences import DEFAULT, divergence

    names = args.measures or DEFAULT
    names = MEASURES if "all" in names else tuple(dict.fromkeys(names))
    return divergence(args.a, args.b, names, args.run, args.layer, args.most, args.out,
                      reading_settings(args))  # fmt: skip
