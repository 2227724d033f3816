"""The small checks of a file that people write: errors name the place and what was expected."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from . import layers
from .objects import nearest


class BadFile(ValueError):
    """A file of published numbers, or a sweep, that is not as it should be; names the place."""


def keys(
    raw: Any, where: str, needed: Iterable[str], optional: Iterable[str] = ()
) -> dict[str, Any]:
    """``raw`` as a mapping that has what is needed and nothing that is unknown."""
    needed, known = set(needed), {*needed, *optional}
    found = mapping(raw, where, empty=not needed)
    for key in found:
        if key not in known:
            raise BadFile(f"{where}: unknown key {key!r}{nearest(key, known)}")
    if missing := sorted(needed - found.keys()):
        raise BadFile(f"{where}: {', '.join(missing)} is missing")
    return found


def mapping(raw: Any, where: str, empty: bool = False) -> dict[str, Any]:
    """``raw`` as a mapping with text for keys."""
    if not isinstance(raw, Mapping) or not (raw or empty):
        raise BadFile(f"{where}: expected keys and values, found {raw!r}")
    return {str(key): value for key, value in raw.items()}


def one_of(raw: Any, known: Iterable[str], where: str) -> str:
    """``raw``, where it is known."""
    if str(raw) not in known:
        raise BadFile(f"{where}: {raw!r}; known: {', '.join(known)}")
    return str(raw)


def number_of(raw: Any, where: str) -> float:
    """``raw`` as a finite number, at least 0."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not 0 <= raw < math.inf:
        raise BadFile(f"{where}: expected a number from 0 up, found {raw!r}")
    return float(raw)


def count(raw: Any, where: str) -> int:
    """``raw`` as a whole number above 0."""
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        raise BadFile(f"{where}: expected a whole number above 0, found {raw!r}")
    return raw


def listed(raw: Any, where: str, what: str) -> list[Any]:
    """``raw`` as a list that holds something, and nothing twice."""
    if not isinstance(raw, list) or not raw:
        raise BadFile(f"{where}: expected a list of {what}, found {raw!r}")
    for place, value in enumerate(raw):
        # By type too: to Python, 1 and True are equal.
        if any(type(one) is type(value) and one == value for one in raw[:place]):
            raise BadFile(f"{where}: {value!r} stands there twice")
    return raw


def named(raw: Any, where: str) -> dict[str, Any]:
    """Names with what is said of each: a list of them, or a mapping."""
    if isinstance(raw, Mapping):
        return mapping(raw, where)
    found = listed(raw, where, "names")
    for name in found:
        if not isinstance(name, str):
            raise BadFile(f"{where}: expected names, found {name!r}")
    return dict.fromkeys(found)


def lines(raw: Any, where: str) -> tuple[str, ...]:
    """A list of sentences; None is none."""
    if raw is not None and not isinstance(raw, list):
        raise BadFile(f"{where}: differs is a list of sentences, found {raw!r}")
    return tuple(" ".join(str(line).split()) for line in raw or ())


def exists(look_up: Any, *arguments: Any) -> None:
    """Raises BadFile, with the place, where a name of ours does not exist."""
    *asked, where = arguments
    try:
        look_up(*asked)
    except layers.UnknownName as error:
        raise BadFile(f"{where}: {error}") from error
