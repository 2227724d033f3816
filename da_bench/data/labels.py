"""Labels as users write them - strings, numbers, gaps - as a task's tensors."""

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor

from .task import Classification, Regression, Task

Kind = Literal["classification", "regression"]


def task_of(
    source: np.ndarray,
    target: np.ndarray | None,
    kind: Kind | None,
    classes: int | list[str] | None,
) -> Task:
    """The task that labels ``(n,)`` or ``(n, k)`` belong to.

    Args:
        source: Labels of the source.
        target: Labels whose classes count too; None takes the source's alone.
        kind: None infers classification from strings and whole numbers, regression from others.
        classes: Number or names of the classes; None takes those that occur.
    """
    if kind is None:
        kind = "classification" if source.ndim == 1 and _whole(source) else "regression"
    if kind == "regression":
        return Regression(1 if source.ndim == 1 else source.shape[1])
    if classes is None:
        found = names_of(source)
        if target is not None:  # the target's -1 says "unknown", unless the source has such a class
            found |= names_of(target) - ({"-1"} - found)
        classes = sorted(found, key=_order)
    return Classification(classes)


def encode(y: np.ndarray, task: Task, where: str, hidden_minus_one: bool = True) -> Tensor:
    """Labels as the task's tensor: ``(n,)`` long, or ``(n,)`` or ``(n, k)`` float32.

    NaN, None and (unless it is a class) -1 become the task's fill value.

    Raises:
        ValueError: A label that is no class of the task.
    """
    if isinstance(task, Regression):
        return torch.from_numpy(np.asarray(y, dtype=np.float32).copy())
    assert isinstance(task, Classification)
    known = {name: i for i, name in enumerate(task.names)}
    named = texts(y)
    hidden = {None, "-1"} if hidden_minus_one else {None}
    found = {t for t in named if t not in hidden}
    if not found <= known.keys() and y.dtype.kind in "fiu":
        known = {str(i): i for i in range(task.outputs)}  # numbers of classes that have names
    if unknown := sorted(found - known.keys(), key=_order):  # type: ignore[arg-type]
        raise ValueError(
            f"{where}: labels {unknown[:5]} are not among the classes {task.names[:20]}; correct "
            "them, declare all classes, or say allow_class_mismatch: true if that is meant"
        )
    fill = int(task.fill)
    return torch.tensor([fill if t in hidden else known[t] for t in named])  # type: ignore[index]


def texts(y: np.ndarray) -> list[str | None]:
    """Labels ``(n,)`` as text, a gap as None: beside gaps, numpy holds 1.0 for what else is 1."""
    return [None if _gap(v) else _text(v) for v in y.tolist()]


def names_of(y: np.ndarray | None) -> set[str]:
    """Classes that occur among labels ``(n,)``, as text; gaps are none."""
    if y is None or y.ndim != 1:
        return set()
    return {_text(v) for v in set(y.tolist()) if not _gap(v)}


def _whole(y: np.ndarray) -> bool:
    if y.dtype.kind not in "fiub":
        return True
    known = y[~np.isnan(y)] if y.dtype.kind == "f" else y
    return bool((known == np.floor(known)).all()) if y.dtype.kind == "f" else True


def _gap(value: Any) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value))


def _text(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _order(name: str) -> tuple[bool, float, str]:
    """Numbers in order of size, then the others."""
    try:
        return False, float(name), name
    except ValueError:
        return True, 0.0, name
