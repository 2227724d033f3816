"""A run that says what is wrong with it."""

import math
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from lightning.pytorch import Callback, Trainer

from da_bench.data import Batch
from da_bench.data.pair import Role
from da_bench.health import Course, Finding, Record, diagnose, worst
from da_bench.health.record import plain
from da_bench.methods import DomainAdapter
from da_bench.methods.scoring import NonFiniteLoss

from .look import SCHEDULES, look

MAX_LOOKS = 20
"""At most so many a training, the first and the last not counted."""
MIN_STEPS_APART = 200
"""Steps at least between two looks: a look costs about as much as two to four steps."""


class Health(Callback):
    """Watches a training and names what it sees: in the terminal, the logger and the result row.

    It looks at epochs' ends, on the first batch of each domain, in evaluation mode: before the
    first step, after the first epoch, then at most twenty times and never within 200 steps, and at
    the end. Weights, modes and random streams stay as they were, and nothing is hooked to a step.
    Each of :data:`da_bench.health.DIAGNOSES` is named once, when it is first found: in a line of
    the terminal, and to the loggers as ``health/NAME`` at its step. Its records are part of a
    checkpoint, so that a run that was interrupted finds what it would have found.

    It watches what is trained by steps: closed forms have no course. Target labels that the
    setting hides are hidden from it too.
    """

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.findings: list[Finding] = []
        self._batch: Mapping[Role, Batch] | None = None

    @property
    def columns(self) -> dict[str, Any]:
        """What a result row holds: ``diagnosis``, the worst warning, and all ``diagnoses``."""
        return {
            "diagnosis": worst(self.findings),
            "diagnoses": [finding.plain() for finding in self.findings],
        }

    def on_train_start(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Takes the batches to look at, and looks once; a training that goes on has looked."""
        data = trainer.datamodule  # type: ignore[attr-defined]
        trains = any(parameter.requires_grad for parameter in pl_module.parameters())
        if not (trainer.is_global_zero and trains and hasattr(data, "orders")):
            self._batch = None
            return
        batch = {}
        for role, order in data.orders().items():
            cpu_batch = data.view(role, "train").__getitems__(order.batch(0))
            device_batch = pl_module.transfer_batch_to_device(cpu_batch, pl_module.device, 0)
            batch[role] = trainer.precision_plugin.convert_input(device_batch)
        self._batch = batch
        if not self.records:
            self.see(trainer, pl_module)
        elif steps(trainer) % trainer.num_training_batches == 0:
            self.on_train_epoch_end(trainer, pl_module)  # which the interruption came before

    def on_train_epoch_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Looks, if enough steps have passed since the last look."""
        if self._batch is None:
            return
        batches_done = steps(trainer)
        last = self.records[-1].step if self.records else 0
        min_distance = max(MIN_STEPS_APART, math.ceil(pl_module.total_batches / MAX_LOOKS))
        if batches_done > last and (last == 0 or batches_done - last >= min_distance):
            self.see(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Looks a last time; diagnoses that need the whole training are made now."""
        if self._batch is None:
            return
        if self.records and self.records[-1].step == steps(trainer):
            # The same weights, now known to be the last: an early stop ends before progress is 1.
            self.records[-1] = replace(self.records[-1], done=1.0)
            self.tell(trainer, pl_module)
        else:
            self.see(trainer, pl_module, last=True)
        self._batch = None

    def on_exception(self, trainer: Trainer, pl_module: DomainAdapter, exception: BaseException) -> None:  # type: ignore[override]  # fmt: skip  # noqa: E501
        """A loss that is not finite ends the training before the next look."""
        if isinstance(exception, NonFiniteLoss):
            record = Record(exception.step, 0.0, 0.0, terms={exception.term: exception.value})
            self.records.append(record)
            self.tell(trainer, pl_module)

    def see(self, trainer: Trainer, pl_module: DomainAdapter, last: bool = False) -> None:
        """One more record, and what it shows."""
        assert self._batch is not None
        batches_done = steps(trainer)
        share = 1.0 if last else min(1.0, batches_done / pl_module.total_batches)
        with trainer.precision_plugin.forward_context(), count_as_completed(trainer):
            self.records.append(look(pl_module, self._batch, batches_done, share))
        self.tell(trainer, pl_module)

    def tell(self, trainer: Trainer, pl_module: DomainAdapter) -> None:
        """Prints and logs the diagnoses that are new."""
        course = course_of(self.records, pl_module)
        for finding in diagnose(course, [f.name for f in self.findings]):
            self.findings.append(finding)
            say(trainer, f"da-bench: {finding.line()}")
            for logger in trainer.loggers:
                logger.log_metrics({f"health/{finding.name}": 1.0}, finding.step)

    def state_dict(self) -> dict[str, Any]:
        """What was seen so far, for a resume."""
        return {"records": plain(self.records), "findings": [f.plain() for f in self.findings]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes up what was seen so far."""
        self.records = [Record(**record) for record in state_dict["records"]]
        self.findings = [Finding(**finding) for finding in state_dict["findings"]]


def steps(trainer: Trainer) -> int:
    """Number of batches that the training has done."""
    return trainer.fit_loop.epoch_loop.batch_progress.total.ready


@contextmanager
def count_as_completed(trainer: Trainer) -> Iterator[None]:
    """Inside, the last batch counts as completed, which the method's progress is counted by.

    A checkpoint is written within a step, and a training that goes on from it after an epoch's last
    step would tell another progress than the uninterrupted one at that epoch's end.
    """
    total = trainer.fit_loop.epoch_loop.batch_progress.total
    completed, total.completed = total.completed, total.ready
    try:
        yield
    finally:
        total.completed = completed


def course_of(records: list[Record], model: DomainAdapter) -> Course:
    """The records with what they do not say of the method."""
    shapes = {
        name: [float(getattr(model, name)(i / 50)) for i in range(51)]
        for name in SCHEDULES if hasattr(model, name)
    }  # fmt: skip
    method = type(model)
    adapts = method.adaptation_loss is not DomainAdapter.adaptation_loss or any(
        "adaptation_loss" in record.terms and method.losses is not DomainAdapter.losses
        for record in records
    )
    classes = model.task.outputs if hasattr(model.task, "classes") else 0
    return Course(records, adapts, classes, shapes)


def say(trainer: Trainer, line: str) -> None:
    """A line of the terminal, above the progress bar where there is one."""
    bar: Any = trainer.progress_bar_callback
    if bar is not None and bar.is_enabled:
        bar.print(line)
    else:
        print(line, file=sys.stderr)
