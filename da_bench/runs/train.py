"""Training of one run from one configuration, by a thin LightningCLI over methods and data."""

import json
import math
import os
import warnings
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.cli import LightningArgumentParser, LightningCLI
from lightning.pytorch.plugins.io import TorchCheckpointIO
from lightning.pytorch.utilities.exceptions import MisconfigurationException

import da_bench.callbacks  # noqa: F401 - lets a configuration name a class without its module
from da_bench.callbacks import Health, RandomStreams
from da_bench.config.construction import building
from da_bench.config.trusted import reading
from da_bench.config.write_places import check_links
from da_bench.data import DomainPair
from da_bench.io.files import write_whole
from da_bench.methods import DomainAdapter
from da_bench.methods.lightning_shortcuts import use_resumable_fit_loop
from da_bench.methods.stored_run import checked_config
from da_bench.methods.undescribed import describe_model

# Lightning warns where arguments come from Python and sys.argv holds some: here they always do.
warnings.filterwarnings("ignore", message="LightningCLI's args parameter is intended")

HARDWARE = ("accelerator", "devices", "num_nodes", "strategy", "precision")
"""Settings of the trainer that a machine may not have."""


class Command(LightningCLI):
    """Parses a configuration, and builds model, data and trainer.

    The seed of the run reaches the data's order; the data declares the model's task.
    """

    def __init__(self, args: Any) -> None:
        super().__init__(
            DomainAdapter,
            DomainPair,
            subclass_mode_model=True,
            subclass_mode_data=True,
            seed_everything_default=0,
            auto_configure_optimizers=False,
            save_config_callback=None,
            # main() says what is wrong, with the nearest name
            parser_kwargs={"exit_on_error": False, "allow_abbrev": False},
            args=deepcopy(args),  # the parser writes into what it is given
            run=False,
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Adds two options, and links what the parts of a run must agree on."""
        parser.add_argument("--health", type=bool, default=True, help="name what goes wrong")
        parser.add_argument("--lightning_shortcuts", type=bool, default=True,
                            help="spare each step what Lightning does for nothing")  # fmt: skip
        parser.link_arguments("seed_everything", "data.init_args.seed", compute_fn=int)
        parser.link_arguments(
            "data", "model.init_args.task", compute_fn=task_of, apply_on="instantiate"
        )

    def instantiate_trainer(self, **kwargs: Any) -> Trainer:
        """Builds the trainer with what every run has: random streams, progress bar, health checks.

        Comparisons need the streams; ``health: false`` leaves the health checks out.

        Raises:
            ValueError: A callback selects by a score that reads target labels, without
                ``allow_oracle``; this machine can't do what a setting of the trainer asks for; or
                the method can't be rebuilt from a checkpoint.
        """
        if self.config_init.get("trainer.enable_progress_bar") is not False:
            self.trainer_defaults = {"callbacks": [TQDMProgressBar(refresh_rate=20)]}
        try:
            trainer = super().instantiate_trainer(**kwargs)
        except MisconfigurationException:
            check_hardware({name: self.config_init.get(f"trainer.{name}") for name in HARDWARE})
            raise
        if type(trainer.strategy.checkpoint_io) is TorchCheckpointIO:
            trainer.strategy.checkpoint_io = WholeFiles()
        use_resumable_fit_loop(trainer)
        try:
            describe_model(self.model)
        except TypeError as error:  # a class of one's own; the run could not be loaded again
            raise ValueError(str(error)) from error
        self.model.lightning_shortcuts = self.config_init["lightning_shortcuts"]
        for callback in trainer.callbacks:  # type: ignore[attr-defined]
            monitor = str(getattr(callback, "monitor", None))
            if monitor.startswith("oracle/") and not getattr(callback, "allow_oracle", False):
                raise ValueError(
                    f"{type(callback).__name__} monitors {monitor!r}, which reads target labels: "
                    "choose by val/source"
                )
        standard_callbacks: list[Callback] = [
            RandomStreams(int(self.config["seed_everything"] or 0))
        ]
        if self.config_init["health"]:
            standard_callbacks.append(Health())
        trainer.callbacks[:0] = standard_callbacks  # type: ignore[attr-defined]
        return trainer

    def resolved(self) -> dict[str, Any]:
        """The whole configuration as plain values, with every default filled in."""
        text = self.parser.dump(self.config, skip_none=False, skip_link_targets=False)
        return yaml.safe_load(text)


def check_hardware(settings: Mapping[str, Any]) -> None:
    """Raises where this machine can't do what the trainer's settings of :data:`HARDWARE` ask for.

    Raises:
        ValueError: The settings, and what this machine lacks.
    """
    settings = {name: value for name, value in settings.items() if value is not None}
    try:
        Trainer(**settings, logger=False, enable_checkpointing=False, enable_progress_bar=False)
    except MisconfigurationException as error:
        named = ", ".join(f"{name}: {value}" for name, value in settings.items())
        raise ValueError(
            f"the trainer can't be set up ({named}): {str(error).rstrip('.!')}. Choose what this "
            "machine has, as by --trainer.accelerator=cpu, or auto"
        ) from error


def reopen(
    folder: Path,
    options: Sequence[str] = (),
    trainer: Mapping[str, Any] | None = None,
    scratch: Path | None = None,
) -> Command:
    """Opens a stored run, its ``config.yaml`` checked before anything in it is imported.

    Args:
        folder: Folder of the run.
        options: Options of the command line that replace stored ones; they are not checked.
        trainer: Arguments of the trainer that replace stored ones.
        scratch: Folder to write to, in place of the run's.

    Raises:
        FileNotFoundError: The folder holds no configuration.
        ValueError: The configuration names code that is neither da_bench's nor trusted, or
            contradicts itself.
    """
    if scratch is None:
        check_links(folder)
    config = checked_config(folder, scratch, options)
    config["trainer"] |= trainer or {}
    with reading(), building(folder / "config.yaml"):
        return Command([f"--config={inline(config)}", *options])


def inline(config: Any) -> str:
    """A configuration as one line of YAML, from which the same values are read.

    Texts are quoted as in JSON: a YAML library leaves ``1e-5`` without quotes, which jsonargparse
    reads as a number.
    """
    if isinstance(config, Mapping):
        entries = (f"{json.dumps(str(key))}: {inline(value)}" for key, value in config.items())
        return f"{{{', '.join(entries)}}}"
    if isinstance(config, list | tuple):
        return f"[{', '.join(map(inline, config))}]"
    if not isinstance(config, float):
        return json.dumps(config)
    if not math.isfinite(config):
        return ".nan" if config != config else f"{'-' * (config < 0)}.inf"
    text = repr(float(config))
    return text if "." in text else text.replace("e", ".0e")  # 1e-05 would be text


class WholeFiles(TorchCheckpointIO):
    """Writes a checkpoint under another name and renames it, so that a kill leaves the last one."""

    def save_checkpoint(
        self, checkpoint: dict[str, Any], path: str | Path, storage_options: Any = None
    ) -> None:
        """Writes a checkpoint; a remote file system writes it whole by itself."""
        if "://" in str(path):
            super().save_checkpoint(checkpoint, path, storage_options)
            return
        partial = f"{path}.{os.getpid()}.part"
        try:
            super().save_checkpoint(checkpoint, partial, storage_options)
            os.replace(partial, path)
        except Exception:  # a full disk; a kill leaves it, and the next try clears it away
            Path(partial).unlink(missing_ok=True)
            raise


def task_of(data: DomainPair) -> Any:
    """The task that the data declares."""
    return data.task


def save_config(config: dict[str, Any], folder: Path) -> None:
    """Writes ``config.yaml`` into the run's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / "config.yaml", yaml.safe_dump(config, sort_keys=False))
