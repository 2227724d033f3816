"""The YAML layers: what can be named on the command line, read without importing torch."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from .objects import nearest
from .settings import UniqueKeyLoader, nest

Kind = Literal["data", "methods", "sweeps"]
KIND_NAMES = {"data": "benchmark", "methods": "method", "sweeps": "sweep"}


class UnknownName(ValueError):
    """A method, task or benchmark that does not exist; the message names the nearest."""


class BadYaml(ValueError):
    """A file that is no YAML, or says one thing twice; the message names file and line."""


def load(path: Path) -> Any:
    """The content of a YAML file, in plain values.

    Raises:
        BadYaml: The file is no YAML, or sets one key twice.
    """
    try:
        return yaml.load(path.read_text(), UniqueKeyLoader)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise BadYaml(f"{path}{line}: no valid YAML: {getattr(error, 'problem', error)}") from error


def folder() -> Path:
    """Where the YAML lies: inside an installed package, or beside the package in a checkout.

    Raises:
        FileNotFoundError: In neither place, so the installation is damaged.
    """
    package = Path(__file__).parents[1]
    places = (package / "experiments_yaml", package.parent / "experiments")
    for place in places:
        if (place / "defaults.yaml").is_file():
            return place
    raise FileNotFoundError(
        f"no YAML of experiments in {places[0]} or {places[1]}: install da_bench again"
    )


def names(kind: Kind) -> list[str]:
    """Names of the benchmarks (``data``), the ``methods`` or the ``sweeps``."""
    return sorted(files(kind))


def files(kind: Kind) -> dict[str, Path]:
    """The YAML files of a kind by name; those of methods lie in a folder for each family."""
    pattern = "*/*.yaml" if kind == "methods" else "*.yaml"
    return {path.stem: path for path in (folder() / kind).glob(pattern)}


def _parse(path: Path) -> dict[str, Any]:
    return _parse_cached(path, path.stat().st_mtime_ns)  # an edited file is read again


@lru_cache
def _parse_cached(path: Path, write_time: int) -> dict[str, Any]:
    content = load(path)
    if content is not None and not isinstance(content, dict):
        raise BadYaml(f"{path}: expected keys and values, found {content!r}"[:200])
    return content or {}


def read(kind: Kind, name: str) -> dict[str, Any]:
    """One layer, by its name or by the path of a YAML file of the same form.

    A method's file may name another as ``based_on``: it says only what differs.

    Raises:
        UnknownName: There is no such layer; the message names the nearest.
        BadYaml: The file is no YAML of keys and values, says a thing twice, or rests on itself.
    """
    layers = list(lineage(name).values()) if kind == "methods" else [_read_file(kind, name)]
    about = layers[-1].get("about", {})
    return merge(*layers) | ({"about": about} if about else {})


def lineage(method: str) -> dict[str, dict[str, Any]]:
    """The YAML layers of a method by name: those that it is ``based_on`` first, its own last.

    Raises:
        UnknownName, BadYaml: As :func:`read`.
    """
    layers: dict[str, dict[str, Any]] = {}
    name: Any = method
    while name:
        if not isinstance(name, str):
            raise BadYaml(f"method {method!r}: based_on {name!r} is no name of a method")
        if name in layers:
            raise BadYaml(f"method {method!r}: based_on {name!r}, which rests on it")
        layers = {name: _read_file("methods", name)} | layers
        name = layers[name].get("based_on")
    return layers


def _read_file(kind: Kind, name: str) -> dict[str, Any]:
    paths = files(kind)
    if name in paths:
        return deepcopy(_parse(paths[name]))
    if name.endswith((".yaml", ".yml")) and Path(name).is_file():
        return deepcopy(_parse(Path(name).resolve()))
    if name.endswith((".yaml", ".yml")):
        raise UnknownName(f"{KIND_NAMES[kind]} {name!r}: there is no such file in {Path.cwd()}")
    in_reach = next((file for file in (f"{name}.yaml", f"{name}.yml") if Path(file).is_file()), "")
    hint = f"; did you mean the file {in_reach!r}?" if in_reach else nearest(name, paths)
    raise UnknownName(f"unknown {KIND_NAMES[kind]} {name!r}{hint}")


def tasks(benchmark: str, names: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """The benchmark's transfer tasks, as pairs of source and target.

    Args:
        benchmark: Name of the benchmark, or a YAML file.
        names: Tasks as ``SOURCE:TARGET``; all of the benchmark by default.

    Raises:
        UnknownName: A task or domain that the benchmark does not have.
        BadYaml: The benchmark's file says tasks that are no pairs.
    """
    about = read("data", benchmark).get("about", {})
    known_tasks = [_pair(task, benchmark) for task in about.get("tasks") or []]
    if names is None:
        if not known_tasks:
            raise UnknownName(f"{benchmark} offers no tasks: name some by --tasks SOURCE:TARGET")
        return known_tasks
    domains = about.get("domains") or sorted(
        {domain_name for task in known_tasks for domain_name in task}
    )
    result = []
    for task in names:
        source, colon, target = task.partition(":")
        if not colon:
            raise UnknownName(
                f"task {task!r}: write it as SOURCE:TARGET"
                + (f", such as {':'.join(known_tasks[0])}" if known_tasks else "")
            )
        for domain in (source, target):
            if domains and domain not in domains and not about.get("open_domains"):
                raise UnknownName(
                    f"unknown domain {domain!r} of {benchmark}{nearest(domain, domains)}"
                )
        result.append((source, target))
    return result


def _pair(task: Any, benchmark: str) -> tuple[str, str]:
    """A task of a benchmark's file, written as ``[source, target]`` or ``source:target``."""
    parts = task.split(":", 1) if isinstance(task, str) else task
    if not isinstance(parts, list) or len(parts) != 2 or not all(map(is_name, parts)):
        raise BadYaml(
            f"{benchmark}: about.tasks has {task!r}, which is no pair: write [source, target] or "
            "source:target"
        )
    return str(parts[0]), str(parts[1])


