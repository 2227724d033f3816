"""A sweep: a YAML file that says which runs, expanded and checked before any of them starts."""

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from da_bench import experiments
from da_bench.spec import nearest

from .grid import TWIN, Plan, path, plans
from .search import Budget, Space

KEYS = ("title", "benchmarks", "tasks", "seeds", "labels", "set", "grid", "methods", "search")
METHOD_KEYS = ("set", "grid", "search")


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
        own = [(path(key), json.dumps(value)) for key, value in self.fixed.items()]
        axes = [[(path(k), json.dumps(v)) for v in values] for k, values in self.grid.items()]
        return [(*own, *combination) for combination in itertools.product(*axes)]


@dataclass(frozen=True)
class Sweep:
    """What a sweep's file says."""

    title: str
    tasks: Mapping[str, Sequence[str] | None]
    """Of each benchmark; None for all that it has."""
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
        found = []
        for benchmark, tasks in self.tasks.items():
            few = plans([benchmark], [rival.method], tasks, 1, self.labels)
            found += [replace(plan, seed=seed) for plan in few for seed in self.seeds]
        return found

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
        found = []
        for rival in self.rivals:
            for key, space in rival.space.items():
                for value in space.ends():
                    settings = (*rival.settings()[0], (path(key), json.dumps(value)))
                    found += [replace(plan, settings=settings) for plan in self.of(rival)[:1]]
        return found


def read(name: str) -> Sweep:
    """A sweep by its name or file.

    Raises:
        UnknownName: A sweep, benchmark, method or task that does not exist.
        ValueError: The file says something that a sweep does not take.
    """
    given = experiments.read("sweeps", name)
    known(given, KEYS, f"sweep {name}")
    for key in ("benchmarks", "methods"):
        if not given.get(key):
            raise ValueError(f"sweep {name}: says no {key}")
    benchmarks = mapping(given["benchmarks"])
    tasks = {b: own if own is not None else given.get("tasks") for b, own in benchmarks.items()}
    for benchmark, chosen in tasks.items():
        experiments.tasks(benchmark, chosen)
    shared, common = dict(given.get("set") or {}), dict(given.get("grid") or {})
    budget = Budget(**known(given["search"], Budget.KEYS, "search")) if "search" in given else None
    rivals = []
    methods = mapping(given["methods"])
    for method, own in ({TWIN: None} | methods).items():
        experiments.read("methods", method)
        said = known(own or {}, METHOD_KEYS, f"method {method}")
        grid = common | dict(said.get("grid") or {})
        for key, values in grid.items():
            if not isinstance(values, list) or not values:
                raise ValueError(f"grid of {method}: {key}: {values!r} is no list of values")
        space = {k: Space.read(k, v) for k, v in (said.get("search") or {}).items()}
        if space and budget is None:
            raise ValueError(f"{method} has a search space: say search: {{trials: 20}} beside it")
        if space and grid:
            raise ValueError(f"{method} has a grid and a search space: put the grid's keys into "
                             "the space, as {choices: [...]}")  # fmt: skip
        rivals.append(Rival(method, said.get("set") or {}, grid, space))
    seeds = given.get("seeds", 3)
    seeds = list(range(seeds)) if isinstance(seeds, int) else list(seeds)
    if not seeds or not all(isinstance(seed, int) for seed in seeds):
        raise ValueError(f"seeds: {given['seeds']!r}: expected a number above 0 or a list of some")
    overrides: dict[str, Any] = {}
    for key, value in shared.items():
        overrides = experiments.merge(overrides, experiments.nested(path(key), value))
    labels = given.get("labels") or []
    return Sweep(given.get("title", name), tasks, rivals, seeds, labels, overrides, budget)


def mapping(given: Any) -> dict[str, Any]:
    """Names with what is said of each, however they are written."""
    return dict(given) if isinstance(given, Mapping) else dict.fromkeys(given)


def known(given: Mapping[str, Any], keys: Iterable[str], where: str) -> Mapping[str, Any]:
    """What was given, its keys checked."""
    for key in given:
        if key not in keys:
            raise ValueError(f"{where}: there is no key {key!r}{nearest(key, list(keys))}")
    return given
