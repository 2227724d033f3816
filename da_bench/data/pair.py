"""One data module: a source and a target side by side, with every policy of pairing in sight."""

from typing import Any, Literal

import torch
from torch.utils.data import DataLoader, Dataset, Subset

from .check import check_pair
from .domain import InMemory, View, concat, grant_labels, labels, subset
from .loaders import Drawn, Paired, Role
from .order import Order, spawn
from .rebuilt import Rebuilt
from .task import Task

Split = Literal["train", "val", "test"]


class DomainPair(Rebuilt):
    """Trains on batches ``{"source": Batch, "target": Batch}``; scores each domain apart.

    A benchmark subclasses it, declares :attr:`task` and gives :meth:`dataset`. Target labels are
    hidden here, at the loader, except those that ``target_labels`` grants; all others reach
    evaluation only, under names that start with ``oracle/``.

    Args:
        source: Name of the labelled domain, or names of several.
        target: Name of the target domain, or names of several.
        batch_size: Source samples a step (on each process).
        target_batch_size: Target samples a step; None takes ``batch_size``.
        epoch_length: Steps of an epoch: one pass over the ``longest`` or ``shortest`` domain, over
            ``source`` or ``target``, or a number of steps. The other domain starts over, in a new
            order, whenever its pass ends.
        balanced: Source batches hold the classes in equal parts.
        drop_last: A pass drops its remainder instead of ending in a smaller batch.
        target_test: ``held_out`` tests on samples that training never saw; ``transductive`` trains
            on all of the target, unlabelled, and tests on the same, as most papers do.
        target_labels: How many labels of the target's training set are granted (drawn at random by
            the seed), or ``all``.
        target_dev: Share of the granted labels kept from training as a development split, which
            validation scores as ``val/target``.
        target_sampling: Target batches from ``all`` samples, or from the ``labelled`` ones.
        oracle_validation: Also score the target's test labels at each validation, as
            ``oracle/val_target``, to look at and never to select by.
        allow_class_mismatch: The target may lack classes of the source (``partial``), or hold any
            (``True``: open-set adaptation).
        eval_batch_size: Samples a step of evaluation.
        num_workers: Processes of each loader; data held in memory needs none.
        seed: Seed of the order, of the granted labels and of augmentation.
    """

    task: Task
    transform: Any = None
    """Turns one raw input, an image say, into ``x`` at prediction."""

    def __init__(
        self,
        source: str | list[str],
        target: str | list[str],
        batch_size: int = 32,
        target_batch_size: int | None = None,
        epoch_length: Literal["longest", "shortest", "source", "target"] | int = "longest",
        balanced: bool = False,
        drop_last: bool = True,
        target_test: Literal["held_out", "transductive"] = "held_out",
        target_labels: int | Literal["all"] = 0,
        target_dev: float = 0.0,
        target_sampling: Literal["all", "labelled"] = "all",
        oracle_validation: bool = False,
        allow_class_mismatch: bool | Literal["partial"] = False,
        eval_batch_size: int = 512,
        num_workers: int = 0,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.batch_size, self.target_batch_size = batch_size, target_batch_size
        self.epoch_length, self.balanced, self.drop_last = epoch_length, balanced, drop_last
        self.target_test, self.target_labels = target_test, target_labels
        self.target_dev = target_dev
        self.target_sampling, self.oracle_validation = target_sampling, oracle_validation
        self.allow_class_mismatch, self.eval_batch_size = allow_class_mismatch, eval_batch_size
        self.num_workers, self.seed = num_workers, seed
        self._views: dict[str, View] = {}
        self._checked = False

    def dataset(self, name: str, split: Split) -> Dataset:
        """Samples ``(x, y)`` of the domain called ``name``; empty where it has no such split."""
        raise NotImplementedError(f"{type(self).__name__} gives no dataset(name, split)")

    def checksum(self) -> str:
        """What determines the data besides the arguments: a digest of its files, say."""
        return ""

    def names(self, role: Role) -> list[str]:
        """Names of the domains on one side."""
        value = self.source if role == "source" else self.target
        return [value] if isinstance(value, str) else list(value)

    def view(self, role: Role, split: Literal["train", "val", "dev", "test"]) -> View:
        """One side's samples of a split: ``dev`` is the target's, with labels that were granted."""
        key = f"{role} {split}"
        if key not in self._views:
            self._views[key] = self._view(role, split)
        return self._views[key]

    def _view(self, role: Role, split: str) -> View:
        if role == "source":
            parts = [self.dataset(name, split) for name in self.names(role)]  # type: ignore[arg-type]
            return View(parts, self.task.fill)
        if split == "test":
            return View([self._target(name, "test") for name in self.names(role)], self.task.fill)
        parts = [self._target(name, "train") for name in self.names(role)]
        target_train = concat(parts)
        train, dev = grant_labels(
            target_train, self.target_labels, self.target_dev, spawn(self.seed, 9)
        )
        if split == "dev":
            return View([subset(target_train, dev)], self.task.fill)
        visible = torch.zeros(len(target_train), dtype=torch.bool)  # type: ignore[arg-type]
        visible[train] = True
        return View(parts, self.task.fill, visible)

    def _target(self, name: str, split: Literal["train", "test"]) -> Dataset:
        """The target needs no validation split: that joins its unlabelled training set."""
        splits: tuple[Split, ...] = ("train", "val") if split == "train" else ("test",)
        if self.target_test == "transductive":
            splits = ("train", "val", "test")
        parts = [self.dataset(name, s) for s in splits]
        return concat([p for p in parts if len(p)] or parts[:1])  # type: ignore[arg-type]

    def setup(self, stage: str | None = None) -> None:
        """Reads the domains and checks them, before any training starts."""
        if not self._checked:
            check_pair(self)
            self._checked = True

    def orders(self) -> dict[Role, Order]:
        """The stateless sampler of each side."""
        source, target = self.view("source", "train"), self.view("target", "train")
        classes = labels(source.data) if self.balanced else None
        if self.balanced and classes is None:
            raise ValueError(
                "balanced=True needs a source data set that tells its labels as `targets`"
            )
        members = target.visible.nonzero()[:, 0] if self.target_sampling == "labelled" else None
        if members is not None and len(members) == 0:
            raise ValueError(
                "target_sampling='labelled' finds no target label: grant some by "
                f"target_labels (now {self.target_labels}) and keep target_dev below 1"
            )
        trainer = self.trainer
        shared_options: dict[str, Any] = {
            "seed": self.seed,
            "drop_last": self.drop_last,
            "start": self._batches_done,
            "rank": trainer.global_rank if trainer else 0,
            "world": trainer.world_size if trainer else 1,
        }
        size = self.target_batch_size or self.batch_size
        if members is not None:
            size = min(size, len(members))  # a handful of labels is one batch
        sides: dict[Role, Order] = {
            "source": Order(
                len(source), self.batch_size, labels=classes, stream=0, **shared_options
            ),
            "target": Order(len(target), size, members=members, stream=1, **shared_options),
        }
        steps = self.steps(sides)
        for order in sides.values():
            order.steps = steps
        return sides

    def steps(self, sides: dict[Role, Order]) -> int:
        """Number of steps of one epoch, by ``epoch_length`` and the orders of both sides."""
        if isinstance(self.epoch_length, int):
            return self.epoch_length
        passes: dict[str, int] = {role: order.per_pass for role, order in sides.items()}
        rules = {"longest": max(passes.values()), "shortest": min(passes.values()), **passes}
        return rules[self.epoch_length]

    def _batches_done(self) -> int:
        """Position in the whole training; after a resume, where the checkpoint stood."""
        return self.trainer.fit_loop.epoch_loop.batch_progress.total.ready if self.trainer else 0

    def evaluations(self, stage: Literal["val", "test"]) -> dict[str, View]:
        """What is scored, by the name under which it is logged."""
        if stage == "val":
            views = {"val/source": self.view("source", "val")}
            if self.target_dev:
                views["val/target"] = self.view("target", "dev")
            if self.oracle_validation:
                views["oracle/val_target"] = self.view("target", "test")
        else:
            views = {"test/source": self.view("source", "test")}
            targets = self.names("target")
            if len(targets) > 1:
                for name in targets:
                    parts = [self._target(name, "test")]
                    views[f"oracle/target/{name}"] = View(parts, self.task.fill)
            views["oracle/target"] = self.view("target", "test")
        return {name: view for name, view in views.items() if len(view)}

    def train_dataloader(self) -> Paired | Drawn:
        """Batches of both sides, step by step, for one epoch."""
        orders = self.orders()
        views = {role: self.view(role, "train") for role in orders}
        in_memory = all(isinstance(view.data, InMemory) for view in views.values())
        if in_memory and not torch.cuda.is_available():  # for a GPU, loaders pin the memory
            return Drawn(views, orders)
        loaders = {r: self._loader(view, batch_sampler=orders[r]) for r, view in views.items()}
        return Paired(loaders)

    def val_dataloader(self) -> list[DataLoader]:
        """One loader for each of ``evaluations("val")``."""
        return [self._sequential(view) for view in self.evaluations("val").values()]

    def test_dataloader(self) -> list[DataLoader]:
        """One loader for each of ``evaluations("test")``."""
        return [self._sequential(view) for view in self.evaluations("test").values()]

    def predict_dataloader(self) -> DataLoader:
        """The target's test samples, in order."""
        return self._sequential(self.view("target", "test"))

    def sweep(
        self, role: Role, split: Literal["train", "val"] = "train", most: int | None = None
    ) -> DataLoader:
        """Each sample of a split once, in order; of more than ``most``, so many, evenly spaced."""
        return self._sequential(self.view(role, split), most)

    def _sequential(self, view: View, most: int | None = None) -> DataLoader:
        if most is not None and len(view) > most:
            subset = Subset(view, [i * len(view) // most for i in range(most)])
            return self._loader(subset, batch_size=self.eval_batch_size)
        return self._loader(view, batch_size=self.eval_batch_size)

    def _loader(self, view: Dataset, **kwargs: Any) -> DataLoader:
        # The loader's own generator: a global draw here would shift the method's noise.
        return DataLoader(
            view,
            num_workers=self.num_workers,
            collate_fn=unchanged,
            generator=torch.Generator().manual_seed(spawn(self.seed, 8)),
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
            **kwargs,
        )


def unchanged(batch: Any) -> Any:
    """No collation: a :class:`View` answers with whole batches."""
    return batch
