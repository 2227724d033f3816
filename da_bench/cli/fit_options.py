"""Options of ``da-bench fit``, ``validate``, ``test`` and ``predict``, and their checks."""

import re
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from da_bench.config import layers

from .options import PATHS, Layers, no_option

BENCHMARK = "digits"
"""The benchmark where none is named."""


def layer_parser() -> Layers:
    """The arguments that choose the YAML layers and the folder."""
    parser = Layers(add_help=False, exit_on_error=False)
    parser.add_argument("--benchmark", default=None)
    parser.add_argument("--method", default=None)
    parser.add_argument("--task", default=None)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--out", type=Path, default=None)
    parser.add_argument("--resume", type=Path, default=None)
    parser.add_argument("--save-every", type=int, default=None)
    parser.add_argument("--logger", default=None)
    parser.add_argument("--trust", nargs="+", default=[])
    parser.add_argument("--help", "-h", action="store_true")
    return parser


def check_options(
    subcommand: str, options: Namespace, lightning_words: Sequence[str], known_names: Sequence[str]
) -> None:
    """Raises ValueError where an option is unknown and no method would be there to take it.

    So it does where an option would do nothing: another folder beside ``--resume``, or steps
    between the checkpoints of what trains nothing.

    Args:
        subcommand: The subcommand.
        options: The options, None where they were not typed.
        lightning_words: Words for the LightningCLI; none where a stored run has the method.
        known_names: Names of the options.
    """
    if options.method is None:
        for word in lightning_words:
            name = word.partition("=")[0]
            if re.match(r"--?[^\W\d]", name) and f"--{name.lstrip('-').split('.')[0]}" not in PATHS:
                stored_run_options = ["--run", "--input", "--output"] * (subcommand == "predict")
                raise ValueError(no_option(name, [*known_names, *stored_run_options, *PATHS]))
    if options.resume and options.out and options.out.resolve() != options.resume.resolve():
        raise ValueError(f"--resume {options.resume} goes on in that folder: leave out --out")
    if options.save_every is not None and subcommand != "fit":
        raise ValueError(f"--save-every: {subcommand} trains nothing, so there is nothing to save")


def check_followed(options: Namespace, config: Mapping[str, Any], folder: Path | None) -> None:
    """Raises ValueError where a run would not do what an option of the command asks for.

    Args:
        options: The options, None where they were not typed.
        config: The run's configuration, as it will be carried out.
        folder: Folder of the stored run that ``config`` comes from; None for a new run.
    """
    data = config["data"]["init_args"]
    pairs = [("seed", options.seed, config["seed_everything"]),
             ("task", options.task, f"{data.get('source')}:{data.get('target')}")]  # fmt: skip
    if folder is not None:
        for name, part in (("method", "model"), ("benchmark", "data")):
            if (value := getattr(options, name)) is not None:
                layer = layers.read("methods" if part == "model" else "data", value)
                named_class, actual = (c.get(part, {}).get("class_path") for c in (layer, config))
                pairs.append((name, value, value if named_class == actual else actual))
        logs = bool(config["trainer"].get("logger"))
        pairs.append(("logger", options.logger, options.logger if logs else "none"))
    claim = f"the run in {folder} has" if folder else "another option or file says"
    advice = (
        "leave out --{}, or train a run of its own into another folder" if folder else "say it once"
    )
    for name, value, actual in pairs:
        if value is not None and value != actual:
            raise ValueError(f"--{name} {value}: {claim} {actual}; {advice.format(name)}")
