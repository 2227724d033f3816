"""Where runs are carried out: on this machine, on a Ray cluster, or by SLURM."""

import inspect
from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from da_bench.runs.plan import Job

from .base import Engine, Message, finished_row

ENGINES = {
    "local": ("local", "here"),
    "ray": ("RayEngine", "cluster"),
    "slurm": ("SlurmEngine", "queue"),
}
"""Each engine by name: its class or function in the file of that name, and where runs go."""
NAMES = tuple(ENGINES)


def get(name: str = "local", **options: Any) -> Engine:
    """The engine of that name; it holds the folder of results alone while it works.

    Args:
        name: One of ``NAMES``.
        options: The engine's options: ``ray`` takes ``address`` and ``gpus_per_run``, ``slurm``
            ``gpus_per_run``, ``minutes``, ``partition`` and ``parameters``, ``local`` none.

    Raises:
        ValueError: An unknown engine, or an option that it does not take.
        RuntimeError: Its extra is not installed, or there is no SLURM.
    """
    if name not in ENGINES:
        raise ValueError(f"--engine {name}: choose one of {', '.join(NAMES)}")
    engine = getattr(import_module(f".{name}", __name__), ENGINES[name][0])
    is_class = inspect.isclass(engine)
    known_options = set(inspect.signature(engine).parameters) if is_class else set()
    if unknown_options := set(options) - known_options:
        raise ValueError(
            f"--engine {name} takes no {', '.join(sorted(unknown_options))}: "
            f"it takes {', '.join(sorted(known_options)) or 'no options'}"
        )
    return _Alone(engine(**options) if is_class else engine)


class _Alone:
    """An engine that locks the folder, then leaves out what another driver has just finished."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __call__(
        self, jobs: Sequence[Job], out: Path, workers: int, done: set[str]
    ) -> Iterator[Message]:
        from da_bench.results.store import lock

        with lock(out):
            todo = []
            for job in jobs:
                if row := finished_row(out, job):
                    done.add(job.identity)
                    yield "done", job, row
                else:
                    todo.append(job)
            if todo:
                messages = self.engine(todo, out, workers, done)
                try:
                    yield from messages
                finally:
                    messages.close()  # type: ignore[attr-defined]


__all__ = ["ENGINES", "NAMES", "Engine", "Message", "finished_row", "get"]
