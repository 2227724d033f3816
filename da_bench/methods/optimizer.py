"""What steps the weights: an algorithm, learning rates by name, a schedule by the batch."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn import Parameter

from da_bench.config.objects import bind_options
from da_bench.functional import constant

if TYPE_CHECKING:
    from .base import DomainAdapter

Schedule = Callable[[float], float]
"""From progress in ``[0, 1]`` to a factor."""


@dataclass(frozen=True)
class OptimizerFactory:
    """Builds an optimizer and its per-batch scheduler from named parameters.

    Attributes:
        algorithm: A class of ``torch.optim``.
        lr: Learning rate, above 0.
        options: Further arguments of the algorithm.
        factors: Learning-rate factor by the beginning of a parameter's name; the longest match
            counts, so ``{"head": 10, "critic": 10}`` trains both ten times faster than the encoder.
        schedule: Factor of every learning rate, by training progress.
        schedule_options: Further arguments of the schedule.

    Raises:
        ValueError: An option that the algorithm or the schedule does not take.
    """

    algorithm: type[torch.optim.Optimizer] = torch.optim.SGD
    lr: float = 0.01
    options: dict[str, Any] = field(default_factory=lambda: {"momentum": 0.9})
    factors: dict[str, float] = field(default_factory=dict)
    schedule: Schedule = constant
    schedule_options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Checks the options here, where no data has been read yet."""
        bind_options(self.algorithm, self.options)
        bind_options(self.schedule, self.schedule_options)
        if self.lr <= 0:
            raise ValueError(f"lr={self.lr}: a learning rate is above 0")

    def __call__(
        self, parameters: Iterable[tuple[str, Parameter]], steps: Callable[[], float]
    ) -> dict[str, Any]:
        """The optimizer and scheduler, as Lightning takes them.

        Args:
            parameters: Names and parameters.
            steps: Tells, once training runs, how many steps the optimizer will make.
        """
        groups: dict[float, list[Parameter]] = {}
        for name, parameter in parameters:
            groups.setdefault(self.factor(name), []).append(parameter)
        optimizer = self.algorithm(  # type: ignore[call-arg]
            [{"params": group, "lr": self.lr * factor} for factor, group in groups.items()],
            lr=self.lr,
            **self.options,
        )

        if self.schedule is constant:
            return {"optimizer": optimizer}

        def scale(step: int) -> float:
            progress = min(1.0, step / steps()) if step else 0.0
            return self.schedule(progress, **self.schedule_options)

        scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, scale)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": scheduler, "interval": "step"},
        }

    def factor(self, name: str) -> float:
        """Learning-rate factor of the parameter called ``name``."""
        matches = [prefix for prefix in self.factors if name.startswith(prefix)]
        return self.factors[max(matches, key=len)] if matches else 1.0


# Several optimizers: each step of a batch is written out in the method's training_step.


def separate_optimizers(model: "DomainAdapter", *groups: Iterable[str]) -> list[dict[str, Any]]:
    """An optimizer for each group of submodules, all of the model's own factory.

    Args:
        model: The method, with ``automatic_optimization`` off.
        groups: Names of submodules; what no group names never trains.
    """
    named_parameters = list(model.named_parameters())
    parts = [
        [(name, parameter) for name, parameter in named_parameters if name.split(".")[0] in group]
        for group in map(set, groups)
    ]
    return [model.optimizer(parameters, lambda: model.optimizer_steps) for parameters in parts]


def descend(model: "DomainAdapter", loss: Tensor, *optimizers: Any) -> None:
    """One step of ``optimizers`` down ``loss``; the parameters of the others stay.

    Gradients of the others are made and dropped: held back, a callback that freezes all of a
    group would leave a loss without any gradient, which is an error.
    """
    model.zero_grad()
    model.manual_backward(loss)
    for optimizer in optimizers:
        optimizer.step()


def advance(model: "DomainAdapter") -> None:
    """One batch on in every learning-rate schedule: last in ``training_step``.

    Not in a later hook, which would come after a checkpoint of the step was written.
    """
    schedulers: Any = model.lr_schedulers() or []
    for scheduler in schedulers if isinstance(schedulers, list) else [schedulers]:
        scheduler.step()
