"""Checks a stored description before anything that it names is imported: place by place, by type.

Only the plain forms that a run writes are let through, so that nothing is left to be guessed: an
object is ``{class_path, init_args}``, a function or class its import path, all else plain values.
"""

import inspect
import os
from collections.abc import Mapping
from dataclasses import is_dataclass
from typing import Any, Literal, get_args, get_origin

import yaml

from . import type_hints
from .objects import is_path, nearest
from .trusted import Untrusted, current_path, find, is_trusted
from .type_hints import Unresolved, is_callable, is_class, is_list, is_map, is_name

OBJECT_KEYS = {"class_path", "init_args"}
DEEPEST_LEVEL, MOST_VALUES = 40, 100_000
"""Levels, and values, of a description; one that a run wrote has a few hundred."""
UNTYPED_CLASSES = ("da_bench.shallow.", "sklearn.")
"""Listed classes that also an argument without a type takes: estimators hold each other so."""


def check_description(value: Any, hint: Any, file: Any, place: str = "") -> Any:
    """``value`` in plain containers, once everything in it fits the type ``hint``.

    Args:
        value: A value from a stored file.
        hint: Type of the argument, or class of the object, that it describes; or those of a
            file's sections by name.
        file: Named in errors.
        place: Place of the value in its file, for errors.

    Raises:
        Untrusted: The value names a class or function that is neither on the list nor trusted.
        ValueError: The value has another form, names a function in place of a class or the other
            way round, or a class that is not of the base that the place needs.
    """
    check = _Check(file)
    plain_values = check.sections(value, hint) if isinstance(hint, dict) else (
        check.value(value, hint, place, 0)
    )  # fmt: skip
    if check.unknown:
        raise Untrusted(file, check.unknown)
    return plain_values


