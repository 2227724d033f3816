"""The small checks of a file that people write: errors name the place and what was expected."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from . import layers
from .objects import nearest


class BadFile(ValueError):
    """A file of published numbers, or a sweep, that is not as it should be; names the place."""


def keys(
    raw: Any, place: str, needed: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    """``raw`` as a mapping that has all needed keys and no unknown ones.

    Args:
        raw: A value that was read from YAML.
        place: Its place in the file, for errors.
        needed: Keys that must be there.
        optional: Keys that may be there.

    Raises:
        BadFile: A key is missing or unknown, or ``raw`` is no mapping.
    """
    needed, known_keys = set(needed), {*needed, *optional}
    settings = mapping(raw, place, empty=not needed)
    for key in settings:
        if key not in known_keys:
            raise BadFile(f"{place}: unknown key {key!r}{nearest(key, known_keys)}")
    if missing := sorted(needed - settings.keys()):
        raise BadFile(f"{place}: {', '.join(missing)} is missing")
    return settings


def mapping(raw: Any, place: str, empty: bool = False) -> dict[str, Any]:
    """``raw`` as a mapping with text for keys."""
    if not isinstance(raw, Mapping) or not (raw or empty):
        raise BadFile(f"{place}: expected keys and values, found {raw!r}")
    return {str(key): value for key, value in raw.items()}


def one_of(raw: Any, known_values: Iterable[str], place: str) -> str:
    """``raw`` as text, once it is one of the known names; raises BadFile otherwise."""
    if str(raw) not in known_values:
        raise BadFile(f"{place}: {raw!r}; known: {', '.join(known_values)}")
    return str(raw)


def number_of(raw: Any, place: str) -> float:
    """``raw`` as a finite number, at least 0."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw < math.inf:
        raise BadFile(f"{place}: expected a number from 0 up, found {raw!r}")
    return float(raw)


def count(raw: Any, place: str) -> int:
    """``raw`` as a whole number above 0."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise BadFile(f"{place}: expected a whole number above 0, found {raw!r}")
    return raw


def non_empty_list(raw: Any, place: str, content: str) -> list[Any]:
    """``raw`` as a list that is not empty and holds nothing twice."""
    if not isinstance(raw, list) or not raw:
        raise BadFile(f"{place}: expected a list of {content}, found {raw!r}")
    for number, value in enumerate(raw):
        # By type too: to Python, 1 and True are equal.
        if any(type(earlier) is type(value) and earlier == value for earlier in raw[:number]):
            raise BadFile(f"{place}: {value!r} stands there twice")
    return raw


def names_mapping(raw: Any, place: str) -> dict[str, Any]:
    """``raw``, a list of names or a mapping from names, as a mapping."""
    if isinstance(raw, Mapping):
        return mapping(raw, place)
    names = non_empty_list(raw, place, "names")
    for name in names:
        if not isinstance(name, str):
            raise BadFile(f"{place}: expected names, found {name!r}")
    return dict.fromkeys(names)


def lines(raw: Any, place: str) -> tuple[str, ...]:
    """``raw``, a list of sentences or None, as a tuple of single lines."""
    if raw is not None and not isinstance(raw, list):
        raise BadFile(f"{place}: differs is a list of sentences, found {raw!r}")
    return tuple(" ".join(str(line).split()) for line in raw or ())


def check_exists(look_up: Any, *arguments: Any) -> None:
    """Raises BadFile, with the place, where ``look_up`` knows no such name.

    Args:
        look_up: Function that raises UnknownName for an unknown name.
        arguments: Arguments of ``look_up``, then the place in the file.
    """
    *names, place = arguments
    try:
        look_up(*names)
    except layers.UnknownName as error:
        raise BadFile(f"{place}: {error}") from error
