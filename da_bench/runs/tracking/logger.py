"""The logger of a run that is to be seen in W&B while it trains, and may never end it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lightning.fabric.loggers.logger import rank_zero_experiment
from lightning.fabric.utilities.rank_zero import rank_zero_only
from lightning.pytorch.loggers import WandbLogger

from da_bench.results.row import IDENTITY

from .address import JOB, address, config_facts, run_config
from .session import begin, close, destination


class RunLogger(WandbLogger):
    """Lightning's W&B logger, offline by default, with the run's place and configuration.

    Where W&B can't be had (no key, no network, its process killed), that is said once, and the run
    goes on: offline where it was to be online, else without. Results lie in the run's folder.

    Args:
        save_dir: W&B's files go to its folder ``wandb``.
        run: Folder of the run; its ``config.yaml`` is what W&B shows. ``save_dir`` by default.
        about: What names the run: benchmark, method, source, target, seed, ...
        project: ``WANDB_PROJECT``, or da_bench, by default.
        entity: User or team.
        online: Send at once; else ``wandb sync SAVE_DIR/wandb`` does so later.
        id: The id of the run in W&B, under which a resumed run goes on. From ``about["identity"]``,
            or a new one, by default.
    """

    def __init__(
        self,
        save_dir: str = ".",
        run: str | None = None,
        about: dict[str, Any] | None = None,
        project: str | None = None,
        entity: str | None = None,
        online: bool = False,
        id: str | None = None,
    ) -> None:
        self.to = destination(project, entity, online)
        self.about, self.run = about or {}, Path(run or save_dir)
        self.placed: dict[str, Any] = {"job_type": JOB}
        if self.about:
            self.placed = address({IDENTITY: id} | self.about)
        if id:
            self.placed["id"] = id
        self.stopped = False
        self.session: Any = None
        super().__init__(self.placed.get("name"), save_dir, project=self.to.project,
                         id=self.placed.get("id"))  # fmt: skip

    @property
    @rank_zero_experiment
    def experiment(self) -> Any:
        """W&B's run, begun when it is first asked for."""
        if self.session is None:
            self.session = self._begun()
        return self.session

    @property
    def version(self) -> str | None:
        """The run's name in W&B: of the run once it has begun, else as it was given."""
        return self.session.id if self.session else super().version

    def __getstate__(self) -> dict[str, Any]:
        """What a copy in another process takes along: all but W&B's run itself."""
        return super().__getstate__() | {"session": None}

    def _begun(self) -> Any:
        if os.environ.get("WANDB_MODE") == "disabled":
            self.stopped = True
        config = (config_facts(self.about) if self.about else {}) | run_config(self.run)
        for to in dict.fromkeys([self.to, destination(self.to.project, self.to.entity, False)]):
            if self.stopped:
                break
            try:
                return begin(Path(self.save_dir or "."), to, self.placed, config, resume="allow")
            # Whatever it is, it is W&B's: the run does not end for it.
            except Exception as error:
                if not to.online:
                    self.lose(error)
                else:
                    tell(f"W&B can't be reached ({error}): this run is logged offline")
                    close()
        return disabled_run()

    def lose(self, error: Exception) -> None:
        """Stops logging to W&B after an error; the run goes on."""
        self.stopped = True
        tell(f"W&B has stopped ({type(error).__name__}: {error}): the run goes on without it")
        close()

    @rank_zero_only
    def log_metrics(self, metrics: Mapping[str, float], step: int | None = None) -> None:  # type: ignore[override]
        """Sends scalars, as long as W&B takes them."""
        if self.stopped:
            return
        try:
            super().log_metrics(metrics, step)
        except Exception as error:
            self.lose(error)
            self.session = disabled_run()

    @rank_zero_only
    def log_hyperparams(self, params: Any) -> None:  # type: ignore[override]
        """Leaves them: the whole configuration is there from the start."""


def disabled_run() -> Any:
    """What takes the place of a W&B run, and does nothing."""
    from wandb.sdk.lib import RunDisabled

    return RunDisabled()


def tell(words: str) -> None:
    """Prints a line into the run's log."""
    print(f"da-bench: {words}; results do not depend on it", file=sys.stderr)