class _Check:
    """One walk through a description; collects the names that are on no list."""

    def __init__(self, file: Any) -> None:
        self.file, self.unknown, self.count = file, dict[str, str](), 0

    def refuse(self, place: str, reason: str) -> ValueError:
        return ValueError(f"{self.file}: {place}: {reason}")

    def sections(self, value: Any, hints: dict[str, Any]) -> Any:
        if not isinstance(value, Mapping) or value.keys() - hints:
            sections = [*value] if isinstance(value, Mapping) else value
            raise self.refuse("sections", f"expected {', '.join(hints)}; found {sections!r}"[:300])
        return {k: self.value(v, hints[k], k, 0) for k, v in value.items()}

    def value(self, value: Any, hint: Any, place: str, depth: int) -> Any:
        self.count += 1
        if depth > DEEPEST_LEVEL or self.count > MOST_VALUES:
            raise self.refuse(place[:200], "nested too deep, or too long, for what a run describes")
        if value is None or type(value) in (bool, int, float):
            return value
        kinds = type_hints.members(hint)
        if type(value) is str:
            return self.text(value, kinds, place)
        if type(value) in (list, tuple):
            value_type = type_hints.items(kinds) if any(map(is_list, kinds)) else hint
            return [
                self.value(v, value_type, f"{place}[{i}]", depth + 1) for i, v in enumerate(value)
            ]
        if not isinstance(value, Mapping):
            raise self.refuse(place, f"expected plain values, found {type(value).__name__}")
        for key in value:
            if type(key) not in (str, int, float, bool) or key == "<<":
                raise self.refuse(place, f"expected plain keys, found {str(key)[:100]!r}")
        if OBJECT_KEYS & value.keys():
            return self.object(value, kinds, place, depth)
        data = next((k for k in kinds if is_dataclass(k)), None)
        if data is not None:
            return self.arguments(value, data, place, depth)
        maps = [k for k in kinds if is_map(k)]
        if not maps and any(is_class(k) or is_name(k) for k in kinds):
            raise self.refuse(place, "an object is described by its class_path and init_args")
        value_type = (get_args(maps[0]) or (Any, Any))[1] if maps else Any
        return {
            k: self.value(v, value_type, place_below(place, k), depth + 1) for k, v in value.items()
        }

    def text(self, value: str, kinds: list[Any], place: str) -> str:
        """A text: a name where the place takes a function or a class, else as it is."""
        text = (*type_hints.TEXT, Unresolved)
        open_to_text = any(k in text or get_origin(k) is Literal for k in kinds)
        naming = [k for k in kinds if is_name(k) or k is Unresolved]
        if naming and (is_path(value) or not open_to_text):
            self.alone(value, place)
            self.name(value, naming, place)
            return current_path(value)
        if any(map(is_class, kinds)):
            self.alone(value, place)
            if not open_to_text or not f"_{value}".replace("-", "_").isidentifier():
                raise self.refuse(place, f"{value[:100]!r} is no description: an object is its "
                                         "class_path and init_args")  # fmt: skip
        elif not all(map(type_hints.only_text, kinds)) and holds_structure(value):
            raise self.refuse(place, f"a text that holds a mapping or a list: {value[:100]!r}")
        return value

    def alone(self, value: str, place: str) -> None:
        """Refuses a name that is a file where the command runs: the parser would read that file."""
        if os.path.exists(value):
            raise self.refuse(place, f"{value!r} is also a file of the folder that the command is "
                                     "run in: run it in another")  # fmt: skip

    def object(self, value: Mapping[Any, Any], kinds: list[Any], place: str, depth: int) -> Any:
        path, options = value.get("class_path"), value.get("init_args")
        if type(path) is not str or value.keys() - OBJECT_KEYS:
            raise self.refuse(place, f"expected class_path and init_args, found {[*value]}"[:300])
        if options is not None and not isinstance(options, Mapping):
            raise self.refuse(place, f"init_args: expected a mapping, found {options!r}"[:300])
        definition = self.name(path, kinds, place, called=True)
        if definition is None:  # off the list: what else its arguments name is found out, too
            return self.value(dict(options or {}) or None, Any, place, depth + 1)
        arguments = self.arguments(options or {}, definition, place, depth)
        return {"class_path": current_path(path), "init_args": arguments}

    def arguments(self, values: Mapping[Any, Any], definition: Any, place: str, depth: int) -> Any:
        """The arguments of a class, or of a trusted function that makes one, each by its type."""
        hints = type_hints.argument_hints(definition)
        for name in values:
            if name not in hints:
                hint = f"{str(name)[:100]!r}{nearest(str(name), hints)}"
                raise self.refuse(place, f"{definition.__name__} takes no argument {hint}")
        return {
            k: self.value(v, hints[k], place_below(place, k), depth + 1) for k, v in values.items()
        }

    def name(self, path: str, kinds: list[Any], place: str, called: bool = False) -> Any:
        """What ``path`` names, once it is of the kind that the place takes; None off the list.

        Once a name is off the list all is refused, and the kinds of what follows are no matter: the
        arguments of a class that nobody knows have none.
        """
        if not is_path(path):
            raise self.refuse(place, f"{path[:100]!r} is no import path")
        named_object = find(path)
        if named_object is None:
            self.unknown.setdefault(path, place)
        elif not self.unknown and not any(fits(named_object, path, kind, called) for kind in kinds):
            type_names = (
                getattr(k, "__name__", str(k)) for k in kinds if k not in (Any, Unresolved)
            )
            needed_types = " or ".join(dict.fromkeys(type_names)) or "plain value"
            raise self.refuse(place, f"{path} is not what this place takes, a {needed_types}")
        return named_object


def place_below(place: str, key: Any) -> str:
    """The place of a key's value; a key that is no plain word is quoted."""
    return f"{place}.{key if str(key).isidentifier() else repr(str(key)[:60])}"


def fits(thing: Any, path: str, kind: Any, called: bool) -> bool:
    """Whether a listed or trusted thing fits a place of type ``kind``; ``called``: it is called."""
    trusted = is_trusted(path)
    if is_callable(kind):
        return inspect.isroutine(thing) if not called else trusted and callable(thing)
    if not called:  # the class itself
        base = (get_args(kind) or (object,))[0]
        needed_class = type_hints.origin(base)
        return kind is Unresolved or (inspect.isclass(thing) and issubclass(thing, needed_class))
    if kind in (Any, Unresolved):
        return trusted or (
            inspect.isclass(thing) and current_path(path).startswith(UNTYPED_CLASSES)
        )
    if not inspect.isclass(thing):  # a function that makes one: only where the caller names it
        result = type_hints.resolve(thing).get("return") if trusted else None
        return inspect.isclass(result) and fits(result, path, kind, called)
    if getattr(kind, "_is_protocol", False):
        return trusted or thing.__module__.startswith("da_bench.data.task")
    return is_class(kind) and issubclass(thing, type_hints.origin(kind))


def holds_structure(text: str) -> bool:
    """Whether YAML or JSON reads a mapping or a list in a text."""
    try:
        return isinstance(yaml.load(text, yaml.BaseLoader), Mapping | list)
    except (yaml.YAMLError, RecursionError):  # no YAML: JSON allows more, such as tabs
        return text.strip()[:1] in ("{", "[")
