"""``da-bench fit|validate|test|predict``: the layers of YAML, then the LightningCLI."""

import argparse
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from da_bench.config import layers
from da_bench.config.objects import paths
from da_bench.results.row import SCORE
from da_bench.runs.predictions import write_predictions

from .fit_options import BENCHMARK, check_followed, check_options, layer_parser
from .score_table import show

if TYPE_CHECKING:
    from da_bench.runs.train import Command

ABOUT = {
    "fit": "Trains one method on one pair of domains.",
    "validate": "Scores a run on the source's validation split.",
    "test": "Scores a run on both domains' tests.",
    "predict": "Logits of the target's test; of samples of your own with --run and --input.",
}
EXAMPLES = {
    "fit": "--method dann --benchmark moons --out dann --trainer.max_epochs=5",
    "validate": "--out dann",
    "test": "--out dann",
    "predict": "--out dann",
}
"""One call of each subcommand, the later ones of the run that the first has made."""
EPILOG = """\
Anything else goes to the LightningCLI: any value by its path
(--model.init_args.weight 0.3, --data.init_args.batch_size 64, --trainer.max_epochs 5),
further --config FILE. Everything there is, with its value: --print_config; of one
class: --model.init_args.encoder.help da_bench.networks.MLP. The trainer's most used:
--trainer.max_epochs, max_steps, accelerator, devices, precision, gradient_clip_val."""


def run(argv: list[str]) -> int:
    """Carries out ``da-bench fit``, ``validate``, ``test`` or ``predict``; the exit status.

    Args:
        argv: Words of the command line, the subcommand first.
    """
    subcommand = argv[0]
    args, lightning_words = layer_parser().parse_known_args(argv[1:])
    typed = argparse.Namespace(**vars(args))
    args.benchmark, args.seed = args.benchmark or BENCHMARK, args.seed or 0
    if args.help:
        return explain(subcommand, args)
    folder: Path | None = args.resume or args.out
    stored_folder = args.resume or (
        subcommand != "fit" and folder and os.path.lexists(folder / "config.yaml")
    )
    check_options(
        subcommand, typed, () if stored_folder else lightning_words, layer_parser().options
    )
    config = {} if stored_folder else compose_layers(args)
    folder = folder or Path("runs") / f"{args.benchmark}-{args.method}-s{args.seed}"
    if subcommand == "fit" and not args.resume and (folder / "last.ckpt").exists():
        raise ValueError(
            f"{folder} holds a run already: go on by --resume {folder}, or choose another --out"
        )
    from da_bench.results.store import check_writable
    from da_bench.runs.tracking import live

    if args.logger and not stored_folder:  # a run that goes on has its logger in its config.yaml
        config = layers.merge(
            config, live.single_run_layer(args.logger, vars(args), config, folder)
        )
    check_writable(folder)
    from da_bench.config.construction import name_run_in_errors
    from da_bench.config.trusted import trusting
    from da_bench.methods.lightning_shortcuts import quiet
    from da_bench.runs.train import Command, inline, reopen

    quiet()
    trainer_settings = {
        "default_root_dir": str(folder),
        "enable_checkpointing": False,
    }  # our saver's one file
    if not stored_folder:
        config["trainer"] |= trainer_settings
        command = Command([f"--config={inline(config)}", *lightning_words])
        check_followed(typed, command.resolved(), None)
        return carry_out(subcommand, args, folder, command)
    with name_run_in_errors(
        folder if args.resume else folder / "config.yaml", "can't be carried out"
    ):
        with trusting([*args.trust, *named_import_paths(args, lightning_words)]):
            command = reopen(folder, lightning_words, trainer_settings)
        check_followed(typed, command.resolved(), folder)
        return carry_out(subcommand, args, folder, command)


def carry_out(subcommand: str, args: argparse.Namespace, folder: Path, command: "Command") -> int:
    """Trains, scores or predicts with the trainer, model and data that ``command`` has built."""
    from da_bench.callbacks import KeepLast
    from da_bench.callbacks.curves import KeepCurves
    from da_bench.methods.checkpoint import check_resumable, read_checkpoint, take_weights
    from da_bench.runs.train import save_config

    if subcommand == "fit":
        if not args.resume:
            check_start(args.method, command.model.started)
        save_config(command.resolved(), folder)
    trainer, model, data = command.trainer, command.model, command.datamodule
    if subcommand == "fit":
        trainer.callbacks += [KeepCurves(folder), KeepLast(folder, args.save_every)]  # type: ignore[attr-defined]
        last = folder / "last.ckpt"
        if args.resume:
            check_resumable(last)
        trainer.fit(model, data, ckpt_path=str(last) if args.resume else None, weights_only=True)
        trainer.save_checkpoint(folder / "model.ckpt", weights_only=True)
        show(trainer.validate(model, data, verbose=False))
        print(f"Run saved in {folder}; da-bench test --out {folder} scores it.")
        return 0
    checkpoint = read_checkpoint(folder)
    take_weights(model, checkpoint, folder)
    if subcommand == "predict":
        batches: Any = trainer.predict(model, data)
        import torch

        write_predictions(folder / "predictions.csv", torch.cat(batches), model.task)
        return 0
    scores = getattr(trainer, subcommand)(model, data, verbose=False)
    show(scores)
    if subcommand == "test" and not any(SCORE in loader for loader in scores):
        print("The target has no test labels, so it is not scored: da-bench predict --out "
              f"{folder} writes what its samples are called.")  # fmt: skip
    return 0


