"""What was wrong with a value or an option, from the parser's own message."""

import re
import sys
from inspect import isclass
from typing import Any, get_args, get_type_hints

from da_bench.config.objects import nearest, parameters

from .options import PATHS, no_option

KINDS = {
    "int": "a whole number",
    "float": "a number",
    "str": "a text",
    "bool": "true or false",
    "list": "a list",
    "Sequence": "a list",
    "dict": "keys and values",
    "Mapping": "keys and values",
    "dot import path": "an import path, such as da_bench.functional.ramp",
}
"""What the parser calls the types of values, in words."""
TYPE = r"Expected (?:an? )?(<class '[\w.]+'>|typing\.Literal\[.*?\]|dot import path)"
"""A type in the parser's messages."""


def explain_parser_error(message: str) -> str:
    """An error of the parser, with the nearest name where a key is unknown."""
    option = re.search(r"Option '([\w.]+)' is not accepted", message)
    path = re.findall(r"class_path '([\w.]+)'", message)
    if option and path and (cls := imported_class(path[-1])):
        name, known_names = cls.__name__, parameters(cls)
        return f"{name} takes no argument {option[1]!r}{nearest(option[1], known_names)}"
    group = re.search(r"Group '(\w+)' does not accept option '([\w.]+)'", message)
    if group and group[1] == "trainer":
        from lightning.pytorch import Trainer

        return f"trainer takes no argument {group[2]!r}{nearest(group[2], parameters(Trainer))}"
    if group and path and (cls := imported_class(path[-1])):
        known_names = parameters(argument_class(cls, group[1]))
        return f"{group[1]} takes no argument {group[2]!r}{nearest(group[2], known_names)}"
    unknown_match = re.search(r"[Uu]nrecognized arguments: (--?[^\s=]+)", message)
    if unknown_match:
        from .fit_options import layer_parser

        known_names = [*layer_parser().options, *PATHS]
        if unknown_match[1].startswith("--trainer."):
            from lightning.pytorch import Trainer

            known_names = [f"--trainer.{name}" for name in parameters(Trainer)]
        return no_option(unknown_match[1], known_names)
    key = re.search(r"Key '([\w.]+)' is not expected", message)
    if key:
        return f"there is no setting {key[1]!r}"
    return explain_value(message) or explain_wrapped(message)


def explain_value(message: str) -> str | None:
    """A value of a wrong type: the setting's path, the value, and what is expected.

    Returns:
        None where the message is of something else.
    """
    keys = re.findall(r"Parser key \"([\w.]+)\"", message)
    kinds = re.findall(TYPE, message)
    values = re.findall(r"(?:Got value|Given value|dot import path string): (.*)", message)
    values = [value for value in values if "NestedArg" not in value]
    if not keys or not kinds or not values or "Expected a path" in message:
        return None
    alternatives = [words(kind) for kind in kinds if "NoneType" not in kind]
    expected = dict.fromkeys(word for choice in alternatives for word in choice)
    return f"--{'.init_args.'.join(keys)} {values[0]!r}: expected {' or '.join(expected)}"


def words(kind: str) -> list[str]:
    """A type as the parser writes it, in words: one, or each value that may be chosen."""
    if kind.startswith("typing.Literal"):
        return re.findall(r"[^\[\]', ]+", kind.partition("[")[2])
    name = re.split(r"[.']", kind)[-2] if "'" in kind else kind
    return [KINDS.get(name, name)]


def explain_wrapped(message: str) -> str:
    """The reason within an error that lists every type that a value may have."""
    inner_match = re.search(
        r"Errors:\n *- (.*?)\n *- Expected a <class 'NoneType'>", message, re.DOTALL
    )
    return re.sub(r"\s*\n\s*", " ", inner_match[1]) if inner_match else message


def imported_class(path: str) -> Any:
    """The class that the parser's error is about, which it has imported; None for any other.

    A message quotes what a stored file says: nothing in it is imported.
    """
    module, _, name = path.rpartition(".")
    value = getattr(sys.modules.get(module), name, None)
    return value if isinstance(value, type) else None


def argument_class(cls: type, argument: str) -> type:
    """The class that an argument of a class takes, such as that of a method's ``optimizer``."""
    hints: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        hints |= get_type_hints(vars(base)["__init__"]) if "__init__" in vars(base) else {}
    types = (hints.get(argument), *get_args(hints.get(argument)))
    return next((kind for kind in types if isclass(kind) and kind is not type(None)), object)
