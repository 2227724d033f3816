"""Where runs are sent, and the beginning of one there: offline unless it is asked for."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from da_bench.results.store import inside

from .scalar_names import STEP

PROJECT = "da_bench"
FOLDER = "wandb"
"""Folder of W&B's files, below that of the results."""


class NotLoggedIn(RuntimeError):
    """Online was asked for, and W&B knows no key or refuses it; the message says what to do."""


@dataclass(frozen=True)
class Destination:
    """A W&B project, and whether runs are sent there at once.

    Attributes:
        project: ``WANDB_PROJECT``, or da_bench, by default.
        entity: User or team; ``WANDB_ENTITY``, or the user that is logged in, by default.
        online: Send at once. Offline files are written otherwise, which ``wandb sync`` sends.
    """

    project: str
    entity: str | None
    online: bool

    @property
    def mode(self) -> str:
        """The ``mode`` of ``wandb.init``: ``online`` or ``offline``."""
        return "online" if self.online else "offline"

    @property
    def label(self) -> str:
        """Name of the project with its entity, whether online or not."""
        return f"{self.entity or ''}/{self.project}"


def destination(project: str | None, entity: str | None, online: bool) -> Destination:
    """The project that was asked for; the environment says what was not.

    Raises:
        ValueError: W&B takes no such name.
    """
    project = project or os.environ.get("WANDB_PROJECT") or PROJECT
    forbidden = sorted(set("/\\#?%:") & set(project))
    if forbidden or len(project) > 128:
        raise ValueError(
            f"--project {project!r}: expected at most 128 characters, none of them / \\ # ? % :"
        )
    return Destination(project, entity or os.environ.get("WANDB_ENTITY") or None, online)


def check(online: bool) -> None:
    """Sees to it, before any work, that W&B can be reached where it is to be.

    Raises:
        NotLoggedIn: There is no key, or it is refused, or nobody answers.
    """
    if not online:
        return
    os.environ["WANDB_MODE"] = "online"  # asked for by name: over what the environment says
    os.environ["WANDB_SILENT"] = "true"  # what is wrong is said below, once
    import wandb

    try:
        is_logged_in, reason = wandb.login(prompt=False), "there is no W&B API key"
    except wandb.errors.Error as error:
        is_logged_in, reason = False, str(error)
    if not is_logged_in:
        raise NotLoggedIn(
            f"online was asked for, and {reason}: run wandb login or set WANDB_API_KEY; without "
            "online, runs are written to files that wandb sync sends later"
        )


def begin(
    out: Path,
    to: Destination,
    place: Mapping[str, Any],
    config: Mapping[str, Any],
    resume: str | None = None,
    notes: str | None = None,
) -> Any:
    """A W&B run with the step axis of Lightning's logger; one that is open is finished first.

    Without ``resume``, a run of the same id is written over.

    Args:
        out: Files go to its folder ``wandb``.
        to: The project.
        place: Id, name, group and tags, by :func:`da_bench.runs.tracking.address.address`.
        config: What W&B shows as the run's configuration.
        resume: The argument of ``wandb.init``.
        notes: A few words about the run.

    Raises:
        wandb.errors.Error: The run can't begin.
    """
    if not to.online:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # its faults go to nobody either
    import wandb

    # Nothing of the machine: no host's console, git state, packages or load. A run's folder
    # holds its log and versions already.
    settings = wandb.Settings(
        console="off",
        silent=True,
        disable_git=True,
        disable_code=True,
        save_code=False,
        x_disable_stats=True,
        x_disable_meta=True,
        x_save_requirements=False,
    )
    out.mkdir(parents=True, exist_ok=True)
    inside(out, FOLDER)
    run = wandb.init(
        project=to.project,
        entity=to.entity,
        dir=str(out),
        mode=to.mode,  # type: ignore[arg-type]
        config=dict(config),
        resume=resume,  # type: ignore[arg-type]
        notes=notes,
        reinit="finish_previous",
        settings=settings,
        **place,
    )
    run.define_metric(STEP)
    run.define_metric("*", step_metric=STEP, step_sync=True)
    return run


@contextmanager
def service(out: Path) -> Iterator[None]:
    """Inside, W&B keeps below ``out`` what it is to send later; at the end its process goes."""
    old_folder = os.environ.get("WANDB_DATA_DIR")
    if old_folder is None:
        os.environ["WANDB_DATA_DIR"] = str((out / FOLDER).resolve())
    try:
        yield
    finally:
        if old_folder is None:
            del os.environ["WANDB_DATA_DIR"]
        close()


def close() -> None:
    """Lets go of W&B's process, so that whatever comes next has a new one."""
    import wandb

    with suppress(Exception):  # it may be dead already
        wandb.teardown()


def clear(out: Path, id: str) -> None:
    """Removes offline files of a W&B run that nobody has sent: what comes now has all of them.

    They are of a push or a run that was killed, or of one that was done again since.

    Raises:
        StoreError: They lie elsewhere, by a link.
    """
    for name in os.listdir(out / FOLDER) if (out / FOLDER).is_dir() else ():
        if not (name.startswith("offline-run-") and name.endswith(f"-{id}")):
            continue
        files = inside(out, f"{FOLDER}/{name}")
        if not files.is_symlink() and not any(files.glob("*.wandb.synced")):
            shutil.rmtree(files)


def files_of(run: Any, to: Destination, folder: Path) -> str | None:
    """Where an offline run's files lie, from ``folder``."""
    return None if to.online else os.path.relpath(Path(run.dir).parent, folder)
