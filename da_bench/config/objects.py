"""Objects as plain JSON and back: a class path and its arguments, nothing pickled.

The one convention, scikit-learn's: a constructor stores each argument under its own name.
"""

import difflib
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

from . import trusted

MOST_LISTED = 20
"""Number of known names that an error lists whole."""


def parameters(cls: type) -> list[str]:
    """Names of the constructor's arguments, those ``**kwargs`` passes on to a base included."""
    names: list[str] = []
    for base in cls.__mro__:
        if "__init__" not in vars(base):
            continue
        kinds = inspect.signature(base.__init__).parameters  # type: ignore[misc]
        argument_names = [
            argument
            for argument, parameter in kinds.items()
            if parameter.kind not in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        ]
        names += [
            argument for argument in argument_names if argument != "self" and argument not in names
        ]
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in kinds.values()):
            break
    return names


def describe(thing: Any) -> Any:
    """``thing`` as plain values that JSON can hold.

    Plain values as they are, functions and classes by path, objects by arguments.

    Raises:
        TypeError: An object does not keep an argument under its name, or has no import path.
    """
    if thing is None or isinstance(thing, bool | int | float | str):
        return thing
    if isinstance(thing, Mapping):
        return {key: describe(value) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [describe(value) for value in thing]
    if inspect.isclass(thing) or inspect.isroutine(thing):
        return path_of(thing)
    names = parameters(type(thing))
    missing = [name for name in names if not hasattr(thing, name)]
    if missing:
        raise TypeError(
            f"{type(thing).__name__} does not keep its argument {missing[0]!r} as an attribute, so "
            f"a run with it can't be rebuilt from its folder; store self.{missing[0]} in __init__"
        )
    arguments = {name: describe(getattr(thing, name)) for name in names}
    return {"class_path": path_of(type(thing)), "init_args": arguments}


def path_of(thing: Any) -> str:
    """Import path of a class or function; of ours the public one, which no moved file changes."""
    module, name = thing.__module__, thing.__qualname__
    if "<" in name:
        raise TypeError(
            f"{module}.{name} can't be imported again: define it at the top level of a module"
        )
    room = ".".join(module.split(".")[:2])
    public = module.startswith("da_bench.") and getattr(sys.modules[room], name, None) is thing
    return f"{room if public else module}.{name}"


def paths(spec: Any) -> Iterable[str]:
    """Every import path that a description names."""
    if isinstance(spec, Mapping):
        for value in spec.values():
            yield from paths(value)
    elif isinstance(spec, list | tuple):
        for value in spec:
            yield from paths(value)
    elif isinstance(spec, str) and is_path(spec):
        yield spec


def is_path(text: str) -> bool:
    """Whether a text has the form of an import path."""
    return "." in text and all(part.isidentifier() for part in text.split("."))


def bind_options(function: Callable, options: Mapping[str, Any] | None) -> Callable:
    """``function`` with keyword ``options`` bound, their names checked first.

    An option that YAML gives as an import path, such as a kernel, becomes what the path names.

    Raises:
        ValueError: ``function`` does not take an option, and the message names the nearest; or a
            path names nothing.
    """
    kinds = inspect.signature(function).parameters
    for name in options or {}:
        if name not in kinds and not any(
            parameter.kind is parameter.VAR_KEYWORD for parameter in kinds.values()
        ):
            raise ValueError(
                f"{getattr(function, '__name__', function)} takes no option "
                f"{name!r}{nearest(name, kinds)}"
            )
    return partial(
        function, **{name: import_names(value) for name, value in (options or {}).items()}
    )


def import_names(value: Any) -> Any:
    """``value``, with every import path in it replaced by what it names.

    Raises:
        ValueError: A path that names nothing; in a stored file also one that is no function of the
            list and not trusted.
    """
    if isinstance(value, list | tuple):
        return [import_names(part) for part in value]
    if not isinstance(value, str) or not is_path(value):
        return value
    return trusted.option(value)


def nearest(name: str, known_names: Iterable[str]) -> str:
    """A hint for an error: the known name most like ``name``, or all of them.

    Capitals, spaces, hyphens and underscores make no difference: ``Deep-CORAL`` is near
    ``deep_coral``. Of more than ``MOST_LISTED`` names the five nearest stand for all.
    """
    spellings = {_spelling(known_name): known_name for known_name in sorted(known_names)}
    close = difflib.get_close_matches(_spelling(name), spellings, 1, 0.5)
    if close:
        return f"; did you mean {spellings[close[0]]!r}?"
    if len(spellings) <= MOST_LISTED:
        return f"; known: {', '.join(spellings.values())}"
    close = difflib.get_close_matches(_spelling(name), spellings, 5, 0.0)
    return f"; nearest of {len(spellings)}: {', '.join(spellings[match] for match in close)}"


def _spelling(name: str) -> str:
    """A name without what people type in different ways."""
    return re.sub(r"[\s_-]", "", name).lower()
