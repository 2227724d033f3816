"""A sweep: a YAML file that says which runs, expanded and checked before any of them starts."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from da_bench.config import layers
from da_bench.config.checks import BadFile, count, keys, mapping, names_mapping, non_empty_list
from da_bench.config.objects import nearest
from da_bench.config.settings import tree
from da_bench.results.row import TWIN, VAL_SOURCE

from .plan import Plan, path, plans
from .search import Budget, Space

KEYS = ("title", "benchmarks", "tasks", "seeds", "labels", "set", "grid", "methods", "search")
METHOD_KEYS = ("set", "grid", "search")
VALIDATION = (VAL_SOURCE, "val/source_risk", "val/target", "val/target_risk")
"""Scores of a validation that every run keeps, the last two where target labels are granted."""


@dataclass(frozen=True)
class Rival:
    """One method of a sweep.

    Attributes:
        fixed: Settings that hold in all of its runs.
        grid: Values by setting; every combination is run.
        space: What a search draws from; empty where there is none.
    """

    method: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    grid: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    space: Mapping[str, Space] = field(default_factory=dict)

    def settings(self) -> list[tuple[tuple[str, str], ...]]:
        """Each combination of the grid, with the fixed settings before it."""
        fixed = [(path(key), json.dumps(value)) for key, value in self.fixed.items()]
        axes = [[(path(k), json.dumps(v)) for v in values] for k, values in self.grid.items()]
        return [(*fixed, *combination) for combination in itertools.product(*axes)]


@dataclass(frozen=True)
class Sweep:
    """The content of a sweep's file: tasks, methods, seeds, and how searches are done."""

    title: str
    tasks: Mapping[str, Sequence[str] | None]
    """Tasks of each benchmark; None for all that it has."""
    rivals: Sequence[Rival]
    seeds: Sequence[int]
    labels: Sequence[int]
    overrides: Mapping[str, Any]
    budget: Budget | None

    @property
    def methods(self) -> list[str]:
        """Names of the methods, the twin first."""
        return [rival.method for rival in self.rivals]

    def of(self, rival: Rival) -> list[Plan]:
        """The runs of one method without its grid and search: tasks x labels x seeds."""
        result = []
        for benchmark, tasks in self.tasks.items():
            first_seed_plans = plans([benchmark], [rival.method], tasks, 1, self.labels)
            result += [replace(plan, seed=seed) for plan in first_seed_plans for seed in self.seeds]
        return result

    def plans(self) -> list[Plan]:
        """Every run that is known beforehand: those of a search are not."""
        return [
            replace(plan, settings=settings)
            for rival in self.rivals
            if not rival.space
            for settings in rival.settings()
            for plan in self.of(rival)
        ]

    def probes(self) -> list[Plan]:
        """A run at each end of every search space, to check the types of before anything runs."""
        result = []
        for rival in self.rivals:
            for key, space in rival.space.items():
                for value in space.ends():
                    settings = (*rival.settings()[0], (path(key), json.dumps(value)))
                    result += [replace(plan, settings=settings) for plan in self.of(rival)[:1]]
        return result


def read(name: str) -> Sweep:
    """Reads a sweep by its name, or by the path of a YAML file.

    Raises:
        UnknownName: A sweep, benchmark, method or task that does not exist.
        BadYaml: The file is no YAML, or says a thing twice.
        BadFile: It says something that a sweep does not take; the place is named.
    """
    place = f"sweep {Path(name).stem}"
    content = keys(layers.read("sweeps", name), place, {"benchmarks", "methods"}, KEYS)
    tasks = {}
    for benchmark, method_settings in names_mapping(
        content["benchmarks"], f"{place}: benchmarks"
    ).items():
        task_names = method_settings if method_settings is not None else content.get("tasks")
        task_place = f"{place}: tasks of {benchmark}"
        for task in (
            ()
            if task_names is None
            else non_empty_list(task_names, task_place, "tasks, such as ['a:b']")
        ):
            if not isinstance(task, str):
                raise BadFile(f"{task_place}: {task!r}: write it in quotes, as 'SOURCE:TARGET'")
        layers.tasks(benchmark, task_names)
        tasks[benchmark] = task_names
    budget = budget_of(content["search"], f"{place}: search") if "search" in content else None
    common = content.get("grid") or {}
    rivals = [
        rival(method, method_settings, common, budget, f"{place}: method {method}")
        for method, method_settings in (
            {TWIN: None} | names_mapping(content["methods"], f"{place}: methods")
        ).items()
    ]
    common_set = mapping(content.get("set") or {}, f"{place}: set", empty=True)
    try:
        overrides = tree((path(key), value) for key, value in common_set.items())
    except ValueError as error:
        raise BadFile(f"{place}: set: {error}") from error
    labels = []
    if content.get("labels") is not None:
        labels = non_empty_list(content["labels"], f"{place}: labels", "numbers of labels")
    for granted in labels:
        if granted != "all":
            count(granted, f"{place}: labels")
    title = str(content.get("title", name))
    seeds = seeds_of(content.get("seeds", 3), f"{place}: seeds")
    return Sweep(title, tasks, rivals, seeds, labels, overrides, budget)


def rival(
    method: str, raw: Any, common: Mapping[str, Any], budget: Budget | None, place: str
) -> Rival:
    """One method of a sweep, checked; ``common`` is the grid of all."""
    layers.read("methods", method)
    settings = keys({} if raw is None else raw, place, (), METHOD_KEYS)
    fixed, method_grid, spaces = (
        mapping(settings.get(key) or {}, f"{place}: {key}", empty=True) for key in METHOD_KEYS
    )
    grid = mapping(common, f"{place}: grid", empty=True) | method_grid
    for key, values in grid.items():
        non_empty_list(values, f"{place}: grid: {key}", "values")
    space = {k: Space.read(k, v) for k, v in spaces.items()}
    if conflicts := sorted({path(k) for k in fixed} & {path(k) for k in (*method_grid, *space)}):
        raise BadFile(
            f"{place}: {conflicts[0]} is set to one value and varied: leave one of the two"
        )
    if space and budget is None:
        raise BadFile(f"{place} has a search space: say search: {{trials: 20}} beside methods")
    if space and grid:
        raise BadFile(f"{place} has a grid and a search space: put the grid's keys into the "
                      "space, as {choices: [...]}")  # fmt: skip
    return Rival(method, fixed, grid, space)


def budget_of(raw: Any, place: str) -> Budget:
    """How searches are done, with the type of each word checked."""
    settings = keys(raw, place, (), Budget.KEYS)
    for key in ("trials", "batch"):
        count(settings.get(key, 1), f"{place}: {key}")
    if settings.get("seed", 0) != 0:
        count(settings["seed"], f"{place}: seed")
    for key in ("select", "sampler"):
        if not isinstance(settings.get(key, ""), str):
            raise BadFile(f"{place}: {key}: expected a name, found {settings[key]!r}")
    select = settings.get("select", "")
    if select.startswith("val/") and select not in VALIDATION:
        raise BadFile(f"{place}: select: there is no {select!r}{nearest(select, VALIDATION)}")
    return Budget(**settings)


def seeds_of(raw: Any, place: str) -> list[int]:
    """Seeds from 0, by their number, or a list of them."""
    if isinstance(raw, list):
        for seed in non_empty_list(raw, place, "seeds"):
            if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
                raise BadFile(f"{place}: {seed!r}: a seed is a whole number from 0 to 2^32 - 1")
        return list(raw)
    return list(range(count(raw, place)))
