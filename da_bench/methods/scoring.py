"""The half of every method that says nothing of adaptation: progress, logs, scores."""

import math
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any, Literal, Self, cast

import torch
from lightning.pytorch import Callback
from lightning.pytorch.utilities import CombinedLoader
from lightning.pytorch.utilities.parsing import AttributeDict
from torch import Tensor, nn
from torchmetrics import MeanMetric, Metric, SumMetric

from da_bench.data import Batch, DomainPair, Task
from da_bench.data.task import known

from .checkpoint import load_model
from .convergence_warnings import CountedWarnings
from .lightning_shortcuts import SwitchedModule, attached_trainer
from .plain_batches import as_batch, training_batch
from .undescribed import check_described, describe_arguments


class NonFiniteLoss(RuntimeError):
    """A term of the loss became NaN or infinite.

    Args:
        message: Text of the error.
        term: Name of the term.
        value: Value of the term: NaN or infinite.
        step: The first training step in which it did.
    """

    def __init__(self, message: str, term: str, value: float, step: int) -> None:
        super().__init__(message)
        self.term, self.value, self.step = term, value, step


class Evaluated(SwitchedModule):
    """Scores each domain by the task's metric, and keeps account of a training's terms.

    Args:
        task: What is predicted.
    """

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.task = task
        self._recent: list[dict[str, Tensor]] = []
        # Metric, risk and labels seen; no submodules: a checkpoint skips them.
        self._scores: dict[str, tuple[Metric, Metric, Metric]] = {}

    @classmethod
    def load_from_checkpoint(  # type: ignore[override]
        cls,
        checkpoint_path: Any,
        map_location: Any = None,
        trusted: Iterable[str] = (),
        **parts: nn.Module,
    ) -> Self:
        """The model of a checkpoint, as :func:`da_bench.load`, which needs nothing said besides.

        Args:
            checkpoint_path: A checkpoint, or the folder of a run.
            map_location: Device to put the model on; the CPU by default.
            trusted: Import paths of classes and functions of your own that the run may name.
            **parts: ``encoder`` or ``target_encoder``, where the checkpoint could not describe it.

        Raises:
            TypeError: A part of another name.
            ValueError: It is of another class, or names code that is not ``trusted``, or needs a
                part.
        """
        model = load_model(checkpoint_path, cls, trusted, parts)
        return model if map_location is None else model.to(map_location)

    @property
    def hparams(self) -> AttributeDict:
        """The constructor's arguments as plain values: ``model.hparams.weight``.

        An object is its ``class_path`` and ``init_args``; one that can't be described is the name
        of its class.
        """
        saved: Any = super().hparams  # what ``save_hyperparameters`` was given
        saved.update(describe_arguments(self, any_object=True)[0])
        return saved  # type: ignore[no-any-return]

    # Data.

    @property
    def pair(self) -> DomainPair:
        """The data of this training, where whole training sets are needed.

        Raises:
            ValueError: The trainer was given loaders, or a data module of another kind.
        """
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        if not isinstance(data, DomainPair):
            raise ValueError(
                f"{type(self).__name__} reads whole training sets, in a fixed order, and "
                f"{'loaders have' if data is None else f'{type(data).__name__} has'} none: give a "
                "data module of da_bench.data, such as Datasets(source, target) or Arrays(...)"
            )
        return data

    def read_batch(self, batch: Any) -> Any:
        """A batch of anybody's loader in the form that methods see; other inputs as they are."""
        trainer = attached_trainer(self)
        if trainer is None or trainer.state.stage is None:
            return batch
        if trainer.training:  # type: ignore[attr-defined]
            return training_batch(batch, self.task)
        return as_batch(batch, self.task)

    # Where the training stands.

    @cached_property
    def total_batches(self) -> float:
        """Batches of the whole training, found out once it runs.

        Raises:
            ValueError: The training has no known end, so nothing can follow its progress.
        """
        trainer = self.trainer
        batches, accumulation = trainer.fit_loop.max_batches, trainer.accumulate_grad_batches
        epochs = math.inf if trainer.max_epochs in (None, -1) else cast(int, trainer.max_epochs)
        if trainer.max_steps == -1:
            total = epochs * batches
        elif not self.automatic_optimization:
            raise ValueError(
                "with several optimizers max_steps is ambiguous: give max_epochs instead"
            )
        elif batches == math.inf:
            total = trainer.max_steps * accumulation
        else:  # an epoch's last step is of the batches that are left
            full_epochs, last_steps = divmod(trainer.max_steps, math.ceil(batches / accumulation))
            total = min(epochs * batches, full_epochs * batches + last_steps * accumulation)
        if total == math.inf:
            raise ValueError(
                "the length of training is unknown: give trainer.max_epochs or max_steps"
            )
        return total

    @property
    def progress(self) -> float:
        """Share of the training done: 0 in the first step, 1 after the last.

        Counted in batches: ``global_step`` counts the steps of every optimizer.
        """
        batches_done = self.trainer.fit_loop.epoch_loop.batch_progress.total.completed
        return min(1.0, batches_done / self.total_batches)

    @property
    def optimizer_steps(self) -> float:
        """Steps that each optimizer will make; one at the end of an epoch, whatever is left."""
        batches, accumulation = (
            self.trainer.fit_loop.max_batches,
            self.trainer.accumulate_grad_batches,
        )
        if batches == math.inf:
            return max(1.0, math.ceil(self.total_batches / accumulation))
        full_epochs, last_batches = divmod(self.total_batches, batches)
        return max(
            1.0,
            full_epochs * math.ceil(batches / accumulation)
            + math.ceil(last_batches / accumulation),
        )

    def configure_callbacks(self) -> list[Callback]:
        """What a training of any method does beside what is asked for."""
        return [CountedWarnings()]

    def setup(self, stage: str) -> None:
        """Forgets the length of an earlier training; says what a checkpoint will not hold."""
        if stage == "fit":
            check_described(self)
            self.__dict__.pop("total_batches", None)
        super().setup(stage)

    # The account of the terms.

    def record(self, terms: dict[str, Tensor]) -> None:
        """Keeps a step's terms; looks at them, once, at the logger's interval."""
        self._recent.append({name: term.detach() for name, term in terms.items()})
        if len(self._recent) >= self.trainer.log_every_n_steps:  # type: ignore[attr-defined]
            self.flush()

    def flush(self) -> None:
        """Logs the mean of each term since the last time.

        Raises:
            NonFiniteLoss: A term was not finite; names the first step and term.
        """
        if not self._recent:
            return
        names, recent = list(self._recent[0]), self._recent
        stacked_terms = torch.stack([term for terms in recent for term in terms.values()])
        values = stacked_terms.reshape(len(recent), -1).float().cpu()  # the one synchronisation
        self._recent = []
        last_step = self.trainer.fit_loop.epoch_loop.batch_progress.total.ready
        if not values.isfinite().all():
            row, term = (~values.isfinite()).nonzero()[0].tolist()
            step, value = last_step - len(recent) + row + 1, float(values[row, term])
            raise NonFiniteLoss(
                f"{names[term]} became {value:g} in training step {step}, found by the check of "
                f"steps {last_step - len(recent) + 1} to {last_step}: lower the learning rate or "
                "the weight, or look at that batch",
                names[term],
                value,
                step,
            )
        means = dict(zip(names, values.mean(0).tolist(), strict=True))
        for logger in self.trainer.loggers:
            logger.log_metrics(
                {f"train/{name}": mean for name, mean in means.items()}, self.trainer.global_step
            )
        # What self.log would look at again in every step, put where it would put it.
        self.trainer.progress_bar_metrics.update(means)
        self.trainer.callback_metrics.update(
            {name: torch.tensor(mean) for name, mean in means.items()}
        )

    def on_train_epoch_end(self) -> None:
        """Looks at the steps that no interval covered."""
        self.flush()

    # Scores.

    def _start(self, stage: Literal["val", "test"]) -> None:
        names = self.score_names(stage)
        device = self.device
        self._scores = {
            name: (self.task.scorer().to(device), MeanMetric().to(device), SumMetric().to(device))
            for name in names
        }

    def score_names(self, stage: Literal["val", "test"]) -> list[str]:
        """Name of the score of each loader.

        Loaders of one's own have the names under which they were given, as ``source`` and
        ``target`` in ``{"source": loader, "target": loader}``; others are numbered.
        """
        data = self.trainer.datamodule  # type: ignore[attr-defined]
        if isinstance(data, DomainPair):
            return list(data.evaluations(stage))
        loaders = self.trainer.test_dataloaders if stage == "test" else self.trainer.val_dataloaders
        if isinstance(loaders, CombinedLoader):
            loaders = loaders.iterables
        if isinstance(loaders, Mapping):
            target = "oracle/target" if stage == "test" else "oracle/val_target"
            return [target if name == "target" else f"{stage}/{name}" for name in loaders]
        count = len(loaders) if isinstance(loaders, list | tuple) else 1
        return [f"{stage}/loader" + f"_{i}" * (count > 1) for i in range(count)]

    def on_validation_epoch_start(self) -> None:
        """Fresh metrics."""
        self._start("val")

    def on_test_epoch_start(self) -> None:
        """Fresh metrics."""
        self._start("test")

    def validation_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> None:
        """Scores a batch."""
        name = list(self._scores)[dataloader_idx]
        logits = self(batch.x, "source" if name.endswith("/source") else "target")
        metric, risk, label_count = self._scores[name]
        has_label = known(batch.y)  # of data read sample by sample nobody knew before
        label_count.update(has_label.sum())
        if has_label.any():
            metric.update(logits[has_label], batch.y[has_label])
            risk.update(self.task.loss(logits[has_label], batch.y[has_label], reduction="none"))

    def on_validation_epoch_end(self) -> None:
        """Logs the metric and the risk of each domain."""
        for name, (metric, risk, label_count) in self._scores.items():
            if label_count.compute():
                self.log(name, metric.compute(), prog_bar=True)
                self.log(f"{name}_risk", risk.compute())

    # A test's samples and scores are looked at as a validation's.
    test_step = validation_step
    on_test_epoch_end = on_validation_epoch_end

    def predict_step(self, batch: Batch, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Logits of the target's samples."""
        return self(batch.x, "target")
