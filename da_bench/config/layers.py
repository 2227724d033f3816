"""The YAML layers: what can be named on the command line, read without importing torch."""

from collections.abc import Iterable, Mapping
from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from .objects import nearest
from .settings import Once, nested

Kind = Literal["data", "methods", "sweeps"]
WHAT = {"data": "benchmark", "methods": "method", "sweeps": "sweep"}


class UnknownName(ValueError):
    """A method, task or benchmark that does not exist; the message names the nearest."""


class BadYaml(ValueError):
    """A file that is no YAML, or says one thing twice; the message names file and line."""


def load(path: Path) -> Any:
    """What a YAML file says, in plain values.

    Raises:
        BadYaml: It can't be read so.
    """
    try:
        return yaml.load(path.read_text(), Once)
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


def _parsed(path: Path) -> dict[str, Any]:
    return _parsed_at(path, path.stat().st_mtime_ns)  # an edited file is read again


@lru_cache
def _parsed_at(path: Path, written: int) -> dict[str, Any]:
    found = load(path)
    if found is not None and not isinstance(found, dict):
        raise BadYaml(f"{path}: expected keys and values, found {found!r}"[:200])
    return found or {}


def read(kind: Kind, name: str) -> dict[str, Any]:
    """One layer, by its name or by the path of a YAML file of the same form.

    A method's file may name another as ``based_on``: it says only what differs.

    Raises:
        UnknownName: There is none; the nearest name is told.
        BadYaml: The file is no YAML of keys and values, says a thing twice, or rests on itself.
    """
    layers = list(lineage(name).values()) if kind == "methods" else [_own(kind, name)]
    about = layers[-1].get("about", {})
    return merge(*layers) | ({"about": about} if about else {})


def lineage(method: str) -> dict[str, dict[str, Any]]:
    """What the files of a method say, by name: what it rests on (``based_on``) first, itself last.

    Raises:
        UnknownName, BadYaml: As :func:`read`.
    """
    found: dict[str, dict[str, Any]] = {}
    name: Any = method
    while name:
        if not isinstance(name, str):
            raise BadYaml(f"method {method!r}: based_on {name!r} is no name of a method")
        if name in found:
            raise BadYaml(f"method {method!r}: based_on {name!r}, which rests on it")
        found = {name: _own("methods", name)} | found
        name = found[name].get("based_on")
    return found


def _own(kind: Kind, name: str) -> dict[str, Any]:
    known = files(kind)
    if name in known:
        return deepcopy(_parsed(known[name]))
    if name.endswith((".yaml", ".yml")) and Path(name).is_file():
        return deepcopy(_parsed(Path(name).resolve()))
    raise UnknownName(f"unknown {WHAT[kind]} {name!r}{nearest(name, known)}")


def tasks(benchmark: str, chosen: Iterable[str] | None = None) -> list[tuple[str, str]]:
    """The benchmark's transfer tasks, or those ``chosen`` as ``SOURCE:TARGET``.

    Raises:
        UnknownName: A task or domain that the benchmark does not have.
    """
    about = read("data", benchmark).get("about", {})
    offered = [tuple(task) for task in about.get("tasks", [])]
    if chosen is None:
        if not offered:
            raise UnknownName(f"{benchmark} offers no tasks: name some by --tasks SOURCE:TARGET")
        return offered  # type: ignore[return-value]
    domains = about.get("domains") or sorted({d for task in offered for d in task})
    found = []
    for task in chosen:
        source, colon, target = task.partition(":")
        if not colon:
            raise UnknownName(
                f"task {task!r}: write it as SOURCE:TARGET"
                + (f", such as {':'.join(offered[0])}" if offered else "")
            )
        for domain in (source, target):
            if domains and domain not in domains and not about.get("open_domains"):
                raise UnknownName(
                    f"unknown domain {domain!r} of {benchmark}{nearest(domain, domains)}"
                )
        found.append((source, target))
    return found


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
            old = result.get(key)
            if isinstance(value, Mapping) and isinstance(old, Mapping):
                path = value.get("class_path", old.get("class_path"))
                other = key == "options" or path != old.get("class_path", path)
                result[key] = deepcopy(dict(value)) if other else merge(old, value)
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
    """The configuration of one run: defaults, benchmark, method, then the benchmark's word on it.

    What the benchmark says of a method holds for those that are ``based_on`` it, too; what it says
    of an encoder, for those that ``start_from`` a run of it.

    Raises:
        UnknownName: A benchmark or method that does not exist.
    """
    defaults = _parsed(folder() / "defaults.yaml")
    data = read("data", benchmark)
    words = data.pop("methods", {})
    chosen = [x for name, own in lineage(method).items() for x in (own, words.get(name, {}))]
    begun = words.get(read("methods", method).get("start_from"), {})
    encoder = begun.get("model", {}).get("init_args", {}).get("encoder", {})
    same = nested("model.init_args.encoder", encoder) if encoder else {}
    config = merge(defaults, data, same, *chosen, overrides or {})
    for key in ("about", "start_from", "based_on"):
        config.pop(key, None)
    config["seed_everything"] = seed
    arguments = config["data"].setdefault("init_args", {})
    if task:
        arguments["source"], arguments["target"] = task
    if labels is not None:
        arguments["target_labels"] = labels
    return config
