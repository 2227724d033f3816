"""Every private member of Lightning that da_bench touches, and one switch for the shortcuts.

There are two kinds of them, and a private member that is of neither has no place in da_bench.

**Shortcuts** save time. Lightning does much at each training step that is there for what somebody
might have written: it calls hooks that are empty, looks for arguments and validation loops, divides
a loss by one. On a small network this is a fifth of a step. :func:`take_shortcuts` leaves it out;
what anyone has written still runs. The shortcuts change no result, to the last bit. One switch
turns them off, and then every step is Lightning's own: ``lightning_shortcuts: false`` in the
configuration of a run, or ``model.lightning_shortcuts = False`` where the trainer is your own.

**Needs of a resume** make an interrupted training end as an uninterrupted one does:
:class:`ResumableFitLoop`, :func:`validation_follows` and :func:`attached_trainer`. The public
interface has nothing in their place. They cost no time and work on with the switch off, because a
resume must be right either way.

``tests/methods/test_lightning_shortcuts.py`` lists the members by name and fails, naming it, when a
release of Lightning has renamed one; it also holds that no other file of da_bench touches any.
"""

import logging
import warnings
from contextlib import nullcontext
from functools import partial
from typing import Any, Self

from lightning.pytorch import Callback, LightningDataModule, LightningModule, Trainer
from lightning.pytorch.loops import _FitLoop
from lightning.pytorch.loops.optimization.automatic import ClosureResult
from lightning.pytorch.profilers import PassThroughProfiler
from torch import Tensor

from da_bench.data import DomainPair

STEP_HOOKS = (
    "on_train_batch_start",
    "on_before_zero_grad",
    "on_before_backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "on_train_batch_end",
)
"""Hooks that Lightning calls at each step, of the model and of every callback."""
TRANSFER_HOOKS = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
"""Hooks that Lightning calls for each batch, of the model or of the data module."""
NOTHING = nullcontext()


# Shortcuts: only speed depends on them.


class SwitchedModule(LightningModule):
    """A module whose trainings take the shortcuts, as long as its switch is on.

    Of batches of a :class:`~da_bench.data.DomainPair` nothing is left to read.
    """

    lightning_shortcuts: bool = True
    """The switch. With it off, each member below does what Lightning's own does."""

    def __setattr__(self, name: str, value: Any) -> None:
        """Stores the name of the running hook at once.

        Lightning sets it up to 40 times a step, and a module looks long at whatever is set.
        """
        if name == "_current_fx_name" and self.lightning_shortcuts:
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

    def on_before_batch_transfer(self, batch: Any, dataloader_idx: int) -> Any:
        """Lightning's first hook of each batch; a method says what to do by :meth:`read_batch`."""
        return self.read_batch(batch)

    def read_batch(self, batch: Any) -> Any:
        """A batch in the form that the method's steps see."""
        return batch

    def setup(self, stage: str) -> None:
        """Takes the shortcuts, or none, whatever an earlier training left."""
        remove_shortcuts(self.trainer, self)
        if self.lightning_shortcuts:
            take_shortcuts(self.trainer, self, stage)

    def teardown(self, stage: str) -> None:
        """Leaves model, callbacks and trainer as they were before."""
        remove_shortcuts(self.trainer, self)


def take_shortcuts(trainer: Trainer, model: LightningModule, stage: str) -> None:
    """Hides members of Lightning's classes behind cheaper ones of this very trainer and model.

    * A hook of :data:`STEP_HOOKS` that a callback or the model leaves as Lightning wrote it, empty,
      becomes None, which Lightning passes over. A hook that someone wrote stays.
    * Clipping of gradients is passed over where the trainer has no ``gradient_clip_val``.
    * The arguments of ``training_step`` and whether there is a validation are not looked for anew.
    * A loss is not divided by one.
    * The profiler that measures nothing says so without a generator.
    * A batch on the CPU is not sent through three hooks that leave it there.

    Args:
        trainer: Trainer of the training; its data module is attached already.
        model: What it trains.
        stage: As in ``LightningModule.setup``; all but the last two are of ``"fit"`` alone.
    """
    if type(trainer.profiler) is PassThroughProfiler:  # type: ignore[attr-defined]
        vars(trainer.profiler)["profile"] = measure_nothing  # type: ignore[attr-defined]
    if batches_stay(trainer, model):
        vars(model)["_on_before_batch_transfer"] = unchanged_batch
        vars(model)["_apply_batch_transfer_handler"] = unchanged_batch
    if stage != "fit":
        return
    for owner, base in ((model, LightningModule), *((c, Callback) for c in trainer.callbacks)):  # type: ignore[attr-defined]
        for hook in STEP_HOOKS:
            # One may be set on the object itself, as LambdaCallback does.
            if hook not in vars(owner) and is_inherited(owner, hook, base):
                vars(owner)[hook] = None
    clips = "configure_gradient_clipping"
    if not trainer.gradient_clip_val and is_inherited(model, clips, LightningModule):
        vars(model)[clips] = None
    loop = trainer.fit_loop.epoch_loop
    vars(loop)["_build_kwargs"] = step_arguments
    # Without batches to validate Lightning does not say whether there is a loop for them.
    possible = trainer.enable_validation or trainer.limit_val_batches == 0
    vars(loop)["_should_check_val_epoch"] = partial(validates_in_epoch, trainer, possible)
    vars(loop.automatic_optimization)["output_result_cls"] = WholeLoss


