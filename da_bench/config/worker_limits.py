"""How many processes a stored configuration may start: a bounded number, and none anew."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROCESSES = 128
"""Processes that a stored file may ask for by one number."""
COUNTS = ("data.init_args.num_workers", "trainer.devices", "trainer.num_nodes")
"""Settings that ask for a number of processes."""
FORKING = ("spawn", "fork", "notebook")
"""Parts of the names of strategies that start a command's processes anew from within it."""


def check_processes(config: Mapping[str, Any], file: Path, options: Sequence[str] = ()) -> None:
    """Raises ValueError where a stored configuration would start too many processes.

    Args:
        config: The run's configuration, in plain values.
        file: The file that it comes from, for errors.
        options: Options of the command line; settings that they name are not checked.
    """
    option_names = {word.partition("=")[0].removeprefix("--") for word in options}
    for place in COUNTS:
        value: Any = config
        for key in place.split("."):
            value = value.get(key) if isinstance(value, Mapping) else None
        text = str(len(value) if isinstance(value, list) else value)
        is_too_large = text.lstrip("+-0").isdecimal() and int(text) > PROCESSES
        if place not in option_names and (
            is_too_large or (text.startswith("-") and "workers" in place)
        ):
            raise ValueError(f"{file}: {place}: {text}: expected at most {PROCESSES}, and no fewer "
                             f"than 0; the command's own --{place} says otherwise")  # fmt: skip
    strategy = (config.get("trainer") or {}).get("strategy")
    forks = isinstance(strategy, str) and any(word in strategy for word in FORKING)
    if forks and "trainer.strategy" not in option_names:
        raise ValueError(f"{file}: trainer.strategy: {strategy!r} starts processes anew, which a "
                         "stored run may not: say --trainer.strategy auto")  # fmt: skip
