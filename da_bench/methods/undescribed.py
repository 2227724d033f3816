"""Parts of a model that no file can describe, such as somebody's network: to be given again."""

import warnings
from collections.abc import Mapping
from typing import Any

from torch import nn

from da_bench.config.objects import describe, nearest, parameters, path_of

PARTS = ("encoder", "target_encoder")
"""Arguments of a method that may be given again when its run is loaded."""


def describe_model(module: nn.Module) -> tuple[Any, dict[str, str]]:
    """A method as plain values, and the parts that plain values can't describe.

    Returns:
        The description, with None in the place of such a part; and the class of each, by name.

    Raises:
        TypeError: The method's class can't be imported again, or does not keep an argument under
            its name, or an argument that is no network can't be described.
    """
    path, (arguments, undescribed) = path_of(type(module)), describe_arguments(module)
    if len(arguments) < len(parameters(type(module))):
        describe(module)  # raises, and says which argument is not kept
    return {"class_path": path, "init_args": arguments}, undescribed


def describe_arguments(
    module: nn.Module, any_object: bool = False
) -> tuple[dict[str, Any], dict[str, str]]:
    """The arguments that a method keeps as plain values, and the networks that are none, by class.

    Args:
        module: The method.
        any_object: Whether the name of its class may stand for what can't be described.

    Raises:
        TypeError: An argument that is no network can't be described.
    """
    arguments: dict[str, Any] = {}
    undescribed: dict[str, str] = {}
    for name in parameters(type(module)):
        if not hasattr(module, name):
            continue
        value = getattr(module, name)
        try:
            arguments[name] = describe(value)
        except TypeError:
            path = f"{type(value).__module__}.{type(value).__qualname__}"
            if any_object:
                arguments[name] = path
            elif name in PARTS:
                arguments[name], undescribed[name] = None, path
            else:
                raise
    return arguments, undescribed


def check_described(module: nn.Module) -> None:
    """Warns before training of what a checkpoint will not hold."""
    try:
        undescribed = describe_model(module)[1]
    except TypeError as error:
        warnings.warn(
            f"a checkpoint of this training holds weights alone, which {type(module).__name__}(...)"
            f".load_state_dict takes: {error}",
            stacklevel=2,
        )
        return
    for part, name in undescribed.items():
        warnings.warn(
            f"a checkpoint can't describe this {part} ({name}), whose arguments are not kept as "
            f"attributes: its weights are saved, and da_bench.load(FOLDER, {part}=...) needs a "
            "network of the same form",
            stacklevel=2,
        )


def check_parts(stored: Any, parts: Mapping[str, Any], place: Any) -> None:
    """Checks that the parts that are given again are those that the run needs.

    Args:
        stored: What the run says of parts that its description lacks: class by name.
        parts: Networks by name.
        place: The run, for errors.

    Raises:
        TypeError: Something else than a network of :data:`PARTS` was given.
        ValueError: A part is missing.
    """
    for name, part in parts.items():
        if name not in PARTS:
            raise TypeError(
                f"{name!r} can't be given to a stored run, which has its own{nearest(name, PARTS)}"
            )
        if not isinstance(part, nn.Module):
            raise TypeError(f"{name}: expected a torch.nn.Module, found a {type(part).__name__}")
    missing = {name: path for name, path in dict(stored or {}).items() if name not in parts}
    if missing:
        arguments = ", ".join(f"{name}=..." for name in missing)
        raise ValueError(
            f"{place} holds the weights of its {' and its '.join(missing)} "
            f"({', '.join(map(str, missing.values()))}) and can't build it: give a network of the "
            f"same form, as da_bench.load(FOLDER, {arguments})"
        )
