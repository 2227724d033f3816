"""Settings by their paths: ``trainer.max_epochs=5`` and what it sets, each value once."""

from collections.abc import Iterable, Mapping
from typing import Any

import yaml
from yaml.constructor import ConstructorError


class UniqueKeyLoader(yaml.SafeLoader):
    """A YAML loader of plain values; a key that stands twice in a mapping is an error."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """The dictionary that a YAML node describes.

        Raises:
            ConstructorError: A key stands twice.
        """
        seen_keys = set()
        for key, _ in node.value:
            if isinstance(key.value, str) and key.value in seen_keys:
                raise ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            # A key that is no plain value is refused below, as ever.
            seen_keys |= {key.value} if isinstance(key, yaml.ScalarNode) else set()
        return super().construct_mapping(node, deep)


def parse_assignments(pairs: Iterable[str]) -> dict[str, Any]:
    """Assignments such as ``a.b=1`` as nested dictionaries, their values read as YAML.

    Raises:
        ValueError: A pair without ``=``, whose value is no YAML, or that sets anew what another
            has set.
    """
    values = []
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ValueError(f"--set {pair!r}: write it as KEY=VALUE")
        try:
            values.append((key, yaml.load(text, UniqueKeyLoader)))
        except yaml.YAMLError as error:
            raise ValueError(f"--set {pair!r}: the value is no YAML: {error}") from error
    try:
        return tree(values)
    except ValueError as error:
        raise ValueError(f"--set: {error}") from error


def tree(settings: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """``a.b: 1`` and ``a.c: 2`` as ``{"a": {"b": 1, "c": 2}}``, whatever their order.

    Raises:
        ValueError: Two of them set the same value.
    """
    result: dict[str, Any] = {}
    for key, value in settings:
        _add(result, nest(key, value), "")
    return result


def _add(settings: dict[str, Any], new: Mapping[str, Any], prefix: str) -> None:
    for key, value in new.items():
        old_value = settings.get(key)
        if isinstance(value, Mapping) and isinstance(old_value, dict):
            _add(old_value, value, f"{prefix}{key}.")
        elif key in settings:
            raise ValueError(
                f"{prefix}{key} is set twice, to {old_value!r} and {value!r}: set it once"
            )
        else:
            settings[key] = dict(value) if isinstance(value, Mapping) else value


def nest(key: str, value: Any) -> dict[str, Any]:
    """``a.b`` and a value as ``{"a": {"b": value}}``."""
    for part in reversed(key.split(".")):
        value = {part: value}
    return value  # type: ignore[no-any-return]
