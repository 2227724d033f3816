"""Half precision is for networks: what is computed of their outputs keeps at least single."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import torch
from torch import Tensor

P = ParamSpec("P")


def widened(function: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """Takes tensors of half precision as single ones, and computes outside autocast.

    Distances and sums in half lose what a discrepancy is of: a median distance doubles, a sum over
    all pairs overflows. The result is of single precision then.
    """

    @wraps(function)
    def wide(*args: P.args, **kwargs: P.kwargs) -> Tensor:
        tensors = [a for a in (*args, *kwargs.values()) if isinstance(a, Tensor)]
        device = tensors[0].device.type if tensors else "cpu"
        half = {id(a): a.float() for a in tensors if a.dtype in (torch.float16, torch.bfloat16)}
        if not half and not torch.is_autocast_enabled(device):
            return function(*args, **kwargs)
        with torch.autocast(device, enabled=False):
            named = {name: half.get(id(a), a) for name, a in kwargs.items()}
            return function(*(half.get(id(a), a) for a in args), **named)  # type: ignore[arg-type]

    return wide
