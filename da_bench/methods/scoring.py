"""The half of every method that says nothing of adaptation: progress, logs, scores."""

import math
from collections.abc import Iterable
from functools import cached_property
from typing import Any, Self, cast

import torch
from lightning.pytorch import Callback
from torch import Tensor
from torchmetrics import MeanMetric, Metric, SumMetric

from da_bench.data import Batch, Task
from da_bench.data.task import known

from .checkpoint import load_model
from .convergence_warnings import CountedWarnings
from .lightning_shortcuts import SwitchedModule


class NonFiniteLoss(RuntimeError):
    """A term of the loss became NaN or infinite.

    Args:
        message: What is told.
        term: Its name.
        value: What it became.
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
        cls, checkpoint_path: Any, trusted: Iterable[str] = ()
    ) -> Self:
        """The model of a checkpoint, as :func:`da_bench.load`, which needs nothing said besides.

        Raises:
            ValueError: It is of another class, or names code that is not ``trusted``.
        """
        return load_model(checkpoint_path, cls, trusted)

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
        """Forgets the length of an earlier training."""
        if stage == "fit":
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

    def _start(self, stage: str) -> None:
        names = self.trainer.datamodule.evaluations(stage)  # type: ignore[attr-defined]
        device = self.device
        self._scores = {
            name: (self.task.scorer().to(device), MeanMetric().to(device), SumMetric().to(device))
            for name in names
        }

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

    def predict_step(self, batch: Batch, batch_idx: int) -> Tensor:
        """Logits of the target's samples."""
        return self(batch.x, "target")
