"""Runs of a comparison that log to W&B while they train."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..diagnosed import account
from ..grid import Job
from . import ledger
from .address import facts, figures
from .session import Destination

LOGGER = "da_bench.bench.tracking.logger.RunLogger"
CHOICES = ("wandb", "wandb-online")
"""What ``--logger`` takes."""


def layer(choice: str | None) -> dict[str, Any]:
    """The choice as a layer of configuration."""
    if choice is None:
        return {}
    online = choice == "wandb-online"
    return {"trainer": {"logger": {"class_path": LOGGER, "init_args": {"online": online}}}}


def addressed(job: Job, out: Path) -> None:
    """Tells a job's W&B logger, where it has one, which run it logs and where to.

    It is no part of a run's identity: trainer.logger is left out of that.
    """
    loggers = job.config["trainer"].get("logger")
    for one in loggers if isinstance(loggers, list) else [loggers]:
        if isinstance(one, dict) and one.get("class_path") == LOGGER:
            one["init_args"] = dict(one.get("init_args") or {}) | {
                "save_dir": str(out),
                "run": str(out / job.folder),
                "about": job.plan.columns | {"identity": job.identity},
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
        ours = run.id == str(row.get("identity"))[:16]
        if ours:
            run.config.update(facts(row), allow_val_change=True)
            run.notes = "\n".join(account(row))
            run.summary.update(figures(row))
        to = Destination(run.project, run.entity or None, not run.offline)
        files = None if to.online else os.path.relpath(Path(run.dir).parent, folder)
        run.finish(exit_code=0 if row.get("status") == "ok" else 1)
        if ours:
            ledger.add(folder, to, ledger.content(row, folder), run.id, files)
    except Exception as error:
        print(f"da-bench: W&B did not end well: {type(error).__name__}: {error}", file=sys.stderr)
