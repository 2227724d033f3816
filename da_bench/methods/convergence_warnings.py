"""Warnings of what does not converge, once a training and not once a step."""

from contextlib import ExitStack
from typing import Any

from lightning.pytorch import Callback

from da_bench.functional import counted_warnings


class CountedWarnings(Callback):
    """The first ``NotConverged`` of its kind comes when it happens, their number at the end."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def on_train_start(self, *args: Any) -> None:
        """Counts from here on."""
        self._open.enter_context(counted_warnings())

    def on_train_end(self, *args: Any) -> None:
        """Says how often."""
        self._open.close()

    def on_exception(self, *args: Any) -> None:
        """Likewise."""
        self._open.close()