def check_start(method: str, started: bool) -> None:
    """Raises ValueError where a method starts from another's trained model and was given none."""
    before = layers.read("methods", method).get("start_from")
    if before and not started:
        raise ValueError(
            f"{method} starts from a trained {before} model: da-bench fit --method {before} --out "
            "FOLDER with the same --benchmark and --task, then add --model.init_args.init_from "
            "FOLDER; da-bench compare does both"
        )


def compose_layers(args: argparse.Namespace) -> dict[str, Any]:
    """The configuration that results from the layers of YAML which the arguments name."""
    if args.method is None:
        raise ValueError("--method: name one (da-bench list methods shows them)")
    tasks = layers.tasks(args.benchmark, [args.task] if args.task else None)
    layers.read("methods", args.method)
    return layers.compose(args.benchmark, args.method, tasks[0] if tasks else None, args.seed)


def named_import_paths(args: argparse.Namespace, lightning_words: Sequence[str]) -> set[str]:
    """Import paths that this command itself names: in its layers of YAML, options and files.

    A stored run that names the same ones names nothing new.
    """
    config = compose_layers(args) if args.method else layers.read("data", args.benchmark)
    import_paths = set(paths(config))
    for word in lightning_words:
        value = word.partition("=")[2] if word.startswith("-") else word
        try:
            content = layers.load(Path(value)) if Path(value).is_file() else yaml.safe_load(value)
        except (yaml.YAMLError, layers.BadYaml):
            continue  # plain text, or for the parser to complain of
        import_paths |= set(paths(content))
    return import_paths


def explain(subcommand: str, args: argparse.Namespace) -> int:
    """Prints help with the parameters of the method and benchmark that ``args`` names."""
    required_options = "--method NAME" if subcommand == "fit" else "--out FOLDER"
    print(
        f"usage: da-bench {subcommand} {required_options} [options] [any value by its path]\n\n"
        f"{ABOUT[subcommand]}\nExample: da-bench {subcommand} {EXAMPLES[subcommand]}\n\n"
        "  --method NAME      da-bench list methods\n"
        "  --benchmark NAME   da-bench list benchmarks (default digits)\n"
        "  --task S:T         da-bench list tasks (default: the benchmark's first)\n"
        "  --seed N           default 0\n"
        "  --out FOLDER       of the run: config.yaml, last.ckpt, model.ckpt\n"
        "  --resume FOLDER    continue an interrupted run, in mid-epoch, with the same batches\n"
        "  --save-every N     steps between checkpoints (default: each epoch)\n"
        "  --trust NAME ...   classes and functions of your own that a stored run may name\n"
        f"  --logger NAME      wandb (offline), wandb-online; others: see the README\n\n{EPILOG}\n"
    )
    if args.method is None:
        print("Name a --method before --help to see its own parameters.")
        return 0
    import importlib

    from jsonargparse import ArgumentParser, DefaultHelpFormatter

    class Short(DefaultHelpFormatter):
        """Leaves out the hundreds of classes that a part of a network could be."""

        def _expand_help(self, action: argparse.Action) -> str:
            return re.sub(r",? known subclasses: [^)]*", "", super()._expand_help(action))

    config = compose_layers(args)
    parser = ArgumentParser(
        prog=f"da-bench {subcommand}",
        usage=argparse.SUPPRESS,
        add_help=False,
        formatter_class=Short,
    )
    for part, skip in (("model", {"task"}), ("data", {"seed"})):
        module, _, name = config[part]["class_path"].rpartition(".")
        cls = getattr(importlib.import_module(module), name)
        parser.add_class_arguments(cls, f"{part}.init_args", skip=skip)
        defaults = {
            k: v for k, v in config[part].get("init_args", {}).items() if not isinstance(v, dict)
        }
        parser.set_defaults(
            {f"{part}.init_args.{k}": v for k, v in defaults.items() if k != "seed"}
        )
    print(parser.format_help())
    return 0


def predict_input(
    folder: Path | None,
    samples: Path | None,
    output: Path,
    settings: Mapping[str, Any] | None = None,
) -> int:
    """Writes the predictions of a finished run on samples of the user.

    Args:
        folder: Folder of the finished run.
        samples: File or folder of images to predict.
        output: CSV file to write.
        settings: How ``samples`` is read, where that differs from how the run read its files.

    Raises:
        ValueError: ``folder`` or ``samples`` is missing.
        FileNotFoundError: ``samples`` does not exist.
    """
    if folder is None or samples is None:
        raise ValueError("predict: give both --run FOLDER and --input FILE")
    if not samples.exists():
        raise FileNotFoundError(f"--input {samples}: there is no such file or folder")
    import torch

    from da_bench.config.construction import name_run_in_errors
    from da_bench.data.align import expected_columns
    from da_bench.data.formats.read import read_samples
    from da_bench.methods.checkpoint import checkpoint_path
    from da_bench.methods.stored_run import load, load_transform

    model = load(folder)
    with torch.no_grad():
        width = getattr(model.encoder_of("target"), "in_features", None)
        with name_run_in_errors(checkpoint_path(folder)):
            columns, reading = expected_columns(model.columns, "target", width, settings)
        logits = [model(x) for x in read_samples(samples, load_transform(folder), columns, reading)]
    write_predictions(output, torch.cat(logits), model.task)
    return 0
