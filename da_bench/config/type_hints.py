"""Type hints, as the check of stored descriptions reads them: what may stand in a place."""

import inspect
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from .objects import parameters

TEXT = (str, Path, os.PathLike, timedelta, Any)
"""Where a text stays one."""
PLAIN = (*TEXT, int, float, bool, type(None))
LISTS = (list, tuple, set, frozenset, Sequence, Iterable, Collection)


def members(hint: Any) -> list[Any]:
    """The types that a type hint allows, unions opened; ``Any`` for a hint that says nothing."""
    if get_origin(hint) in (Union, UnionType):
        return [kind for member in get_args(hint) for kind in members(member)]
    if get_origin(hint) is Annotated:
        return members(get_args(hint)[0])
    is_informative = hint is not object and (
        inspect.isclass(hint) or get_origin(hint) or is_callable(hint)
    )
    return [hint if is_informative else Any]


def origin(kind: Any) -> type:
    """The class behind a type hint."""
    value = get_origin(kind) or kind
    return value if inspect.isclass(value) else object


def is_map(kind: Any) -> bool:
    """Whether a type hint takes a mapping."""
    return issubclass(origin(kind), Mapping)


def is_list(kind: Any) -> bool:
    """Whether a type hint takes several items: a list, a tuple, any iterable."""
    return origin(kind) in LISTS


def is_callable(kind: Any) -> bool:
    """Whether a type hint takes a function."""
    return Callable in (kind, get_origin(kind))


def is_name(kind: Any) -> bool:
    """Whether a type hint takes what an import path names: a function, or a class itself."""
    return is_callable(kind) or origin(kind) is type


def is_class(kind: Any) -> bool:
    """Whether a type hint takes an object that a description makes."""
    is_plain = kind in (*PLAIN, Unresolved) or get_origin(kind) is Literal
    return not (is_plain or is_name(kind) or is_map(kind) or is_list(kind))


def items(kinds: Iterable[Any]) -> Any:
    """What the items of a list may be."""
    item_types = tuple(a for k in kinds if is_list(k) for a in get_args(k) if a is not Ellipsis)
    return Union[item_types] if item_types else Any  # noqa: UP007 - of any number


def only_text(kind: Any) -> bool:
    """Whether nothing but plain values is made of a text in this place, whatever it holds."""
    if is_map(kind) or is_list(kind):
        return bool(get_args(kind)) and all(
            only_text(k) for a in get_args(kind) if a is not Ellipsis for k in members(a)
        )
    return (kind in PLAIN and kind is not Any) or get_origin(kind) is Literal


def argument_hints(thing: Any) -> dict[str, Any]:
    """Type hints of all arguments, by name; ``Any`` where there is none."""
    if not inspect.isclass(thing):
        hints = resolve(thing)
        return {name: hints.get(name, Any) for name in inspect.signature(thing).parameters}
    hints = {}
    for base in reversed(thing.__mro__):
        hints |= resolve(base.__init__) if "__init__" in vars(base) else {}  # type: ignore[misc]
    return {name: hints.get(name, Any) for name in parameters(thing)}


def resolve(function: Any) -> dict[str, Any]:
    """Type hints of the arguments of one function, and of its ``return``."""
    try:
        return get_type_hints(function)
    except (NameError, TypeError, AttributeError):  # written for a type checker alone
        return dict.fromkeys(inspect.signature(function).parameters, Unresolved)


class Unresolved:
    """Stands for a type hint that can't be resolved: whatever looks like a name is one."""
