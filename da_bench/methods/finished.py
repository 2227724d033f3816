"""A finished run with its model, its data and the encoded samples of both domains, for figures."""

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
"""Default number of samples of a domain, evenly spaced."""


class DomainOutputs(NamedTuple):
    """Test samples of one domain with a run's features and logits."""

    x: Any
    """Inputs ``(n, ...)``."""
    y: Tensor
    """Labels ``(n,)``; those of the target are for oracles only."""
    z: Tensor
    """Features ``(n, d)``."""
    logits: Tensor
    """Logits ``(n, k)``."""


class FinishedRun:
    """A finished run, read from its folder.

    Args:
        folder: Folder of the run.
        max_samples: Largest number of samples of a domain.

    Raises:
        FileNotFoundError: The folder holds no configuration or no checkpoint.
    """

    def __init__(self, folder: Path, max_samples: int = MOST) -> None:
        quiet()
        self.folder, self.max_samples = folder, max_samples
        self.data, self.model = load_data(folder), load(folder)
        align_to_run(self.data, self.model.columns)

    @property
    def name(self) -> str:
        """Name of the method's folder in a comparison; elsewhere of the run's folder."""
        parent = self.folder.resolve().parent
        return parent.name if parent.parent.parent.name == "runs" else self.folder.resolve().name

    @property
    def names(self) -> Sequence[str]:
        """Names of the classes.

        Raises:
            ValueError: The task has no classes.
        """
        names: Sequence[str] | None = getattr(self.model.task, "names", None)
        if names is None:
            raise ValueError(f"{self.folder}: these pictures are of classes; its task has none")
        return names

    @cached_property
    def source(self) -> DomainOutputs:
        """Held-out source samples: of its test split, or of the validation split without one."""
        outputs = self._outputs_of("source", "test")
        outputs = outputs if outputs is not None else self._outputs_of("source", "val")
        if outputs is None:
            raise ValueError(f"{self.folder}: its source has no sample that training did not see")
        return outputs

    @cached_property
    def target(self) -> DomainOutputs:
        """The target's test samples."""
        outputs = self._outputs_of("target", "test")
        if outputs is None:
            raise ValueError(f"{self.folder}: its target has no test sample")
        return outputs

    @torch.no_grad()
    def _outputs_of(self, role: Role, split: Any) -> DomainOutputs | None:
        view = self.data.view(role, split)
        count = min(self.max_samples, len(view))
        if not count:
            return None
        say_whole(view, f"{self.folder}: {role}", most=count)
        parts = []
        for chunk in (torch.arange(count) * len(view) // count).split(512):
            batch = view.__getitems__(chunk.tolist())
            z, logits, _ = self.model.features(batch.x, role)
            parts.append(DomainOutputs(batch.x, batch.y, z.flatten(1), logits))
        return parts[0] if len(parts) == 1 else join(*parts)

    def same_samples(self, other: "FinishedRun") -> None:
        """Checks that another run is on the same data and task.

        Raises:
            ValueError: It is not.
        """
        for role in ("source", "target"):
            first_names, second_names = (run.data.names(role) for run in (self, other))  # type: ignore[arg-type]
            if first_names != second_names or type(self.data) is not type(other.data):
                raise ValueError(
                    f"{other.folder} is of {type(other.data).__name__} {', '.join(second_names)}, "
                    f"{self.folder} of {type(self.data).__name__} {', '.join(first_names)}: "
                    "give --beside a run on the same task"
                )
