"""A finished run as one needs it for a picture: its model, its data, and both domains encoded."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor

from da_bench.data.align import align_to_run
from da_bench.data.batch import join
from da_bench.data.pair import Role
from da_bench.data.vectors import say_whole

from .lightning_shortcuts import quiet
from .stored_run import load, load_data

MOST = 2000
"""Samples of a domain that are looked at, evenly spaced."""


class Seen(NamedTuple):
    """What a run makes of test samples of one domain."""

    x: Any
    """Inputs ``(n, ...)``."""
    y: Tensor
    """Labels ``(n,)``: of the target, for an oracle only."""
    z: Tensor
    """Features ``(n, d)``."""
    logits: Tensor
    """``(n, k)``."""


class Finished:
    """A run from its folder.

    Args:
        folder: Of the run.
        most: Samples of a domain.

    Raises:
        FileNotFoundError: The folder holds no configuration or no checkpoint.
    """

    def __init__(self, folder: Path, most: int = MOST) -> None:
        quiet()
        self.folder, self.most = folder, most
        self.data, self.model = load_data(folder), load(folder)
        align_to_run(self.data, self.model.columns)

    @property
    def name(self) -> str:
        """The method, as its folder is called in a comparison."""
        parent = self.folder.resolve().parent
        return parent.name if parent.parent.parent.name == "runs" else self.folder.resolve().name

    @property
    def names(self) -> Sequence[str]:
        """Of the classes.

        Raises:
            ValueError: The task has none.
        """
        names: Sequence[str] | None = getattr(self.model.task, "names", None)
        if names is None:
            raise ValueError(f"{self.folder}: these pictures are of classes; its task has none")
        return names

    @cached_property
    def source(self) -> Seen:
        """Held-out source samples: of its test split, or of the validation split without one."""
        found = self._seen("source", "test")
        found = found if found is not None else self._seen("source", "val")
        if found is None:
            raise ValueError(f"{self.folder}: its source has no sample that training did not see")
        return found

    @cached_property
    def target(self) -> Seen:
        """The target's test samples."""
        found = self._seen("target", "test")
        if found is None:
            raise ValueError(f"{self.folder}: its target has no test sample")
        return found

    @torch.no_grad()
    def _seen(self, role: Role, split: Any) -> Seen | None:
        view = self.data.view(role, split)
        count = min(self.most, len(view))
        if not count:
            return None
        say_whole(view, f"{self.folder}: {role}", most=count)
        parts = []
        for chunk in (torch.arange(count) * len(view) // count).split(512):
            batch = view.__getitems__(chunk.tolist())
            z, logits, _ = self.model.features(batch.x, role)
            parts.append(Seen(batch.x, batch.y, z.flatten(1), logits))
        return parts[0] if len(parts) == 1 else join(*parts)

    def same_samples(self, other: "Finished") -> None:
        """Whether a second run saw the same data.

        Raises:
            ValueError: It did not.
        """
        for role in ("source", "target"):
            one, two = (run.data.names(role) for run in (self, other))  # type: ignore[arg-type]
            if one != two or type(self.data) is not type(other.data):
                raise ValueError(
                    f"{other.folder} is of {type(other.data).__name__} {', '.join(two)}, "
                    f"{self.folder} of {type(self.data).__name__} {', '.join(one)}: give --beside "
                    "a run on the same task"
                )
