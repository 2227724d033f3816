"""How far apart the domains' features lie, watched during training."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from lightning.pytorch.utilities import rank_zero_warn

from da_bench.functional import mmd2, proxy_a_distance
from da_bench.methods import DomainAdapter
from da_bench.selection.outputs import Undefined, check_defined


class Divergences(Callback):
    """Logs ``divergence/NAME`` of the domains' training features after each validation.

    Nothing, with a warning, of a method that has no space in common for both (JDOT, EasyTL).

    Args:
        estimators: Map features ``(n, d), (m, d)`` to a scalar, or a record with a ``value``.
    """

    def __init__(self, estimators: Sequence[Callable[..., Any]] = (proxy_a_distance, mmd2)) -> None:
        self.estimators = tuple(estimators)

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: DomainAdapter) -> None:  # type: ignore[override]
        """Encodes both training sets once, and measures."""
        if trainer.sanity_checking:
            return
        try:
            source, target = (
                check_defined(pl_module.collect(role).z) for role in ("source", "target")
            )
        except Undefined as error:
            rank_zero_warn(f"Divergences of {type(pl_module).__name__}: {error}")
            return
        for estimator in self.estimators:
            with torch.inference_mode(False):
                record = estimator(source.clone(), target.clone())
            pl_module.log(
                f"divergence/{estimator.__name__}", float(getattr(record, "value", record))
            )
