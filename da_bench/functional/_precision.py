"""Half precision is for networks: what is computed of their outputs keeps at least single.

The contract of every public function here: tensors of half precision count as single ones, and
nothing is computed under autocast. The result is of single precision then, but for what goes into a
network (views, products of features and predictions, perturbations): that keeps the type it came
in. A function that is handed a network calls it outside autocast, where weights are single.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import torch
from torch import Tensor

P = ParamSpec("P")
R = TypeVar("R")


def widened(function: Callable[P, R]) -> Callable[P, R]:
    """Takes tensors of half precision as single ones, and computes outside autocast.

    Distances and sums in half lose what a discrepancy is of: a median distance doubles, a sum over
    all pairs overflows. The result is of single precision then.
    """

    @wraps(function)
    def wide(*args: P.args, **kwargs: P.kwargs) -> R:
        tensors = [*_tensors(args), *_tensors(kwargs.values())]
        device = tensors[0].device.type if tensors else "cpu"
        float_tensors = {id(a): single(a) for a in tensors if is_half(a)}
        if not float_tensors and not torch.is_autocast_enabled(device):
            return function(*args, **kwargs)
        with torch.autocast(device, enabled=False):
            float_kwargs = {name: _replaced(a, float_tensors) for name, a in kwargs.items()}
            return function(*(_replaced(a, float_tensors) for a in args), **float_kwargs)  # type: ignore[arg-type]

    return wide


def is_half(x: Tensor) -> bool:
    """Whether it holds floating numbers of fewer bits than single precision."""
    return x.is_floating_point() and torch.finfo(x.dtype).bits < 32


def single(x: Tensor) -> Tensor:
    """The tensor in at least single precision."""
    return x.float() if is_half(x) else x


def _tensors(values: Any) -> list[Tensor]:
    """The tensors among some arguments, and in lists and tuples of them (layers)."""
    result = []
    for value in values:
        if isinstance(value, Tensor):
            result.append(value)
        elif isinstance(value, list | tuple):
            result += _tensors(value)
    return result


def _replaced(value: Any, by: dict[int, Tensor]) -> Any:
    """A tensor given twice stays one, as ``x is y`` tells kernels that the sample is one."""
    if isinstance(value, list | tuple) and _tensors(value):
        return [_replaced(v, by) for v in value]
    return by.get(id(value), value)
