"""What Lightning does at every step and nothing here needs: on a small network, a fifth of it."""

import logging
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Self

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.loops.optimization.automatic import ClosureResult
from lightning.pytorch.profilers import PassThroughProfiler
from torch import Tensor

STEP_HOOKS = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)


class Silent(PassThroughProfiler):
    """Times nothing, at less cost than Lightning's own: it is entered thirty times a step."""

    nothing = nullcontext()

    def profile(self, action_name: str) -> AbstractContextManager:  # type: ignore[override]
        """A context that does nothing."""
        return self.nothing


class Whole(ClosureResult):
    """A step's loss as it is; Lightning divides it even by an accumulation over one batch."""

    @classmethod
    def from_training_step_output(cls, training_step_output: Any, normalize: int = 1) -> Self:
        """The loss and its detached copy."""
        if normalize == 1 and isinstance(training_step_output, Tensor):
            return cls(training_step_output)
        return super().from_training_step_output(training_step_output, normalize)  # type: ignore[return-value]


def spare(trainer: Trainer, model: LightningModule) -> None:
    """Takes what is empty out of a training's steps; what anyone has written stays.

    Hooks of a step that a callback or the model leaves as Lightning wrote them, empty, become None,
    which Lightning passes over; what it finds out anew each time (the arguments of
    ``training_step``, whether there is anything to validate) is said once; a loss is not divided by
    one; and a profiler that
    measures nothing is replaced by one that says so at once.
    """
    for owner, base in ((model, LightningModule), *((c, Callback) for c in trainer.callbacks)):  # type: ignore[attr-defined]
        for hook in STEP_HOOKS:
            own = vars(owner).get(hook)  # set on the object itself, as LambdaCallback does
            if own is None and getattr(type(owner), hook) is getattr(base, hook):
                setattr(owner, hook, None)
    loop: Any = trainer.fit_loop.epoch_loop
    loop._build_kwargs = lambda kwargs, batch, batch_idx: {"batch": batch, "batch_idx": batch_idx}
    loop.automatic_optimization.output_result_cls = Whole
    loop._should_check_val_epoch = lambda: (
        trainer.limit_val_batches > 0
        and (
            trainer.check_val_every_n_epoch is None
            or (trainer.current_epoch + 1) % trainer.check_val_every_n_epoch == 0
        )
    )
    if type(trainer.profiler) is PassThroughProfiler:  # type: ignore[attr-defined]
        trainer.profiler = Silent()  # type: ignore[attr-defined]


def quiet() -> None:
    """Leaves errors and our warnings; drops the chatter of a library that runs a hundred times."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
    warnings.filterwarnings(
        "ignore", message=".*treespec.*|.*num_workers.*|.*does not have many workers.*"
    )
