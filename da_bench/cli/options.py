"""Options of the command line: by their full names; a list may go on, a value stands once."""

import argparse
import re
from collections.abc import Sequence
from typing import Any

from jsonargparse import ArgumentParser

from da_bench.config.objects import nearest

PATHS = ("--config", "--print_config", "--seed_everything", "--trainer", "--model", "--data",
         "--health", "--lightning_shortcuts")  # fmt: skip
"""Where the paths of values begin that the LightningCLI takes."""


class Strict:
    """What every parser of ``da-bench`` has, mixed in before the parser's own class.

    No option is known by a part of its name. A list that is given twice adds up:
    ``--methods a --methods b`` is ``--methods a b``. An option of one value that is given twice is
    refused, as one of the two would be dropped.
    """

    _option_string_actions: dict[str, argparse.Action]
    _subparsers: Any

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False} | kwargs)
        self.lists: dict[str, list[str]] = {}

    def _parse_known_args(self, arg_strings: list[str], *args: Any, **kwargs: Any) -> Any:
        """Checks the options' names before argparse reads them.

        Raises:
            ArgumentError: An option that does not exist, or one of a single value given twice.
        """
        self.lists = {}
        words_before_dashes = arg_strings
        if "--" in words_before_dashes:  # what follows is no option
            words_before_dashes = words_before_dashes[: words_before_dashes.index("--")]
        first_uses: dict[str, tuple[str, str]] = {}
        for place, word in enumerate(words_before_dashes):
            name, equals, value = word.partition("=")
            if not re.match(r"--?[^\W\d]", name) or " " in name:
                if self._subparsers:  # what follows a subcommand is for its own parser
                    break
                continue
            if name not in self._option_string_actions:
                self.unknown(name)
            value = value if equals else " ".join(words_before_dashes[place + 1 : place + 2])
            if self.meaning(name) in first_uses and not self.repeats(name):
                first, before = first_uses[self.meaning(name)]
                synonym_words = "" if first == name else f" ({first} is the same)"
                raise argparse.ArgumentError(
                    None,
                    f"{name} is given twice, as {before!r} and {value!r}{synonym_words}: give it "
                    "once",
                )
            first_uses[self.meaning(name)] = name, value
        return super()._parse_known_args(arg_strings, *args, **kwargs)  # type: ignore[misc]

    def meaning(self, name: str) -> str:
        """What an option sets: two spellings of one path are one option."""
        return name

    def unknown(self, name: str) -> None:
        """Raises ArgumentError, which names the option that was probably meant."""
        raise argparse.ArgumentError(None, no_option(name, self.options))

    @property
    def options(self) -> list[str]:
        """Full names of all options."""
        return [name for name in self._option_string_actions if name.startswith("--")]

    def repeats(self, name: str) -> bool:
        """Whether an option may stand twice: a list, or a switch, which has no value to drop."""
        action = self._option_string_actions.get(name)
        return action is not None and action.nargs in (0, "+", "*")

    def _get_values(self, action: argparse.Action, words: list[str]) -> Any:
        """The value of an option; a list is appended to what the option received before."""
        if action.option_strings and action.nargs in ("+", "*"):
            words = self.lists[action.dest] = [*self.lists.get(action.dest, ()), *words]
        return super()._get_values(action, words)  # type: ignore[misc]


class Parser(Strict, ArgumentParser):
    """The parser of ``da-bench`` itself, and of each subcommand without paths of values."""


def no_option(name: str, known_names: Sequence[str]) -> str:
    """Message that no option has this name, with the option that was probably meant."""
    candidates = [option for option in known_names if option.startswith(f"--{name.lstrip('-')}")]
    hint = (
        f"; did you mean {candidates[0]!r}?"
        if len(candidates) == 1
        else nearest(name, candidates or known_names)
    )
    return f"there is no option {name}{hint}"


class Layers(Strict, argparse.ArgumentParser):
    """A parser that reads its options and leaves the rest, values by path, to the LightningCLI."""

    def unknown(self, name: str) -> None:
        """Does nothing: the LightningCLI reports unknown options."""

    def meaning(self, name: str) -> str:
        """The LightningCLI takes ``--model.weight`` for ``--model.init_args.weight``."""
        return name.replace(".init_args", "").removesuffix(".class_path")

    def repeats(self, name: str) -> bool:
        """Layers of files and lists that are added to, ``--trainer.callbacks+``, may go on."""
        added = [option[:-1] for option in self.words if option.endswith("+")]
        adds_to_list = name.endswith("+") or any(name.startswith(f"{prefix}.") for prefix in added)
        return adds_to_list or name in ("--config", "-c") or super().repeats(name)

    def _parse_known_args(self, arg_strings: list[str], *args: Any, **kwargs: Any) -> Any:
        self.words: Sequence[str] = [word.partition("=")[0] for word in arg_strings]
        return super()._parse_known_args(arg_strings, *args, **kwargs)
