"""Runs of a comparison that log to W&B while they train."""

import os
import secrets
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from da_bench.config.objects import nearest
from da_bench.results.diagnoses import account
from da_bench.results.row import BENCHMARK, IDENTITY, OK, STATUS
from da_bench.runs.plan import Job

from . import ledger
from .address import config_facts, summary_figures
from .session import Destination, check

LOGGER = "da_bench.runs.tracking.logger.RunLogger"
CHOICES = ("wandb", "wandb-online")
"""What ``--logger`` takes."""


def layer(choice: str | None) -> dict[str, Any]:
    """The choice as a layer of configuration."""
    if choice is None:
        return {}
    online = choice == "wandb-online"
    return {"trainer": {"logger": {"class_path": LOGGER, "init_args": {"online": online}}}}


def single_run_layer(
    choice: str, names: Mapping[str, Any], config: Mapping[str, Any], folder: Path
) -> dict[str, Any]:
    """The choice for one run in a folder of its own, as a layer of configuration.

    Args:
        choice: One of :data:`CHOICES`.
        names: Names of ``benchmark`` and ``method``, and the ``seed``.
        config: The run's configuration.
        folder: Folder of the run; W&B's files go there too.

    Raises:
        ValueError: There is no such choice.
        NotLoggedIn: The choice is online, and there is no key.
    """
    if choice not in CHOICES:
        raise ValueError(f"--logger {choice!r}{nearest(choice, CHOICES)}")
    check(choice == "wandb-online")
    data = config["data"].get("init_args", {})
    about = {key: names[key] for key in (BENCHMARK, "method", "seed")}
    about |= {key: str(data.get(key, "")) for key in ("source", "target")}
    config_layer = layer(choice)
    config_layer["trainer"]["logger"]["init_args"] |= {
        "save_dir": str(folder), "about": about, "id": secrets.token_hex(8)
    }  # fmt: skip
    return config_layer


def configure_logger(job: Job, out: Path) -> None:
    """Tells a job's W&B logger, where it has one, which run it logs and where to.

    It is no part of a run's identity: trainer.logger is left out of that.
    """
    loggers = job.config["trainer"].get("logger")
    for logger in loggers if isinstance(loggers, list) else [loggers]:
        if isinstance(logger, dict) and logger.get("class_path") == LOGGER:
            logger["init_args"] = dict(logger.get("init_args") or {}) | {
                "save_dir": str(out),
                "run": str(out / job.folder),
                "about": job.plan.columns | {IDENTITY: job.identity},
            }


def conclude(row: Mapping[str, Any], folder: Path) -> None:
    """Ends the W&B run that is open: with the row's figures, and an entry in the ledger.

    A run that was logged whole is sent: a push leaves it out. Nothing that W&B does can fail a
    run, whose row lies on disk by now.
    """
    wandb = sys.modules["wandb"]
    run = wandb.run
    if run is None:
        return
    try:
        is_this_run = run.id == str(row.get(IDENTITY))[:16]
        if is_this_run:
            run.config.update(config_facts(row), allow_val_change=True)
            run.notes = "\n".join(account(row))
            run.summary.update(summary_figures(row))
        to = Destination(run.project, run.entity or None, not run.offline)
        files = None if to.online else os.path.relpath(Path(run.dir).parent, folder)
        run.finish(exit_code=0 if row.get(STATUS) == OK else 1)
        if is_this_run:
            ledger.add(folder, to, ledger.content(row, folder), run.id, files)
    except Exception as error:
        print(f"da-bench: W&B did not end well: {type(error).__name__}: {error}", file=sys.stderr)
