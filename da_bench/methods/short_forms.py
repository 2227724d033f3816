"""Arguments of a method as people write them in Python, brought to the one form that is stored."""

import inspect
from collections.abc import Mapping
from typing import Any

import torch

from da_bench.config.objects import nearest, parameters
from da_bench.data import Classification, Task

from .optimizer import OptimizerFactory

SHORT_FORMS = {"num_classes": "task", "lr": "optimizer"}
"""What may be written in Python, and the argument that it stands for."""


def expand(
    method: type, task: Any, optimizer: Any, short_forms: Mapping[str, Any]
) -> tuple[Task, OptimizerFactory]:
    """The task and the optimizer's factory that a call of a method means.

    Args:
        method: The method's class, for errors.
        task: A task, or None where ``num_classes`` says it.
        optimizer: A factory, or a class of ``torch.optim``.
        short_forms: ``num_classes``, ``lr``, and arguments that nobody takes.

    Raises:
        TypeError: An argument that the method does not have; a short form beside what it stands
            for; neither a task nor ``num_classes``; an optimizer that is neither of the two.
    """
    name = method.__name__
    for key in short_forms:
        if key not in SHORT_FORMS:
            known_names = [*parameters(method), *SHORT_FORMS]
            raise TypeError(f"{name} takes no argument {key!r}{nearest(key, known_names)}")
    return (
        _task(name, task, short_forms.get("num_classes")),
        _optimizer(name, optimizer, short_forms.get("lr")),
    )


def _task(name: str, task: Any, num_classes: int | None) -> Task:
    if task is None and num_classes is not None:
        return Classification(num_classes)
    if task is None:
        raise TypeError(
            f"{name} does not know what to predict: give num_classes=3, or a task, such as "
            "data.task or da_bench.data.Regression()"
        )
    if num_classes is not None:
        raise TypeError(f"{name} was given a task and num_classes={num_classes}: give one of them")
    if not callable(getattr(task, "loss", None)):
        as_number = f"num_classes={task}" if isinstance(task, int) else "num_classes=3"
        raise TypeError(
            f"task={task!r} is no task: give {as_number}, or an object of da_bench.data, such as "
            "data.task or Classification(3)"
        )
    return task  # type: ignore[no-any-return]


def _optimizer(name: str, optimizer: Any, lr: float | None) -> OptimizerFactory:
    if inspect.isclass(optimizer) and issubclass(optimizer, torch.optim.Optimizer):
        default_lr = inspect.signature(optimizer).parameters["lr"].default
        return OptimizerFactory(optimizer, float(default_lr) if lr is None else lr, options={})
    if not isinstance(optimizer, OptimizerFactory):
        raise TypeError(
            f"optimizer: a {type(optimizer).__name__} is neither a class of torch.optim nor a "
            "da_bench.methods.OptimizerFactory. A method has parameters of its own besides the "
            "encoder's, so give the class and its rate, as optimizer=torch.optim.Adam, lr=1e-3"
        )
    if lr is None:
        return optimizer
    if optimizer != OptimizerFactory():
        raise TypeError(f"{name} was given an optimizer and lr={lr}: set the rate in one of them")
    return OptimizerFactory(lr=lr)
