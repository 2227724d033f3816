"""``da-bench show``: pictures of one finished run, or of two beside each other."""

from pathlib import Path
from typing import Any

from jsonargparse import Namespace

from .arguments import add_trust, command_parser
from .options import Parser

HELP = "pictures of one finished run: features, boundary, ..."
FIGURES = ("features", "boundary", "weights", "confusion", "bound", "kernel", "attributions")
PROJECTIONS = ("pca", "tsne", "umap")
ORACLE_FIGURES = ("confusion",)
"""Figures that always read target labels, with or without ``--oracle``."""


def parser() -> Parser:
    """The argument parser of ``da-bench show``."""
    parser = command_parser(
        "show RUN [options]",
        "One figure of a finished run, from its folder, as one HTML file that fetches nothing: "
        "features in 2-D, decision boundary (of two inputs), weights (of a reweighting), "
        "confusion by domain, bound (its terms over time), kernel and bandwidth, attributions "
        "of predictions that adaptation changed. Target labels are shown as oracle only.",
        "show comparison/runs/moons/dann/0-20-s0-0123456789 --figure boundary",
    )
    add = parser.add_argument
    add("run", type=Path, help="folder of a finished run")
    add("--figure", choices=FIGURES, default="features", metavar="NAME", help=", ".join(FIGURES))
    add("--beside", type=Path, default=None, metavar="RUN",
        help="the run before adaptation, on the same task")  # fmt: skip
    add("--by", choices=PROJECTIONS, default=None, metavar="NAME",
        help="features by pca (default), tsne or umap")  # fmt: skip
    add("--oracle", action="store_true", help="show the target's labels; the file is oracle_...")
    add("--output", type=Path, default=None, metavar="FILE",
        help="HTML file to write (default: in the run's folder)")  # fmt: skip
    add_trust(parser)
    return parser


def run(args: Namespace) -> int:
    """Draws ``--figure`` of a finished run into one HTML file.

    Raises:
        ValueError: The run has no such figure; ``--output`` does not end in .html, or hides that
            the figure shows target labels; ``--by`` stands with a figure other than features.
    """
    oracle = args.oracle or args.figure in ORACLE_FIGURES
    if args.by and args.figure != "features":
        raise ValueError(f"--by {args.by}: only --figure features is drawn by it")
    projection: Any = args.by or PROJECTIONS[0]
    if args.output and args.output.suffix != ".html":
        raise ValueError(f"--output {args.output}: pictures are written as .html")
    from da_bench.config.construction import name_run_in_errors
    from da_bench.dashboard.picture_page import picture_page
    from da_bench.dashboard.run_pictures import FIGURES as DRAWN
    from da_bench.data.task import known
    from da_bench.io.files import write_whole
    from da_bench.methods.finished import FinishedRun

    with name_run_in_errors(args.run / "config.yaml"):
        finished_run = FinishedRun(args.run)
    with name_run_in_errors((args.beside or args.run) / "config.yaml"):
        beside = FinishedRun(args.beside) if args.beside else None
    with name_run_in_errors(args.run / "config.yaml"):
        target = finished_run.target
    if oracle and not known(target.y).any():
        raise ValueError(
            f"{args.run}: its target has no labels to show; --figure features without --oracle "
            "shows what they are predicted to be"
        )
    if beside is not None:
        finished_run.same_samples(beside)
    # The name differs from that of every other figure of the run: features-umap-beside-source_only.
    name_parts = [projection] * (args.figure == "features") + (
        ["beside", beside.name] if beside else []
    )
    name = "oracle_" * oracle + "-".join([args.figure, *name_parts])
    output = args.output or args.run / f"{name}.html"
    with name_run_in_errors(args.run, "can't be drawn"):
        draw = DRAWN[args.figure](finished_run, beside, projection, oracle)
        figure = draw()
    if str(figure.layout.title.text).startswith("oracle") and not output.name.startswith("oracle"):
        if args.output:
            raise ValueError(f"--output {output}: this figure shows target labels: name it "
                             f"oracle_{output.name}")  # fmt: skip
        output = output.with_name(f"oracle_{output.name}")
    data = finished_run.data
    task = " → ".join(", ".join(data.names(role)) for role in ("source", "target"))
    title = f"{args.figure} of {finished_run.name}" + (f" beside {beside.name}" if beside else "")
    output.parent.mkdir(parents=True, exist_ok=True)
    write_whole(output, picture_page(draw, title, f"{type(data).__name__}, {task}; {args.run}"))
    print(f"Figure: {output}")
    return 0
