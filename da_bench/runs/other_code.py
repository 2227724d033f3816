"""Finished rows that were made by other code: those of a grid are counted, and may be accepted."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from da_bench.config.objects import is_path
from da_bench.config.trusted import current_path
from da_bench.io.files import Damaged, yaml_of
from da_bench.results.renderers.rounding import count
from da_bench.results.row import FOLDER, IDENTITY, OK, RECIPE, STATUS

from .plan import Job, canonical

Policy = Literal["stop", "recompute", "accept"]
"""What finished rows of other code do: stop the command, be run again, or count."""


class OtherCode(ValueError):
    """A grid has finished rows that were made by other code, and nobody said what to do."""


class RowsOfOtherCode:
    """The finished rows of a folder, found by the recipe of a job: all but the code is the same.

    Args:
        out: Folder of the results.
        rows: Its rows, as the store reads them.
    """

    def __init__(self, out: Path, rows: Iterable[Mapping[str, Any]]) -> None:
        self.out = out
        finished = [row for row in rows if row.get(STATUS) == OK and row.get(IDENTITY)]
        finished.sort(key=lambda row: (out / row[FOLDER] / "result.json").stat().st_mtime_ns)
        self.identities = {row[IDENTITY] for row in finished}
        self.by_recipe = {row[RECIPE]: row for row in finished if row.get(RECIPE)}
        self.without_recipe: dict[Path, Mapping[str, Any]] = {
            Path(row[FOLDER]): row for row in finished if not row.get(RECIPE)
        }

    def row_for(self, job: Job) -> Mapping[str, Any] | None:
        """The newest finished row of the job's recipe; None where its own row is finished."""
        if job.identity in self.identities:
            return None
        return self.by_recipe.get(job.recipe) or self._row_without_recipe(job)

    def _row_without_recipe(self, job: Job) -> Mapping[str, Any] | None:
        """A row from before recipes were stored: its ``config.yaml`` says the same settings."""
        start = job.folder.name.rpartition("-")[0]
        for folder in reversed(self.without_recipe):
            is_of_plan = folder.parent == job.folder.parent and folder.name.startswith(f"{start}-")
            if is_of_plan and settings_in(self.out / folder) == settings_of(job.config):
                return self.without_recipe[folder]
        return None


def check(grid: Sequence[Job], stored: RowsOfOtherCode, policy: Policy) -> None:
    """Stops a command whose runs were finished by other code, before it runs anything.

    Raises:
        OtherCode: The policy is ``stop``, and there are such rows; the message counts them.
    """
    other = [job for job in grid if stored.row_for(job) is not None] if policy == "stop" else []
    number = len(other)
    if number:
        by_method = Counter(job.plan.method for job in other)
        methods = ", ".join(f"{method} {n}" for method, n in by_method.items())
        raise OtherCode(
            f"{count(number, 'run')} of {len(grid)} in {stored.out} ({methods}) "
            f"{'was' if number == 1 else 'were'} finished by other code than what is installed "
            "now, with the same settings and data. Run them again with --recompute, or take them "
            "as they are, marked in every table, with --older-code"
        )


def policy_of(recompute: bool, older_code: bool) -> Policy:
    """The policy that two options of the command line say.

    Raises:
        ValueError: Both are set.
    """
    if recompute and older_code:
        raise ValueError("--recompute and --older-code contradict each other: leave one out")
    return "recompute" if recompute else "accept" if older_code else "stop"


def settings_in(folder: Path) -> str | None:
    """The settings in a run's ``config.yaml``, as :func:`settings_of`; None where it is damaged."""
    try:
        return settings_of(with_current_paths(yaml_of(folder / "config.yaml")))
    except (OSError, Damaged, KeyError, TypeError, AttributeError):
        return None


def settings_of(config: Mapping[str, Any]) -> str:
    """What of a configuration determines the outcome, as text, but for where it starts from."""
    settings = canonical(dict(config))
    settings["model"].get("init_args", {})["init_from"] = None
    return json.dumps(settings, sort_keys=True)


def with_current_paths(value: Any) -> Any:
    """A stored configuration with the import paths that its classes have today."""
    if isinstance(value, Mapping):
        return {key: with_current_paths(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [with_current_paths(part) for part in value]
    return current_path(value) if isinstance(value, str) and is_path(value) else value