def is_name(value: Any) -> bool:
    """Whether a value may be the name of a domain; a number is one, as in ``[0, 40]``."""
    return isinstance(value, str | int | float) and str(value) != ""


def merge(base: Mapping[str, Any], *layers: Mapping[str, Any]) -> dict[str, Any]:
    """Later layers over earlier ones, key by key; lists and plain values are replaced.

    A layer that names another ``class_path`` replaces the object with its arguments; ``options``,
    which belong to one function or algorithm, are replaced whole; another ``schedule`` drops the
    ``schedule_options`` of the one before, and so any key those of its own.
    """
    result = deepcopy(dict(base))
    for layer in layers:
        for key in [k for k, value in layer.items() if value != result.get(k)]:
            result.pop(f"{key}_options", None)
        for key, value in layer.items():
            old_value = result.get(key)
            if isinstance(value, Mapping) and isinstance(old_value, Mapping):
                path = value.get("class_path", old_value.get("class_path"))
                is_replaced = key == "options" or path != old_value.get("class_path", path)
                result[key] = deepcopy(dict(value)) if is_replaced else merge(old_value, value)
            else:
                result[key] = deepcopy(value)
    return result


def compose(
    benchmark: str,
    method: str,
    task: tuple[str, str] | None = None,
    seed: int = 0,
    labels: int | str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The configuration of one run: defaults, benchmark, method, the benchmark's changes of it.

    What the benchmark says of a method holds for those that are ``based_on`` it, too; what it says
    of an encoder, for those that ``start_from`` a run of it.

    Args:
        benchmark: Name of the benchmark, or a YAML file.
        method: Name of the method, or a YAML file.
        task: Source and target; the benchmark's default where None.
        seed: Seed of everything random.
        labels: Number or share of labelled target samples.
        overrides: Settings that are merged in last.

    Raises:
        UnknownName: A benchmark or method that does not exist.
    """
    defaults = _parse(folder() / "defaults.yaml")
    data = read("data", benchmark)
    method_overrides = data.pop("methods", {})
    method_layers = [
        x
        for name, layer in lineage(method).items()
        for x in (layer, method_overrides.get(name, {}))
    ]
    start_overrides = method_overrides.get(read("methods", method).get("start_from"), {})
    encoder = start_overrides.get("model", {}).get("init_args", {}).get("encoder", {})
    start_encoder = nest("model.init_args.encoder", encoder) if encoder else {}
    config = merge(defaults, data, start_encoder, *method_layers, overrides or {})
    for key in ("about", "start_from", "based_on"):
        config.pop(key, None)
    config["seed_everything"] = seed
    arguments = config["data"].setdefault("init_args", {})
    if task:
        arguments["source"], arguments["target"] = task
    if labels is not None:
        arguments["target_labels"] = labels
    return config
