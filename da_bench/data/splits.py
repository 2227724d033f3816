"""Whole domains, cut at random: what the kinds of own data have in common."""

from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch.utils.data import Dataset

from .domain import View, labels, subset
from .pair import DomainPair, Split
from .task import known


class Divided(DomainPair):
    """Whole domains, cut into training, validation and test at random.

    Args:
        source: Name of the labelled domain, or names of several.
        target: Name of the target domain, or names of several.
        val: Share of each domain for validation; of its training samples where the split is given
            without one.
        test: Share of each domain for test, where the split is not given.
        split_seed: Seed of the cut; not ``seed``, so that repeated runs test on the same samples.
        **kwargs: What :class:`DomainPair` takes.

    Raises:
        ValueError: The shares leave nothing to train on, or a domain is on both sides.
    """

    def __init__(
        self,
        source: str | list[str] = "source",
        target: str | list[str] = "target",
        *,
        val: float = 0.1,
        test: float = 0.2,
        split_seed: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(source, target, **kwargs)
        self.val, self.test, self.split_seed = val, test, split_seed
        if shared_names := set(self.names("source")) & set(self.names("target")):
            raise ValueError(f"{sorted(shared_names)[0]!r} is the name of a source and of a target")
        if min(val, test) < 0 or val + test >= 1:
            raise ValueError(
                f"val={val}, test={test}: shares of at least 0 that leave some to train"
            )

    def whole(self, name: str) -> Dataset | Mapping[str, Dataset]:
        """All samples of a domain, or its splits by name."""
        raise NotImplementedError(f"{type(self).__name__} gives no whole(name)")

    def dataset(self, name: str, split: Split) -> Dataset:
        """The samples ``(x, y)`` of one split; without a test where the split is given so."""
        samples, val, test = self.whole(name), self.val, self.test
        if isinstance(samples, Mapping):
            if split in samples and split != "train":
                return samples[split]
            val, test = (0.0 if "val" in samples else val), 0.0
            samples = samples["train"]
        size = len(samples)  # type: ignore[arg-type]
        order = torch.randperm(size, generator=torch.Generator().manual_seed(self.split_seed))
        first = round(test * size)
        second = first + round(val * size)
        cuts = {"test": order[:first], "val": order[first:second], "train": order[second:]}
        return subset(samples, cuts[split])

    def evaluations(self, stage: Literal["val", "test"]) -> dict[str, View]:
        """What is scored: samples whose label is known, so that an unlabelled target is not."""
        labelled_views = {}
        for name, view in super().evaluations(stage).items():
            y = labels(view.data)
            if y is not None and not (has_label := known(y)).all():
                view = View([subset(view.data, has_label.nonzero()[:, 0])], self.task.fill)
            if len(view):
                labelled_views[name] = view
        return labelled_views