def remove_shortcuts(trainer: Trainer, model: LightningModule) -> None:
    """Takes away whatever :func:`take_shortcuts` has put before members of Lightning's classes.

    Args:
        trainer: Trainer of a training, begun or not.
        model: What it trains.
    """
    for owner in (model, *trainer.callbacks):  # type: ignore[attr-defined]
        for hook in (*STEP_HOOKS, "configure_gradient_clipping"):
            if vars(owner).get(hook, hook) is None:
                del vars(owner)[hook]
    loop = trainer.fit_loop.epoch_loop
    for owner, names in (
        (model, ("_on_before_batch_transfer", "_apply_batch_transfer_handler")),
        (loop, ("_build_kwargs", "_should_check_val_epoch")),
        (loop.automatic_optimization, ("output_result_cls",)),
    ):
        for name in names:
            vars(owner).pop(name, None)
    if type(trainer.profiler) is PassThroughProfiler:  # type: ignore[attr-defined]
        vars(trainer.profiler).pop("profile", None)  # type: ignore[attr-defined]


def batches_stay(trainer: Trainer, model: LightningModule) -> bool:
    """Whether batches are on their device already, and no one has written what to do on the way.

    Args:
        trainer: Its strategy knows the device; the model is moved there only after ``setup``.
        model: What is trained or evaluated.
    """
    data = trainer.datamodule  # type: ignore[attr-defined]
    if trainer.strategy.root_device.type != "cpu" or not isinstance(data, DomainPair):
        return False  # batches of other data are brought to our form on the way
    return all(
        is_inherited(owner, hook, base)
        for owner, base in ((model, SwitchedModule), (data, LightningDataModule))
        for hook in TRANSFER_HOOKS
    )


def is_inherited(owner: Any, name: str, base: type) -> bool:
    """Whether the class of ``owner`` has the method ``name`` as ``base`` wrote it."""
    return getattr(type(owner), name) is getattr(base, name)


class WholeLoss(ClosureResult):
    """A step's loss as it is, where it is one batch's: Lightning divides it even by one."""

    @classmethod
    def from_training_step_output(cls, training_step_output: Any, normalize: int = 1) -> Self:
        """The loss and its detached copy.

        Args:
            training_step_output: What ``training_step`` returned.
            normalize: The number of batches whose gradients are added up before a step.
        """
        if normalize == 1 and isinstance(training_step_output, Tensor):
            return cls(training_step_output)
        return super().from_training_step_output(training_step_output, normalize)  # type: ignore[return-value]


def measure_nothing(action_name: str) -> nullcontext:
    """A context that does nothing, in place of one that times an action."""
    return NOTHING


def unchanged_batch(batch: Any, *args: Any, **kwargs: Any) -> Any:
    """A batch as it is."""
    return batch


def step_arguments(kwargs: Any, batch: Any, batch_idx: int) -> dict[str, Any]:
    """The arguments of ``training_step``, which every method of da_bench calls by these names."""
    return {"batch": batch, "batch_idx": batch_idx}


def validates_in_epoch(trainer: Trainer, possible: bool) -> bool:
    """Whether a validation belongs into the running epoch.

    Args:
        trainer: Says how often.
        possible: Whether model and data have a validation.
    """
    interval = trainer.check_val_every_n_epoch
    return (
        possible
        and trainer.limit_val_batches > 0
        and (interval is None or (trainer.current_epoch + 1) % interval == 0)
    )


# Needs of a resume: results depend on them, and the switch does not reach them.


class ResumableFitLoop(_FitLoop):
    """Also ends a training that goes on from a checkpoint of its very end.

    Lightning passes over such a training, and over what callbacks and methods do at the end of
    one: put the best weights back, look at its health a last time.
    """

    @property
    def skip(self) -> bool:
        """Whether there is nothing to do, not even to end."""
        return super().skip and not (self.is_resuming and self.max_batches)

    def on_run_end(self) -> None:
        """Counts the last epoch as done, which the checkpoint came before, and ends."""
        total: Any = self.epoch_progress.total
        total.completed = total.processed
        super().on_run_end()


def use_resumable_fit_loop(trainer: Trainer) -> None:
    """Gives a trainer that has not begun a :class:`ResumableFitLoop` of the same length."""
    loop = ResumableFitLoop(trainer, trainer.min_epochs, trainer.max_epochs)
    loop.epoch_loop = trainer.fit_loop.epoch_loop
    trainer.fit_loop = loop


def validation_follows(trainer: Trainer) -> bool:
    """Whether a validation comes right after the batch that is ending.

    A checkpoint that is written before it would, on a resume, pass over that validation.
    """
    fetcher: Any = trainer.fit_loop._data_fetcher
    return trainer.fit_loop.epoch_loop._should_check_val_fx(fetcher)


def attached_trainer(model: LightningModule) -> Trainer | None:
    """The trainer of a model, or None where it has none, for which Lightning raises an error."""
    return model._trainer


# Words that Lightning prints.


def quiet() -> None:
    """Leaves errors and our warnings; drops the chatter of a library that runs a hundred times."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\..*")
    warnings.filterwarnings(
        "ignore", message=".*treespec.*|.*num_workers.*|.*does not have many workers.*"
    )
